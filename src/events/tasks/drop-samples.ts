import { type Task, workInPieces } from '../task.ts'
import { mayDropByAge } from './retention.ts'

const DAY = 86_400

/**
 * Retention of samples. One run drops no more than the oldest day: a wrong clock that nothing else has
 * noticed gets no further in ten minutes.
 */
export const dropSamples: Task = {
  name: 'drop samples',
  every: 600,
  async run(context) {
    const { store, retention, log } = context
    if (!mayDropByAge(context, retention.samples)) return false
    const { oldest } = await store.maintenance.findSampleTimes()
    if (oldest === null) return false
    const endOfOldestDay = (Math.floor(oldest / DAY) + 1) * DAY
    const before = Math.min((await context.sampleTime()) - retention.samples, endOfOldestDay)
    let frames = 0
    let days = 0
    const isLeft = await workInPieces(context, async () => {
      const dropped = await store.maintenance.dropSamples(before)
      frames += dropped.frames
      days += dropped.blocks
      return dropped.isLeft
    })
    if (frames + days > 0) log.info('dropped old samples', { frames, host_days: days, before })
    return isLeft
  },
}
