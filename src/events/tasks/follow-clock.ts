import type { Task } from '../task.ts'

/**
 * Lets what waits for its time (notifications, delays of rules, repetitions) not count a jump of the clock, and
 * puts right what a clock that was wrong has left in the future.
 */
export const followClock: Task = {
  name: 'follow clock',
  every: 0,
  async run({ store: { outbox }, clock, log, takeJump }) {
    const seconds = takeJump()
    if (seconds !== 0) {
      await outbox.shiftTimes(seconds)
      log.info('what waits for its time was moved with the clock', { seconds })
    }
    await outbox.clampTimes(clock.now())
    return false
  },
}
