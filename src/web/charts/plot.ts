/** Room above the field for the upper half of its highest label, and below for the times, in pixels. */
export const HEAD = 8
export const FOOT = 20

/** The key of the line of the time before among the rows that a graph writes into its page. */
export const EARLIER_KEY = 'earlier'

/** A step longer than this many usual steps is a gap … */
const GAP = 1.8
/**
 * … unless it is this short, in seconds: a sample of a 1 s interval that arrives a little late does not make
 * a gap.
 */
const LEAST_GAP = 5

/** Index ranges `[start, end)` of points without a gap between them. */
export function splitAtGaps(times: ArrayLike<number>): [number, number][] {
  if (times.length === 0) return []
  const limit = longestStep(usualStep(times))
  const runs: [number, number][] = []
  let start = 0
  for (let i = 1; i < times.length; i++) {
    if ((times[i] ?? 0) - (times[i - 1] ?? 0) <= limit) continue
    runs.push([start, i])
    start = i
  }
  runs.push([start, times.length])
  return runs
}

/** The most seconds between two points without a gap, where steps usually have `usual` seconds. */
export const longestStep = (usual: number) => Math.max(usual * GAP, usual + LEAST_GAP)

/** The median of all steps, in seconds. */
export function usualStep(times: ArrayLike<number>): number {
  const steps = new Float64Array(Math.max(0, times.length - 1))
  for (let i = 0; i < steps.length; i++) steps[i] = (times[i + 1] ?? 0) - (times[i] ?? 0)
  // Without a function that compares, an array of numbers is sorted as such, in a tenth of the time.
  steps.sort()
  return steps[Math.floor(steps.length / 2)] ?? 60
}
