import { type Task, workInPieces } from '../task.ts'

/**
 * Frames stay as they came for this long, so that samples which arrive a little late need no block unpacked.
 */
export const HOT_SECONDS = 2 * 3600

/**
 * Compaction rewrites the whole block of a host's day. So the limit moves in steps: twelve rewrites a day,
 * not one for every frame.
 */
const STEP_SECONDS = 2 * 3600

/**
 * Compaction continues this far beyond the newest samples, so that those of silent hosts are compacted too,
 * and no further: with a clock that is a year ahead, all later samples would be late for a year.
 */
const SLACK_SECONDS = 86_400

/** Host-days of one piece: some tens of milliseconds of work. */
const PIECE = 4

/** Packs frames that are old enough into blocks. */
export const compactFrames: Task = {
  name: 'fold frames',
  every: 0,
  run: (context) =>
    workInPieces(context, async () => {
      const now = Math.min(context.clock.now(), (await context.sampleTime()) + SLACK_SECONDS)
      const before = Math.floor((now - HOT_SECONDS) / STEP_SECONDS) * STEP_SECONDS
      return (await context.store.maintenance.compact(before, PIECE)) >= PIECE
    }),
}
