import type { Clock, Timer } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { describeState, type LastSeenRow, type State, writeHosts } from './last-seen-rows.ts'

/**
 * Clocks of machines that share a database may differ by this many seconds; a time further ahead was written
 * by a wrong clock.
 */
export const CLOCK_TOLERANCE = 60

/** The states are written at most once in this time, whatever the load. */
const FLUSH_MS = 1000

/**
 * When a host was last seen and its newest frame, gathered in memory and written about once a second, or with
 * the very commit that brought them when the last writing is longer ago. A crash may lose up to a second of
 * this freshness, never a sample, and the host's next packet puts it right. Other processes see it with that
 * delay; in this one `settle` before reading.
 */
export type LastSeenBuffer = {
  noteSeen(host: number, seen: number, clockSkew: number | null): void
  /** When the host was last seen, as far as that is not written yet; 0 when nothing is. */
  findUnwritten(host: number): number
  noteFrame(host: number, time: number, packed: Uint8Array): void
  /** The table holds the union of the frames of that time. */
  noteMerge(host: number, time: number): void
  /** Inside a transaction that writes anyway: writes the states if it is time to. */
  flushIfDue(transaction: Transaction): Promise<void>
  /** After the transaction: what was noted in it is so, and a timer is kept for what was not due yet. */
  committed(): void
  /** After a rollback: what was noted in the transaction is not so. */
  rolledBack(): void
  /** Writes what there is. */
  settle(): Promise<void>
  /** Packets noted and not written yet. */
  pending(): number
  close(): Promise<void>
}

export const createLastSeenBuffer = (database: Database, clock: Clock, log: Log): LastSeenBuffer =>
  new BufferedLastSeen(database, clock, log)

class BufferedLastSeen implements LastSeenBuffer {
  readonly #database: Database
  readonly #clock: Clock
  readonly #log: Log
  /** `#states` is committed and not written yet; `#draft` is what the running transaction adds to it. */
  #states = new Map<number, State>()
  #packets = 0
  #version = 0
  #draft = new Map<number, State>()
  #draftPackets = 0
  #isFlushed = false
  #lastFlush = Number.NEGATIVE_INFINITY
  #timer: Timer | null = null

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database
    this.#clock = clock
    this.#log = log
  }

  noteSeen(host: number, seen: number, clockSkew: number | null) {
    this.#draftPackets++
    const state = this.#stateOf(host)
    if (seen < state.lastSeen && state.lastSeen <= this.#latestRight()) return
    state.lastSeen = seen
    state.clockSkew = clockSkew
  }

  findUnwritten(host: number): number {
    return (this.#draft.get(host) ?? this.#states.get(host))?.lastSeen ?? 0
  }

  noteFrame(host: number, time: number, packed: Uint8Array) {
    const state = this.#stateOf(host)
    if (time < state.latestTime) return
    if (time === state.latestTime && state.latest) state.merged = true
    state.latestTime = time
    state.latest = packed
  }

  noteMerge(host: number, time: number) {
    const state = this.#stateOf(host)
    if (time === state.latestTime) state.merged = true
  }

  async flushIfDue(transaction: Transaction) {
    if (this.#states.size + this.#draft.size === 0) return
    if (this.#clock.monotonicMs() - this.#lastFlush < FLUSH_MS) return
    await this.#write(transaction, this.#draft, this.#draftPackets)
    this.#isFlushed = true
  }

  committed() {
    if (this.#isFlushed) this.#clear()
    else {
      const right = this.#latestRight()
      if (this.#states.size === 0) this.#states = this.#draft
      else
        for (const [host, state] of this.#draft)
          this.#states.set(host, merge(this.#states.get(host), state, right) ?? state)
      this.#packets += this.#draftPackets
      this.#version++
    }
    this.rolledBack()
    this.#schedule()
  }

  rolledBack() {
    this.#draft = new Map()
    this.#draftPackets = 0
    this.#isFlushed = false
  }

  readonly settle = async () => {
    // A report that is not a sign of life can bring frames too, so the number of packets is not enough.
    if (this.#states.size === 0) return
    let written = -1
    await this.#database.transaction(async (transaction) => {
      if (this.#states.size > 0) await this.#write(transaction, new Map(), 0)
      written = this.#version
    })
    // Changes that were noted meanwhile are written later, together with those written just now.
    if (this.#version === written) this.#clear()
    else this.#schedule()
  }

  pending(): number {
    return this.#packets
  }

  async close() {
    await this.settle()
    this.#timer?.cancel()
  }

  #latestRight(): number {
    return this.#clock.now() + CLOCK_TOLERANCE
  }

  #stateOf(host: number): State {
    let state = this.#draft.get(host)
    if (!state) {
      state = { lastSeen: 0, clockSkew: null, latestTime: 0, latest: null, merged: false }
      this.#draft.set(host, state)
    }
    return state
  }

  async #write(transaction: Transaction, more: ReadonlyMap<number, State>, seen: number) {
    const states = this.#states
    const hosts = more.size === 0 ? states.keys() : new Set([...states.keys(), ...more.keys()])
    // In the order of the table, so that each of its pages is visited once, and writers never wait for each
    // other in a circle.
    const right = this.#latestRight()
    const rows: LastSeenRow[] = []
    for (const host of [...hosts].sort((a, b) => a - b)) {
      const state = merge(states.get(host), more.get(host), right)
      if (state) rows.push(await describeState(transaction, host, state, right))
    }
    await writeHosts(transaction, rows)
    await addToCounter(transaction, 'revision', this.#packets + seen)
  }

  #clear() {
    this.#lastFlush = this.#clock.monotonicMs()
    this.#states = new Map()
    this.#packets = 0
    this.#timer?.cancel()
    this.#timer = null
  }

  #schedule() {
    if (this.#states.size === 0 || this.#timer) return
    const dueMs = Math.max(0, FLUSH_MS - (this.#clock.monotonicMs() - this.#lastFlush))
    this.#timer = this.#clock.after(dueMs, () => {
      this.#timer = null
      this.settle().catch((error) =>
        this.#log.warn('host states were not written', { error: describeError(error) }),
      )
    })
  }
}

/** `later` was noted after `earlier`; a time after `latestRight` was written by a wrong clock. */
function merge(earlier: State | undefined, later: State | undefined, latestRight: number): State | undefined {
  if (!earlier || !later) return earlier ?? later
  // Nearly every packet is newer in all of its values.
  const isNewer = later.latest !== null && later.latestTime > earlier.latestTime
  if (isNewer && later.lastSeen >= earlier.lastSeen) return later
  const isSeenLater =
    later.lastSeen >= earlier.lastSeen || (later.lastSeen > 0 && earlier.lastSeen > latestRight)
  const seen = isSeenLater ? later : earlier
  const isLaterNewest = later.latestTime >= earlier.latestTime
  const isSameTime = later.latestTime === earlier.latestTime
  const newest = isLaterNewest && (later.latest !== null || !isSameTime) ? later : earlier
  const merged = isSameTime
    ? earlier.merged || later.merged || (earlier.latest !== null && later.latest !== null)
    : newest.merged
  return {
    lastSeen: seen.lastSeen,
    clockSkew: seen.clockSkew,
    latestTime: newest.latestTime,
    latest: newest.latest,
    merged,
  }
}
