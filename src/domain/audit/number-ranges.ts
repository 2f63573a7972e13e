/** Whole numbers from `first` to `last`, both included. */
export type NumberRange = { readonly first: number; readonly last: number }

/** Ranges are ascending and apart: between two of them at least one number is missing. */
export type NumberRanges = readonly NumberRange[]

export const countOf = ({ first, last }: NumberRange): number => last - first + 1

export const countAllOf = (ranges: NumberRanges): number =>
  ranges.reduce((sum, range) => sum + countOf(range), 0)

/** The ranges with the numbers of `added`, which may overlap them. */
export function addRange(ranges: NumberRanges, added: NumberRange): NumberRange[] {
  const newest = ranges.at(-1)
  // Nearly always the next number comes.
  if (newest !== undefined && added.first === newest.last + 1)
    return [...ranges.slice(0, -1), { first: newest.first, last: added.last }]
  const before = ranges.filter(({ last }) => last < added.first - 1)
  const behind = ranges.filter(({ first }) => first > added.last + 1)
  const touching = ranges.slice(before.length, ranges.length - behind.length)
  const first = Math.min(added.first, touching[0]?.first ?? added.first)
  const last = Math.max(added.last, touching.at(-1)?.last ?? added.last)
  return [...before, { first, last }, ...behind]
}

/** The numbers of `range` that are not in `ranges`. */
export function missingFrom(ranges: NumberRanges, range: NumberRange): NumberRange[] {
  const missing: NumberRange[] = []
  let next = range.first
  for (const { first, last } of ranges) {
    if (last < next) continue
    if (first > range.last) break
    if (first > next) missing.push({ first: next, last: first - 1 })
    next = last + 1
  }
  if (next <= range.last) missing.push({ first: next, last: range.last })
  return missing
}

/** The ranges without the numbers of `taken`. */
export function removeRange(ranges: NumberRanges, taken: NumberRange): NumberRange[] {
  return ranges.flatMap((range) => missingFrom([taken], range))
}

/** Ascending numbers as ranges. */
export function rangesOf(numbers: Iterable<number>): NumberRange[] {
  const ranges: { first: number; last: number }[] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range !== undefined && number === range.last + 1) range.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges
}
