import type { Loss, LossReason } from '../../domain/audit/loss.ts'
import {
  addRange,
  countAllOf,
  countOf,
  missingFrom,
  type NumberRange,
  type NumberRanges,
  removeRange,
} from '../../domain/audit/number-ranges.ts'
import type { KnownNumbers } from '../../domain/audit/received-numbers.ts'
import type { FrameRun, ReportEntry } from './receipt.ts'

/** A hole as it is found; `reason` is null when no agent has reported one. */
export type FoundGap = NumberRange & {
  readonly reason: LossReason | null
  readonly from: number
  readonly to: number
  readonly amount: number
}

/**
 * The greatest number of ranges in the row; above it, the lowest gaps between ranges become holes without a
 * reason.
 */
const MAX_RANGES = 1000

/**
 * One sequence of an agent's numbers: which were received, which are lost, which may still arrive. Does not
 * depend on the database.
 */
export class QueueAccount {
  #accounted: NumberRange[]
  first: number
  newest: number
  waiting: number
  present: number
  repeated: number
  lastTime: number
  /** The database was restored from a backup, and the agent has not spoken since. */
  isRestored: boolean
  /** The numbers that a server had stored before this database replaced a later one. */
  #restored: NumberRanges = []
  /** Samples that were acknowledged for the first time, by day. */
  readonly days = new Map<number, number>()
  readonly gaps: FoundGap[] = []

  constructor(row: {
    readonly first: number
    readonly newest: number
    readonly waiting: number
    readonly accounted: readonly NumberRange[]
    readonly present: number
    readonly repeated: number
    readonly lastTime: number
    readonly isRestored: boolean
  }) {
    this.#accounted = [...row.accounted]
    this.first = row.first
    this.newest = row.newest
    this.waiting = row.waiting
    this.present = row.present
    this.repeated = row.repeated
    this.lastTime = row.lastTime
    this.isRestored = row.isRestored
  }

  get accounted(): readonly NumberRange[] {
    return this.#accounted
  }

