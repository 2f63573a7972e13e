import { LOSS_REASONS, type Loss } from '../../domain/audit/loss.ts'
import type { NumberRange } from '../../domain/audit/number-ranges.ts'
import type { KnownNumbers, ReceivedNumbers } from '../../domain/audit/received-numbers.ts'
import { type Cursor, createByteWriter, readByte, readVarint } from '../timeseries/codec/bytes.ts'
import { unzigzag, zigzag } from '../timeseries/codec/decimal.ts'
import { dayOf } from '../timeseries/day.ts'

/**
 * The record of one commit by the numbers of its agents: a sequence of entries, each a byte for its kind and
 * varints. It is written in the same commit as the samples, so it matches exactly what is on disk.
 */
const REPORT = 1
const OVERLAP = 2
const UNNUMBERED = 3
/**
 * A report of one frame that contains only its number, as nearly all do: the entry that is written for each
 * packet costs as much as some of its samples. Its time is the difference from that of the previous entry of
 * this kind.
 */
const SINGLE = 4
/** The numbers that an agent knew when it began to send. */
const CONTACT = 5
/** Entries before this one are in the backup that was restored; entries after it are newer. */
const RESTORED = 6

/** A receipt that marks that this database was restored from a backup. */
export const RESTORED_RECEIPT = Uint8Array.of(RESTORED)

/** Frames with consecutive numbers, of one day and with the same number of samples each. */
export type FrameRun = NumberRange & {
  readonly day: number
  readonly samples: number
  /** Times of the first and the last. */
  readonly from: number
  readonly to: number
}

export type ReportEntry = {
  readonly queue: number
  readonly waiting: number
  readonly frames: readonly FrameRun[]
  readonly others: readonly NumberRange[]
  readonly lost: readonly Loss[]
  /** In an entry of its own, before those of the data that the agent sent then. */
  readonly known?: KnownNumbers
}

export type ReceiptWriter = {
  /** `frames` and `samples` are in the order of the numbers. */
  addReport(
    queue: number,
    numbers: ReceivedNumbers,
    frames: readonly { readonly time: number }[],
    samples: readonly number[],
  ): void
  addContact(queue: number, known: KnownNumbers): void
  addOverlap(host: number, time: number, samples: number): void
  addUnnumbered(host: number, day: number): void
  /** The bytes of the added entries, null when there are none; the writer is empty afterwards. */
  take(): Uint8Array | null
}

export function createReceiptWriter(): ReceiptWriter {
  const writer = createByteWriter()
  let isEmpty = true
  let lastTime = 0

  function addRange({ first, last }: NumberRange) {
    writer.varint(first)
    writer.varint(last - first)
  }

  function addSingle(queue: number, number: number, time: number, samples: number) {
    writer.byte(SINGLE)
    writer.varint(queue)
    writer.varint(number)
    writer.varint(samples)
    writer.varint(zigzag(time - lastTime))
    lastTime = time
  }

  function addRuns(runs: readonly FrameRun[]) {
    writer.varint(runs.length)
    for (const run of runs) {
      addRange(run)
      writer.varint(run.samples)
      writer.varint(run.from)
      writer.varint(run.to - run.from)
    }
  }

  return {
    addReport(queue, numbers, frames, samples) {
      isEmpty = false
      const number = numbers.frames[0]
      const isSingle = frames.length === 1 && numbers.others.length + numbers.lost.length === 0
      if (isSingle && number !== undefined && number === numbers.waiting) {
        addSingle(queue, number, frames[0]?.time ?? 0, samples[0] ?? 0)
        return
      }
      writer.byte(REPORT)
      writer.varint(queue)
      writer.varint(numbers.waiting)
      addRuns(runsOfFrames(numbers.frames, frames, samples))
      writer.varint(numbers.others.length)
      for (const range of numbers.others) addRange(range)
      writer.varint(numbers.lost.length)
      for (const loss of numbers.lost) {
        addRange(loss)
        writer.byte(LOSS_REASONS.indexOf(loss.reason))
        writer.varint(loss.from)
        writer.varint(loss.to - loss.from)
        writer.varint(loss.count)
      }
    },
    addContact(queue, { newest, unconfirmed }) {
      isEmpty = false
      writer.byte(CONTACT)
      writer.varint(queue)
      writer.varint(newest)
      writer.varint(unconfirmed.length)
      for (const range of unconfirmed) addRange(range)
    },
    addOverlap(host, time, samples) {
      isEmpty = false
      writer.byte(OVERLAP)
      writer.varint(host)
      writer.varint(dayOf(time))
      writer.varint(samples)
    },
    addUnnumbered(host, day) {
      isEmpty = false
      writer.byte(UNNUMBERED)
      writer.varint(host)
      writer.varint(day)
    },
    take() {
      const packed = writer.take()
      const wasEmpty = isEmpty
      isEmpty = true
      lastTime = 0
      return wasEmpty ? null : packed
    },
  }
}

