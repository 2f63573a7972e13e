import { type Task, workInPieces } from '../task.ts'

/** Retention of samples. */
export const dropSamples: Task = {
  name: 'drop samples',
  every: 600,
  run: (context) => {
    const before = context.clock.now() - context.retention.samples
    return workInPieces(context, () => context.store.maintenance.dropSamples(before))
  },
}
