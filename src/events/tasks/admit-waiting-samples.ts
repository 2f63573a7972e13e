import { type Task, workInPieces } from '../task.ts'

const FRAMES_AT_ONCE = 500

/**
 * Admits samples that agents of the original product sent with a fast clock, once the server's clock has
 * reached their time; also when it was the server's clock that was wrong and has been corrected.
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
