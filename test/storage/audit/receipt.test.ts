import { expect, test } from 'bun:test'
import type { ReceivedNumbers } from '../../../src/domain/audit/received-numbers.ts'
import { ReceiptGatherer } from '../../../src/storage/audit/gather-receipts.ts'
import {
  createReceiptWriter,
  RESTORED_RECEIPT,
  type ReportEntry,
  scanReceipt,
} from '../../../src/storage/audit/receipt.ts'

const NOON = 1_800_014_400
const numbersOf = (frames: number[], rest: Partial<ReceivedNumbers> = {}): ReceivedNumbers => ({
  frames,
  others: [],
  waiting: frames[0] ?? 0,
  lost: [],
  ...rest,
})
/** Each entry by itself. */
function readReceipt(bytes: Uint8Array) {
  const reports: ReportEntry[] = []
  const overlaps: object[] = []
  const unnumbered: object[] = []
  let isRestored = false
  scanReceipt(bytes, {
    single: (queue, number, samples, time) =>
      reports.push({
        queue,
        waiting: number,
        frames: [frameAt(number, time, samples)],
        others: [],
        lost: [],
      }),
    report: (entry) => reports.push(entry),
    overlap: (host, day, samples) => overlaps.push({ host, day, samples }),
    unnumbered: (host, day) => unnumbered.push({ host, day }),
    restored: () => {
      isRestored = true
    },
  })
  return { reports, overlaps, unnumbered, isRestored }
}
const frameAt = (number: number, time: number, samples: number) => ({
  ...{ first: number, last: number, from: time, to: time, samples, day: Math.floor(time / 86_400) },
})

test('a receipt says what was stored, whatever the order of what was added', () => {
  const writer = createReceiptWriter()
  const loss = { first: 1, last: 3, reason: 'size', from: NOON - 900, to: NOON - 720, count: 3 } as const
  const known = {
    newest: 5_000_000_000,
    unconfirmed: [
      { first: 5, last: 8 },
      { first: 11, last: 11 },
    ],
  }
  writer.addReport(7, numbersOf([41]), [{ time: NOON }], [12])
  writer.addReport(70_000, numbersOf([4_000_000_000]), [{ time: NOON - 86_400 * 400 }], [0])
  writer.addOverlap(3, NOON, 5)
  writer.addReport(8, numbersOf([9], { waiting: 4 }), [{ time: NOON + 61 }], [3])
  writer.addReport(8, numbersOf([10], { lost: [loss] }), [{ time: NOON + 121 }], [3])
  writer.addContact(9, known)
  writer.addReport(9, numbersOf([5], { others: [{ first: 6, last: 8 }] }), [{ time: NOON }], [1])
  writer.addReport(
    9,
    numbersOf([20, 21, 22]),
    [{ time: NOON }, { time: NOON + 60 }, { time: NOON + 120 }],
    [2, 2, 2],
  )
  writer.addUnnumbered(5, 20_833)
  writer.addReport(7, numbersOf([42]), [{ time: NOON + 60 }], [12])
  const packed = writer.take() ?? new Uint8Array()
  const entry = { others: [], lost: [] }
  expect(readReceipt(packed)).toEqual({
    reports: [
      { ...entry, queue: 7, waiting: 41, frames: [frameAt(41, NOON, 12)] },
      {
        ...entry,
        queue: 70_000,
        waiting: 4_000_000_000,
        frames: [frameAt(4_000_000_000, NOON - 86_400 * 400, 0)],
      },
      { ...entry, queue: 8, waiting: 4, frames: [frameAt(9, NOON + 61, 3)] },
      { ...entry, queue: 8, waiting: 10, lost: [loss], frames: [frameAt(10, NOON + 121, 3)] },
      { ...entry, queue: 9, waiting: 0, frames: [], known },
      { ...entry, queue: 9, waiting: 5, others: [{ first: 6, last: 8 }], frames: [frameAt(5, NOON, 1)] },
      { ...entry, queue: 9, waiting: 20, frames: [{ ...frameAt(20, NOON, 2), last: 22, to: NOON + 120 }] },
      { ...entry, queue: 7, waiting: 42, frames: [frameAt(42, NOON + 60, 12)] },
    ],
    overlaps: [{ host: 3, day: Math.floor(NOON / 86_400), samples: 5 }],
    unnumbered: [{ host: 5, day: 20_833 }],
    isRestored: false,
  })
  expect(writer.take()).toBeNull()
  // Times are stored as differences, which start anew with each receipt.
  writer.addReport(7, numbersOf([43]), [{ time: NOON + 120 }], [12])
  expect(readReceipt(writer.take() ?? new Uint8Array()).reports[0]?.frames[0]?.from).toBe(NOON + 120)
})

