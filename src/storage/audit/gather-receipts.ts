import type { NumberRange } from '../../domain/audit/number-ranges.ts'
import { dayOf } from '../timeseries/day.ts'
import { type FrameRun, type ReceiptVisitor, type ReportEntry, scanReceipt } from './receipt.ts'

/** The facts about hosts in a receipt, beside the received numbers. */
export type ReceiptDays = {
  /** Samples that replaced others, which had been acknowledged too. */
  readonly overlaps: readonly { readonly host: number; readonly day: number; readonly samples: number }[]
  /** Days of hosts for which samples without numbers were received. */
  readonly unnumbered: readonly { readonly host: number; readonly day: number }[]
}

const NONE: readonly never[] = []
const NO_DAYS: ReceiptDays = { overlaps: NONE, unnumbered: NONE }
const NO_LOSSES: ReportEntry['lost'] = NONE
const NO_RANGES: readonly NumberRange[] = NONE

type Growing<T> = { -readonly [Name in keyof T]: T[Name] }

/** The reports of one sequence of numbers. */
class QueueReports {
  readonly entries: ReportEntry[] = []
  /** The last entry, where it is one of single frames. */
  #entry: Growing<ReportEntry> | null = null
  #run: Growing<FrameRun> | null = null

  add(entry: ReportEntry): void {
    this.entries.push(entry)
    this.#run = null
  }

  /** Frames that follow each other become one entry, which holds the same facts as separate ones. */
  addSingle(queue: number, number: number, samples: number, time: number): void {
    const run = this.#run
    if (
      run !== null &&
      this.#entry !== null &&
      number === run.last + 1 &&
      samples === run.samples &&
      time >= run.to &&
      dayOf(time) === run.day
    ) {
      run.last = number
      run.to = time
      this.#entry.waiting = number
      return
    }
    this.#run = { first: number, last: number, samples, from: time, to: time, day: dayOf(time) }
    this.#entry = { queue, waiting: number, frames: [this.#run], others: NO_RANGES, lost: NO_LOSSES }
    this.entries.push(this.#entry)
  }
}

/** In a list of single frames: a report, whose place among the reports follows. */
const REPORT = -1

/**
 * Gathers the content of many receipts by sequence of numbers. Nearly every receipt is a list of single
 * frames, one of each host, and nearly every frame follows the one before it, so that the gathered data does
 * not grow with the receipts.
 */
export class ReceiptGatherer {
  readonly #queues = new Map<number, QueueReports>()
  /** Of the receipt that is being read: four numbers for each single frame, four for each report. */
  readonly #singles: number[] = []
  #reports: ReportEntry[] = []
  #days: {
    overlaps: ReceiptDays['overlaps'][number][]
    unnumbered: ReceiptDays['unnumbered'][number][]
  } | null = null
  #isRestored = false
  readonly #visitor: ReceiptVisitor = {
    single: (queue, number, samples, time) => {
      this.#singles.push(queue, number, samples, time)
    },
    report: (entry) => {
      this.#singles.push(REPORT, this.#reports.length, 0, 0)
      this.#reports.push(entry)
    },
    overlap: (host, day, samples) => {
      this.#days ??= { overlaps: [], unnumbered: [] }
      this.#days.overlaps.push({ host, day, samples })
    },
    unnumbered: (host, day) => {
      this.#days ??= { overlaps: [], unnumbered: [] }
      this.#days.unnumbered.push({ host, day })
    },
    restored: () => {
      this.#isRestored = true
    },
  }

  /**
   * Adds one receipt; returns its facts about days, null when it only marks that the database was restored.
   * The content of a damaged receipt is ignored; the numbers in it become holes, since nothing else is known
   * of them.
   */
  add(packed: Uint8Array): ReceiptDays | null {
    this.#singles.length = 0
    this.#reports = []
    this.#days = null
    this.#isRestored = false
    try {
      scanReceipt(packed, this.#visitor)
    } catch {
      return NO_DAYS
    }
    if (this.#isRestored) return null
    this.#gather()
    return this.#days ?? NO_DAYS
  }

  /**
   * The reports of each sequence of numbers, in the order of arrival; the sequences in the order of their
   * ids.
   */
  queues(): (readonly [queue: number, reports: readonly ReportEntry[]])[] {
    const found = [...this.#queues].map(([queue, { entries }]) => [queue, entries] as const)
    return found.sort(([a], [b]) => a - b)
  }

  #gather(): void {
    const singles = this.#singles
    for (let at = 0; at < singles.length; at += 4) {
      const queue = singles[at] ?? 0
      const number = singles[at + 1] ?? 0
      if (queue === REPORT) {
        const entry = this.#reports[number]
        if (entry !== undefined) this.#find(entry.queue).add(entry)
      } else this.#find(queue).addSingle(queue, number, singles[at + 2] ?? 0, singles[at + 3] ?? 0)
    }
  }

  #find(queue: number): QueueReports {
    const known = this.#queues.get(queue)
    if (known !== undefined) return known
    const reports = new QueueReports()
    this.#queues.set(queue, reports)
    return reports
  }
}