function runsOfFrames(
  numbers: readonly number[],
  frames: readonly { readonly time: number }[],
  samples: readonly number[],
): FrameRun[] {
  const runs: { first: number; last: number; day: number; samples: number; from: number; to: number }[] = []
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? 0
    const time = frames[i]?.time ?? 0
    const count = samples[i] ?? 0
    const day = dayOf(time)
    const run = runs.at(-1)
    if (
      run !== undefined &&
      number === run.last + 1 &&
      day === run.day &&
      count === run.samples &&
      time >= run.to
    ) {
      run.last = number
      run.to = time
    } else runs.push({ first: number, last: number, day, samples: count, from: time, to: time })
  }
  return runs
}

/** Called with the entries of a receipt, in their order. */
export type ReceiptVisitor = {
  /** A report of one frame, whose number is the lowest that may still arrive. */
  single(queue: number, number: number, samples: number, time: number): void
  report(entry: ReportEntry): void
  overlap(host: number, day: number, samples: number): void
  unnumbered(host: number, day: number): void
  /** The database was restored when this was written, which has nothing else. */
  restored(): void
}

/**
 * Throws a RangeError when the bytes are not a receipt; the visitor was called for the entries before that
 * place.
 */
export function scanReceipt(bytes: Uint8Array, visitor: ReceiptVisitor): void {
  const cursor: Cursor = { bytes, at: 0 }
  let lastTime = 0
  while (cursor.at < bytes.length) {
    const kind = readByte(cursor)
    if (kind === SINGLE) {
      const queue = readVarint(cursor)
      const number = readVarint(cursor)
      const samples = readVarint(cursor)
      lastTime += unzigzag(readVarint(cursor))
      visitor.single(queue, number, samples, lastTime)
    } else if (kind === REPORT) visitor.report(readReport(cursor))
    else if (kind === OVERLAP) visitor.overlap(readVarint(cursor), readVarint(cursor), readVarint(cursor))
    else if (kind === UNNUMBERED) visitor.unnumbered(readVarint(cursor), readVarint(cursor))
    else if (kind === CONTACT) visitor.report(readContact(cursor))
    else if (kind === RESTORED) visitor.restored()
    else throw new RangeError(`a receipt has an entry of the unknown kind ${kind}`)
  }
}

function readContact(cursor: Cursor): ReportEntry {
  const queue = readVarint(cursor)
  const newest = readVarint(cursor)
  const known = { newest, unconfirmed: readMany(cursor, () => readRange(cursor)) }
  return { queue, waiting: 0, frames: NONE, others: NONE, lost: NONE, known }
}

function readReport(cursor: Cursor): ReportEntry {
  const queue = readVarint(cursor)
  const waiting = readVarint(cursor)
  const frames = readMany(cursor, () => {
    const first = readVarint(cursor)
    const last = first + readVarint(cursor)
    const samples = readVarint(cursor)
    const from = readVarint(cursor)
    return { first, last, samples, from, to: from + readVarint(cursor), day: dayOf(from) }
  })
  const others = readMany(cursor, () => readRange(cursor))
  const lost = readMany(cursor, () => {
    const range = readRange(cursor)
    const reason = LOSS_REASONS[readByte(cursor)]
    if (reason === undefined) throw new RangeError('a receipt has an unknown reason')
    const from = readVarint(cursor)
    return { ...range, reason, from, to: from + readVarint(cursor), count: readVarint(cursor) }
  })
  return { queue, waiting, frames, others, lost }
}

function readRange(cursor: Cursor): NumberRange {
  const first = readVarint(cursor)
  return { first, last: first + readVarint(cursor) }
}

const NONE: readonly never[] = []

function readMany<T>(cursor: Cursor, read: () => T): readonly T[] {
  const count = readVarint(cursor)
  if (count === 0) return NONE
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())
  return items
}
