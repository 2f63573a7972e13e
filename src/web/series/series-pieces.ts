import type { Series } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { TooBusyError } from '../../lib/too-busy-error.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { SampleStore } from '../../storage/ports/store.ts'
import type { TimeSpan } from '../charts/chart-marks.tsx'
import { loadSeries, type SeriesRef } from '../charts/series-ref.ts'

const DAY = 86_400
/** Samples of all series of one piece, about. */
const WANTED = 50_000
/** The longest piece, of which nothing is known but that those before it had few samples or none. */
const LONGEST = 30 * DAY
const SHORTEST = 60
/** A piece is at most this many times as long as the one before. */
const GROWTH = 8
/** A thread that is busy is asked again after this long, so often. */
const RETRY_MS = 500
const RETRIES = 60

export type PieceSource = {
  readonly samples: Pick<SampleStore, 'range' | 'ranges' | 'extent'>
  readonly clock: Pick<Clock, 'after'>
}

/**
 * All samples of each series from `from` to `to`, both included, in pieces of time: series that report each second for years
 * do not fit into memory. Series of a piece are in the order of `refs`; pieces without any sample are left out.
 */
export async function* readPieces(
  { samples, clock }: PieceSource,
  refs: readonly SeriesRef[],
  { from, to }: TimeSpan,
): AsyncGenerator<readonly Series[]> {
  const span = await findSpan(samples, refs, { from, to })
  // A sample a second, at most, is what is expected of the first.
  let length = Math.max(SHORTEST, Math.floor(DAY / Math.max(1, refs.length)))
  for (let start = span.from; start <= span.to; ) {
    const end = Math.min(span.to, endOf(start, length))
    const piece = await whenFree(clock, () => loadSeries(samples, refs, start, end))
    const count = piece.reduce((sum, { times }) => sum + times.length, 0)
    if (count > 0) yield piece
    else await yieldThread()
    const seconds = end - start + 1
    const fitting = count === 0 ? LONGEST / refs.length : (seconds * WANTED) / count
    length = Math.max(SHORTEST, Math.min(Math.floor(fitting), seconds * GROWTH, LONGEST))
    start = end + 1
  }
}

/** The last second of a piece. It ends with a day where it can: a day is decoded as a whole. */
function endOf(start: number, length: number): number {
  const midnight = Math.floor((start + length) / DAY) * DAY
  return (midnight > start ? midnight : start + length) - 1
}

/** The part of the time from which there may be samples. */
async function findSpan(
  samples: Pick<SampleStore, 'extent'>,
  refs: readonly SeriesRef[],
  { from, to }: TimeSpan,
): Promise<TimeSpan> {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const host of new Set(refs.map((ref) => ref.host))) {
    await yieldThread()
    const extent = await samples.extent(host)
    first = Math.min(first, extent?.first ?? first)
    last = Math.max(last, extent?.last ?? last)
  }
  return { from: Math.max(from, first), to: Math.min(to, last) }
}

/** In the middle of a file nobody can be told to try again. */
async function whenFree<T>(clock: Pick<Clock, 'after'>, act: () => Promise<T>): Promise<T> {
  for (let left = RETRIES; ; left--) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof TooBusyError) || left === 0) throw error
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
  }
}
