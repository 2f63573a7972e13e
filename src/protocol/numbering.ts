import { isLossReason, type Loss } from '../domain/audit/loss.ts'
import type { NumberRange } from '../domain/audit/number-ranges.ts'
import type { KnownNumbers, ReceivedNumbers } from '../domain/audit/received-numbers.ts'
import { TEXT_BOUNDS } from '../domain/text-bounds.ts'
import { isFields, type JsonMembers } from './field.ts'
import type { Tally } from './rejection-tally.ts'

/**
 * Which queue an agent sends from. A copy of its data folder has the same queue, but is another run.
 */
export type QueueIdentity = {
  /** Names the row of numbers. */
  readonly id: string
  /** Another one each time that the agent starts. */
  readonly run: string
  /** Seconds since the agent started, by a clock that never jumps. */
  readonly uptime: number
  /** The highest number given, and those up to it that no server has confirmed: `[first, last, …]`. */
  readonly newest?: number
  readonly unconfirmed?: readonly number[]
}

/** The state of a queue, as it was read. */
export type ReadQueueIdentity = Pick<QueueIdentity, 'id' | 'run' | 'uptime'> & {
  /** Null when it is absent. */
  readonly known: KnownNumbers | null
}

/** The numbers of the rows in a batch. */
export type BatchNumbers = {
  /** Of the frames and of the events, in their order: `[first, last, first, last, …]`. */
  readonly frames: readonly number[]
  readonly events: readonly number[]
  /** The lowest number that may still come; 0 when that is not known. */
  readonly waiting: number
  /** Numbers that will never arrive. */
  readonly lost: readonly Loss[]
}

export const MAX_BATCH_LOSSES = 100

/** Ranges of numbers that a greeting names as unconfirmed: it is kept small, so that every path lets it pass. */
export const MAX_UNCONFIRMED_RANGES = 24

const ID = /^[A-Za-z0-9-]{8,}$/

/** Null when the batch has none, or an invalid one. */
export function readQueueIdentity(value: unknown): ReadQueueIdentity | null {
  if (!isFields(value)) return null
  const { id, run, uptime } = value
  const isOne = (text: unknown, longest: number): text is string =>
    typeof text === 'string' && text.length <= longest && ID.test(text)
  if (!isOne(id, TEXT_BOUNDS.agent_queue.name) || !isOne(run, TEXT_BOUNDS.agent_run.run)) return null
  if (typeof uptime !== 'number' || !(uptime >= 0)) return null
  return {
    id,
    run,
    uptime: Math.floor(Math.min(uptime, Number.MAX_SAFE_INTEGER)),
    known: readKnownNumbers(value.newest, value.unconfirmed),
  }
}

function readKnownNumbers(newest: unknown, unconfirmed: unknown): KnownNumbers | null {
  const ranges = readRanges(unconfirmed)
  if (!isNumber(newest) || newest < 0 || ranges === null || ranges.length > MAX_UNCONFIRMED_RANGES)
    return null
  return (ranges.at(-1)?.last ?? 0) > newest ? null : { newest, unconfirmed: ranges }
}

/** The number of each of `count` rows, from a list or from one number; null when it does not match them. */
export function readNumbers(value: unknown, count: number): number[] | null {
  // Nearly every batch has one frame.
  if (isNumber(value)) return count === 1 && value > 0 ? [value] : null
  const ranges = readRanges(value)
  if (ranges === null || countNumbers(ranges) !== count) return null
  const numbers: number[] = []
  for (const { first, last } of ranges)
    for (let number = first; number <= last; number++) numbers.push(number)
  return numbers
}

const NO_RANGES: readonly NumberRange[] = []
const NO_LOSSES: readonly Loss[] = []

/** Ascending ranges of a list `[first, last, …]`; null when it is not one. */
function readRanges(value: unknown): readonly NumberRange[] | null {
  if (value === undefined) return NO_RANGES
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > 4000) return null
  const ranges: NumberRange[] = []
  let before = 0
  for (let i = 0; i < value.length; i += 2) {
    const [first, last] = [value[i], value[i + 1]]
    if (!isNumber(first) || !isNumber(last) || first <= before || last < first) return null
    before = last
    ranges.push({ first, last })
  }
  return ranges
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value)

/**
 * The numbering in a batch, apart from `rows`, the numbers of the frames; null when it has none. Lists that
 * do not match are left out and counted.
 */
export function readBatchNumbers(
  fields: JsonMembers,
  events: number,
  rows: readonly number[] | null,
  tally: Tally,
): Omit<ReceivedNumbers, 'frames'> | null {
  const { numbers, eventNumbers, waiting, lost } = fields
  if (numbers === undefined && eventNumbers === undefined && waiting === undefined) return null
  const others = readRanges(eventNumbers)
  const isFitting = others !== null && countNumbers(others) === events
  if (!isFitting) tally.refuse('number')
  return {
    others: isFitting ? others : NO_RANGES,
    waiting: waiting === undefined ? (rows?.[0] ?? 0) : isNumber(waiting) && waiting > 0 ? waiting : 0,
    lost: Array.isArray(lost) ? readLosses(lost.slice(0, MAX_BATCH_LOSSES), tally) : NO_LOSSES,
  }
}

const countNumbers = (ranges: readonly NumberRange[]) =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)

function readLosses(rows: readonly unknown[], tally: Tally): Loss[] {
  return rows.flatMap((row) => {
    const [first, last, reason, from, to, count] = Array.isArray(row) ? row : []
    const isOne =
      isLossReason(reason) &&
      reason !== 'restored' &&
      [first, last, from, to, count].every((number) => isNumber(number) && number >= 0) &&
      last >= first &&
      to >= from
    if (!isOne) tally.refuse('number')
    return isOne ? [{ first, last, reason, from, to, count }] : []
  })
}

/** The numbers of frames as they go on the wire: a list costs more to read than all the rest of the numbering. */
export function encodeNumbers(ranges: readonly number[]): readonly number[] | number | undefined {
  const [first, last] = ranges
  return first !== undefined && ranges.length === 2 && first === last
    ? first
    : ranges.length > 0
      ? ranges
      : undefined
}

/** A loss as it goes on the wire. */
export const encodeLoss = ({ first, last, reason, from, to, count }: Loss) => [
  first,
  last,
  reason,
  from,
  to,
  count,
]
