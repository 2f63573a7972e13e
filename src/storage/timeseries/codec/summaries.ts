import { DAY_SECONDS } from '../day.ts'
import { type Cursor, createByteWriter, readByte, readFloat64, readVarint } from './bytes.ts'
import { CellNumberDecoder, CellNumberEncoder } from './cell-numbers.ts'
import { type NumbersHead, readHead } from './numbers-head.ts'

/**
 * Summaries of a chunk: count, minimum, sum and maximum of each cell, a few hours of the day, so that a graph
 * of a year need not decode each sample. They are in front of the packed numbers:
 *
 * - a byte: 3, the form that numbers never have, and from bit 2 on which of `CELL_HOURS` a cell has;
 * - a varint: the length of what follows in bytes, so that a reader of the samples can skip it;
 * - of decimals whole numbers, those of `NumbersHead` (`(first + step * unit) / power`), range coded: for each
 *   cell the differences of the count, the minimum, the spread and the sum from those predicted by the cell
 *   before;
 * - of other numbers for each cell the count as a varint and, where that is not 0, three doubles.
 *
 * Constant numbers have none: their head contains everything (`compacted-samples.ts` makes cells of it).
 */
const FORM = 3

/** Each divides the next one and the day, so that a longer cell is made of shorter ones. */
const CELL_HOURS: readonly number[] = [1, 2, 4, 12, 24]
/**
 * Samples of a cell at least. At one a minute four hours have more, which cost 2 % of the chunk; an hour would cost 7 %.
 * A chunk with fewer samples has no summaries: it is decoded as quickly.
 */
const LEAST_SAMPLES = 200
/** Cells of doubles cost at most this share of the chunk; they are made longer until they do. */
const LARGEST_SHARE = 0.06
const DOUBLES_BYTES = 3 * 8 + 2
/** Sums of steps are exact below. */
const EXACT = 2 ** 51

/** The rounding of adding a day of doubles, relative to the sum of their sizes. */
const SUM_ROUNDING = 1e-11

const COUNT = 0
const LOW = 1
const SPREAD = 2
const SUM = 3
/** A sum of many has more bits than one. */
const SUM_BITS = 5

/** The cells of a day; the first one begins at midnight. Where a count is 0, the others mean nothing. */
export type Cells = {
  /** Seconds of a cell. */
  readonly seconds: number
  readonly counts: Float64Array
  readonly lows: Float64Array
  readonly highs: Float64Array
  readonly sums: Float64Array
}

/** The summaries with their head; null where there are to be none. `times` are seconds since midnight. */
export function encodeSummaries(
  times: Float64Array,
  values: Float64Array,
  packed: Uint8Array,
): Uint8Array | null {
  const head = readHead({ bytes: packed, at: 0 })
  if (head?.unit === 0) return null
  const hours = hoursOfCells(times.length)
  if (hours === undefined) return null
  const body = head !== null && head.exceptions === 0 ? encodeSteps(times, values, head, hours) : null
  if (body !== null) return joinSummaries(hours, body)
  const room = packed.length * LARGEST_SHARE
  const longer = CELL_HOURS.find((longer) => longer >= hours && (24 / longer) * DOUBLES_BYTES <= room)
  return longer === undefined
    ? null
    : joinSummaries(longer, encodeDoubles(gatherCells(times, values, longer)))
}

function joinSummaries(hours: number, body: Uint8Array): Uint8Array {
  const writer = createByteWriter(body.length + 8)
  writer.byte(FORM | (CELL_HOURS.indexOf(hours) << 2))
  writer.varint(body.length)
  writer.bytes(body)
  return writer.take()
}

/** The shortest cells of which each has enough samples, in hours; undefined where a day has too few. */
export const hoursOfCells = (samples: number): number | undefined =>
  CELL_HOURS.find((hours) => samples * hours >= LEAST_SAMPLES * 24)

/** Moves past the summaries where the cursor is at some. */
export function skipSummaries(cursor: Cursor) {
  if (((cursor.bytes[cursor.at] ?? 0) & 3) !== FORM) return
  cursor.at++
  const length = readVarint(cursor)
  cursor.at += length
}

/** The summaries at the cursor; null where there are none. Throws where the bytes can't be any. */
export function decodeSummaries(cursor: Cursor): Cells | null {
  if (((cursor.bytes[cursor.at] ?? 0) & 3) !== FORM) return null
  const hours = CELL_HOURS[readByte(cursor) >> 2]
  if (hours === undefined) throw new RangeError('summaries of an unknown form')
  const length = readVarint(cursor)
  const numbers = cursor.at + length
  const cells = createCells(hours)
  if (readByte(cursor) === DOUBLES) decodeDoubles(cursor, cells)
  else {
    const head = readHead({ bytes: cursor.bytes, at: numbers })
    if (head === null) throw new RangeError('summaries in steps of numbers that have none')
    stepDecoder.start(expectedBits(head), cursor.bytes, cursor.at, numbers)
    decodeSteps(head, cells)
  }
  cursor.at = numbers
  return cells
}

/** The cells of samples, as summaries have them. */
export function gatherCells(times: Float64Array, values: Float64Array, hours: number): Cells {
  const cells = createCells(hours)
  const { seconds, counts, lows, highs, sums } = cells
  for (let i = 0; i < times.length; i++) {
    const cell = Math.floor((times[i] ?? 0) / seconds)
    const value = values[i] ?? 0
    const count = counts[cell] ?? 0
    if (count === 0 || value < (lows[cell] ?? 0)) lows[cell] = value
    if (count === 0 || value > (highs[cell] ?? 0)) highs[cell] = value
    sums[cell] = (sums[cell] ?? 0) + value
    counts[cell] = count + 1
  }
  return cells
}