  /** The numbers in the report that were taken for lost, or received before. */
  findKnown({ frames, others }: ReportEntry): NumberRange[] {
    return [...frames, ...others].flatMap((range) =>
      this.#accounted.flatMap(({ first, last }) => {
        const common = { first: Math.max(first, range.first), last: Math.min(last, range.last) }
        return common.first <= common.last ? [common] : []
      }),
    )
  }

  /** Numbers that were taken for lost have arrived after all. */
  reopen(range: NumberRange): void {
    this.#accounted = removeRange(this.#accounted, range)
  }

  /**
   * Adds a report that holds only the frames directly after the accounted numbers, as nearly all do; false
   * for any other report.
   */
  addNext({ frames, others, lost, waiting }: ReportEntry): boolean {
    // This runs for each stored packet; a shorter notation costs several times as much.
    if (frames.length !== 1 || others.length !== 0 || lost.length !== 0) return false
    const accounted = this.#accounted
    const run = frames[0]
    const newest = accounted[accounted.length - 1]
    if (run === undefined || newest === undefined) return false
    if (run.first !== newest.last + 1 || newest.last !== this.newest) return false
    accounted[accounted.length - 1] = { first: newest.first, last: run.last }
    const count = run.last - run.first + 1
    this.present += count
    this.newest = run.last
    if (waiting > this.waiting) this.waiting = waiting
    if (run.to > this.lastTime) this.lastTime = run.to
    if (run.samples > 0) this.days.set(run.day, (this.days.get(run.day) ?? 0) + count * run.samples)
    return true
  }

  /**
   * Notes the numbers that the agent knew when it began to send, in the order of the reports. Numbers that
   * were confirmed to it and are missing here were stored after the backup that was restored. This also
   * detects a database that replaced a later one by other means: the agent is ahead of it.
   */
  addContact({ newest, unconfirmed }: KnownNumbers): void {
    const isRestored = this.isRestored
    this.isRestored = false
    if (this.first === 0) {
      this.#begin(newest, unconfirmed)
      return
    }
    const confirmed = missingFrom(unconfirmed, { first: this.first, last: newest })
    const isAhead = (confirmed.at(-1)?.last ?? 0) > this.newest
    if (isRestored || isAhead) for (const range of confirmed) this.#addRestored(range)
  }

  /**
   * Numbers that other servers have confirmed, or this one for a host that was deleted since, are ignored
   * here.
   */
  #begin(newest: number, unconfirmed: NumberRanges): void {
    this.first = unconfirmed[0]?.first ?? newest + 1
    this.#accounted = missingFrom(unconfirmed, { first: this.first, last: newest })
    this.newest = this.#accounted.at(-1)?.last ?? this.first - 1
  }

  #addRestored(range: NumberRange): void {
    this.#restored = addRange(this.#restored, range)
    this.newest = Math.max(this.newest, range.last)
  }

  /** To be called for all reports before `addLosses` is called. */
  addReport(entry: ReportEntry): void {
    if (this.first === 0) this.first = lowestOf(entry)
    // For an agent that does not send its known numbers: the numbers that can't arrive any more have arrived
    // before.
    if (this.isRestored && entry.waiting > this.first) {
      this.#addRestored({ first: this.first, last: entry.waiting - 1 })
      this.isRestored = false
    }
    this.waiting = Math.max(this.waiting, entry.waiting)
    for (const run of entry.frames) {
      const fresh = this.#addReceived(run)
      if (fresh > 0 && run.samples > 0)
        this.days.set(run.day, (this.days.get(run.day) ?? 0) + fresh * run.samples)
      this.lastTime = Math.max(this.lastTime, run.to)
    }
    for (const range of entry.others) this.#addReceived(range)
  }

  addLosses(lost: readonly Loss[]): void {
    for (const loss of lost)
      if (loss.first === 0) this.gaps.push({ ...loss, amount: loss.count })
      else this.#addLost(loss)
  }

  /** To be called after all reports and losses. `before` is the newest time until now. */
  findRestored(before: number): void {
    for (const range of this.#restored) this.#addHoles(range, 'restored', before)
  }

  /**
   * Finds numbers below `waiting` that were neither received nor reported as lost. `before` is the newest
   * time until now.
   */
  findHoles(before: number): void {
    const end = Math.min(this.waiting - 1, this.newest)
    if (this.first === 0) return
    const holes = missingFrom(this.#accounted, { first: this.first, last: end })
    const surplus = this.#accounted.length - MAX_RANGES
    const more = surplus > 0 ? missingFrom(this.#accounted, this.#span).slice(0, surplus) : []
    for (const hole of [...holes, ...more]) this.#addHoles(hole, null, before)
  }

  #addHoles(range: NumberRange, reason: LossReason | null, before: number): void {
    for (const hole of missingFrom(this.#accounted, range)) {
      const to = Math.max(before, this.lastTime)
      this.gaps.push({ ...hole, reason, from: before, to, amount: countOf(hole) })
      this.#accounted = addRange(this.#accounted, hole)
    }
  }

  /** The number of frames and events that may still arrive. */
  get pending(): number {
    return countAllOf(missingFrom(this.#accounted, this.#span))
  }

  get #span(): NumberRange {
    return { first: this.first, last: this.newest }
  }

  #addReceived(range: NumberRange): number {
    const fresh = countAllOf(missingFrom(this.#accounted, range))
    this.present += fresh
    this.repeated += countOf(range) - fresh
    this.newest = Math.max(this.newest, range.last)
    if (range.first < this.first) this.first = range.first
    this.#accounted = addRange(this.#accounted, range)
    return fresh
  }

  /** An agent may report numbers as lost that arrived after all, or that are from before this server. */
  #addLost({ reason, from, to, ...loss }: Loss): void {
    const range = { first: Math.max(loss.first, this.first), last: loss.last }
    if (range.last < range.first) return
    for (const hole of missingFrom(this.#accounted, range))
      this.gaps.push({ ...hole, reason, from, to, amount: countOf(hole) })
    this.newest = Math.max(this.newest, range.last)
    this.#accounted = addRange(this.#accounted, range)
  }
}

/** The lowest number from which a sequence is known: lower ones are from before this server. */
function lowestOf({ waiting, frames, others, lost }: ReportEntry): number {
  const lostNumbers = lost.flatMap(({ first }) => (first > 0 ? [first] : []))
  const came = [...(frames satisfies readonly FrameRun[]), ...others].map(({ first }) => first)
  return Math.min(...came, ...lostNumbers, ...(waiting > 0 ? [waiting] : []))
}
