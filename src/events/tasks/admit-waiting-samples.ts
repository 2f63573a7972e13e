import { type Task, workInPieces } from '../task.ts'

const FRAMES_AT_ONCE = 500

/**
 * Makes samples of what agents of the original product sent with a clock that is fast, once the server's
 * clock has come to their time; also when that was the wrong one and has been put right.
 */
export const admitWaitingSamples: Task = {
  name: 'admit waiting samples',
  every: 60,
  async run(context) {
    const { store, clock, log } = context
    let frames = 0
    const isLeft = await workInPieces(context, async () => {
      const admitted = await store.maintenance.admitWaiting(clock.now(), FRAMES_AT_ONCE)
      frames += admitted
      return admitted === FRAMES_AT_ONCE
    })
    if (frames > 0) log.info('made samples of what waited for its time', { frames })
    return isLeft
  },
}