test('a packet of one frame costs a receipt few bytes, and none that is cut short is read', () => {
  const writer = createReceiptWriter()
  for (let host = 0; host < 1000; host++)
    writer.addReport(1000 + host, numbersOf([50_000 + host]), [{ time: NOON + (host % 60) }], [60])
  const packed = writer.take() ?? new Uint8Array()
  expect(packed.length / 1000).toBeLessThan(8.5)
  expect(readReceipt(packed).reports).toHaveLength(1000)
  expect(() => readReceipt(packed.slice(0, -1))).toThrow(RangeError)
})

test('single frames that follow each other become one entry, and nothing else does', () => {
  const writer = createReceiptWriter()
  const gatherer = new ReceiptGatherer()
  const add = (fill: () => void) => {
    fill()
    return gatherer.add(writer.take() ?? new Uint8Array())
  }
  const single = (queue: number, number: number, time: number, samples = 12) =>
    writer.addReport(queue, numbersOf([number]), [{ time }], [samples])
  for (let minute = 0; minute < 3; minute++)
    add(() => {
      single(8, 70 + minute, NOON + 60 * minute)
      single(7, 41 + minute, NOON + 60 * minute)
    })
  // Another width, another day, a hole, a time before the last one, and the same number again.
  add(() => single(7, 44, NOON + 180, 13))
  add(() => single(7, 45, NOON + 86_400, 13))
  add(() => single(7, 47, NOON + 86_520, 13))
  add(() => single(7, 48, NOON + 86_460, 13))
  add(() => single(7, 48, NOON + 86_460, 13))
  const loss = { first: 46, last: 46, reason: 'size', from: NOON, to: NOON, count: 1 } as const
  const days = add(() => {
    writer.addReport(7, numbersOf([49], { lost: [loss] }), [{ time: NOON + 86_520 }], [13])
    single(7, 50, NOON + 86_580, 13)
    writer.addOverlap(3, NOON, 5)
    writer.addUnnumbered(5, 20_833)
  })
  expect(days).toEqual({
    overlaps: [{ host: 3, day: Math.floor(NOON / 86_400), samples: 5 }],
    unnumbered: [{ host: 5, day: 20_833 }],
  })
  const entry = (number: number, time: number, samples: number) => ({
    ...{ queue: 7, waiting: number, others: [], lost: [], frames: [frameAt(number, time, samples)] },
  })
  expect(gatherer.queues()).toEqual([
    [
      7,
      [
        { ...entry(43, 0, 0), frames: [{ ...frameAt(41, NOON, 12), last: 43, to: NOON + 120 }] },
        entry(44, NOON + 180, 13),
        entry(45, NOON + 86_400, 13),
        entry(47, NOON + 86_520, 13),
        entry(48, NOON + 86_460, 13),
        entry(48, NOON + 86_460, 13),
        { ...entry(49, NOON + 86_520, 13), lost: [loss] },
        entry(50, NOON + 86_580, 13),
      ],
    ],
    [8, [{ ...entry(72, 0, 0), queue: 8, frames: [{ ...frameAt(70, NOON, 12), last: 72, to: NOON + 120 }] }]],
  ])
})

test('nothing of a receipt that is damaged is taken', () => {
  const writer = createReceiptWriter()
  writer.addReport(7, numbersOf([41]), [{ time: NOON }], [12])
  writer.addOverlap(3, NOON, 5)
  const packed = writer.take() ?? new Uint8Array()
  const gatherer = new ReceiptGatherer()
  expect(gatherer.add(RESTORED_RECEIPT)).toBeNull()
  expect(gatherer.add(packed.slice(0, -1))).toEqual({ overlaps: [], unnumbered: [] })
  expect(gatherer.queues()).toEqual([])
})
