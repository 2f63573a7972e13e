import type { Task } from '../task.ts'

/**
 * Lets what waits for its time (notifications, delays of rules, repetitions) not count a jump of the clock.
 */
export const followClock: Task = {
  name: 'follow clock',
  every: 0,
  async run({ store: { outbox }, log, takeJump }) {
    const seconds = takeJump()
    if (seconds !== 0) {
      await outbox.shiftTimes(seconds)
      log.info('what waits for its time was moved with the clock', { seconds })
    }
    return false
  },
}

/** Puts right what a clock that was wrong has left in the future. */
export const clampTimes: Task = {
  name: 'clamp times',
  every: 60,
  async run({ store: { outbox }, clock }) {
    await outbox.clampTimes(clock.now())
    return false
  },
}