/** Whether they match the samples. Sums may differ by rounding. */
export function areSummariesOf(cells: Cells, times: Float64Array, values: Float64Array): boolean {
  const own = gatherCells(times, values, cells.seconds / 3600)
  return own.counts.every((count, i) => {
    if (cells.counts[i] !== count) return false
    if (count === 0) return true
    const [low = 0, high = 0, sum = 0] = [own.lows[i], own.highs[i], own.sums[i]]
    const rounding = Math.max(Math.abs(low), Math.abs(high)) * count * SUM_ROUNDING
    const stored = cells.sums[i] ?? 0
    // Sums of the largest doubles are infinite, or no number.
    const isSum = Object.is(stored, sum) || Math.abs(stored - sum) <= rounding
    return cells.lows[i] === low && cells.highs[i] === high && isSum
  })
}

function createCells(hours: number): Cells {
  const seconds = hours * 3600
  const count = DAY_SECONDS / seconds
  return {
    seconds,
    counts: new Float64Array(count),
    lows: new Float64Array(count),
    highs: new Float64Array(count),
    sums: new Float64Array(count),
  }
}

/** First bytes of the two kinds. */
const STEPS = 0
const DOUBLES = 1

const expectedBits = ({ expected }: Pick<NumbersHead, 'expected'>) => [
  0,
  expected,
  expected,
  expected + SUM_BITS,
]

/** Null where sums would not be exact. */
function encodeSteps(times: Float64Array, values: Float64Array, head: NumbersHead, hours: number) {
  const { first, unit, power } = head
  const steps = values.map((value) => (Math.round(value * power) - first) / unit)
  const cells = gatherCells(times, steps, hours)
  const guess = new CellGuess(hours)
  const encoder = new CellNumberEncoder(expectedBits(head))
  for (const [cell, count] of cells.counts.entries()) {
    const low = cells.lows[cell] ?? 0
    const spread = (cells.highs[cell] ?? 0) - low
    const sum = cells.sums[cell] ?? 0
    if (Math.max(Math.abs(low), spread) * count > EXACT) return null
    encoder.put(COUNT, count - guess.count)
    guess.count = count
    if (count === 0) continue
    encoder.put(LOW, low - guess.low)
    encoder.put(SPREAD, spread - guess.spread)
    if (spread > 0) encoder.put(SUM, sum - guess.sum(low, spread))
    guess.learn(low, spread, sum)
  }
  const coded = encoder.finish()
  const body = new Uint8Array(coded.length + 1)
  body[0] = STEPS
  body.set(coded, 1)
  return body
}

const stepDecoder = new CellNumberDecoder(expectedBits({ expected: 0 }).length)

function decodeSteps(head: NumbersHead, cells: Cells) {
  const { first, unit, power } = head
  const { counts, lows, highs, sums } = cells
  const guess = new CellGuess(cells.seconds / 3600)
  for (let cell = 0; cell < counts.length; cell++) {
    const count = guess.count + stepDecoder.take(COUNT)
    guess.count = count
    counts[cell] = count
    if (count === 0) continue
    const low = guess.low + stepDecoder.take(LOW)
    const spread = guess.spread + stepDecoder.take(SPREAD)
    const sum = spread > 0 ? guess.sum(low, spread) + stepDecoder.take(SUM) : count * low
    guess.learn(low, spread, sum)
    const lowest = first + low * unit
    lows[cell] = lowest / power
    highs[cell] = (first + (low + spread) * unit) / power
    // From the lowest and not from the first: that may be so much larger that the sum is lost in its rounding.
    sums[cell] = (lowest * count + (sum - low * count) * unit) / power
  }
}

/** The expected values of a cell after the previous one. */
class CellGuess {
  count: number
  low = 0
  spread = 0
  /** Where between minimum and maximum the mean was. */
  #place = 0.5

  /** Most agents take a sample a minute. */
  constructor(hours: number) {
    this.count = hours * 60
  }

  /** The sum of `count` values; the same number wherever it is reckoned, since all of it is IEEE arithmetic. */
  sum(low: number, spread: number): number {
    return Math.round(this.count * (low + spread * this.#place))
  }

  learn(low: number, spread: number, sum: number) {
    this.low = low
    this.spread = spread
    if (spread > 0) this.#place = (sum / this.count - low) / spread
  }
}

function encodeDoubles({ counts, lows, highs, sums }: Cells): Uint8Array {
  const writer = createByteWriter(counts.length * DOUBLES_BYTES + 1)
  writer.byte(DOUBLES)
  for (const [cell, count] of counts.entries()) {
    writer.varint(count)
    if (count === 0) continue
    writer.float64(lows[cell] ?? 0)
    writer.float64(highs[cell] ?? 0)
    writer.float64(sums[cell] ?? 0)
  }
  return writer.take()
}

function decodeDoubles(cursor: Cursor, { counts, lows, highs, sums }: Cells) {
  for (let cell = 0; cell < counts.length; cell++) {
    const count = readVarint(cursor)
    counts[cell] = count
    if (count === 0) continue
    lows[cell] = readFloat64(cursor)
    highs[cell] = readFloat64(cursor)
    sums[cell] = readFloat64(cursor)
  }
}
