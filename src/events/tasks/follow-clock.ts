import type { Task } from '../task.ts'

/**
 * Lets what waits for its time (notifications, delays of rules, repetitions) not count a jump of the clock.
 */
export const followClock: Task = {
  name: 'follow clock',
  every: 0,
  async run({ store: { outbox }, log, readJump, noteJumpFollowed }) {
    const seconds = readJump()
    if (seconds !== 0) {
      await outbox.shiftTimes(seconds)
      // Only now: a jump while the database is away is followed when it is back.
      noteJumpFollowed(seconds)
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
