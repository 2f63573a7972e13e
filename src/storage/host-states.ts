import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import { addToCounter } from './counters.ts'
import type { Database, Transaction } from './database.ts'
import { FRAME_TABLES } from './frames.ts'

/** What packets changed of a host since it was last written down. */
type State = {
  lastHeard: number
  clockSkew: number | null
  latestTime: number
  /** The newest frame as it was sent; null when no packet brought one. */
  latest: Uint8Array | null
  /** Two frames of that time were sent, so what the table holds is their union. */
  merged: boolean
}

/** At most once in so long are the states written, whatever the load. */
const FLUSH_MS = 1000

/**
 * When a host was last heard and its newest frame, gathered in memory and written about once a second, or with the very
 * commit that brought them when the last writing is longer ago. A crash may lose up to a second of this freshness, never a sample, and
 * the host's next packet puts it right. Other processes see it with that delay; in this one `settle` before reading.
 */
export type HostStates = {
  noteHeard(host: number, heard: number, clockSkew: number | null): void
  noteFrame(host: number, time: number, packed: Uint8Array): void
  /** The union of frames of one time lies in the table. */
  noteMerge(host: number, time: number): void
  /** Inside a transaction that writes anyway: writes the states if it is time to. */
  flushIfDue(transaction: Transaction): Promise<void>
  /** After the transaction: keeps a timer for what was not due yet. */
  committed(): void
  /** After a rollback: what was noted may not be so. */
  forget(): void
  /** Writes what there is. */
  settle(): Promise<void>
  /** Packets noted and not written yet. */
  pending(): number
  close(): Promise<void>
}

export function createHostStates(database: Database, clock: Clock, log: Log): HostStates {
  let states = new Map<number, State>()
  let packets = 0
  let lastFlush = Number.NEGATIVE_INFINITY
  let timer: Timer | null = null

  function stateOf(host: number): State {
    let state = states.get(host)
    if (!state) {
      state = { lastHeard: 0, clockSkew: null, latestTime: 0, latest: null, merged: false }
      states.set(host, state)
    }
    return state
  }

  /** Takes what there is first: should the writing fail, the hosts' next packets put it right. */
  async function write(transaction: Transaction) {
    const taken = states
    const heard = packets
    clear()
    lastFlush = clock.monotonicMs()
    // In the order of the table, so that each of its pages is visited once.
    for (const host of [...taken.keys()].sort((a, b) => a - b)) {
      const state = taken.get(host)
      if (state) await writeState(transaction, host, state)
    }
    await addToCounter(transaction, 'revision', heard)
  }

  function clear() {
    states = new Map()
    packets = 0
    timer?.cancel()
    timer = null
  }

  async function settle() {
    if (packets === 0) return
    await database.transaction(async (transaction) => {
      if (packets > 0) await write(transaction)
    })
  }

  return {
    noteHeard(host, heard, clockSkew) {
      packets++
      const state = stateOf(host)
      if (heard < state.lastHeard) return
      state.lastHeard = heard
      state.clockSkew = clockSkew
    },
    noteFrame(host, time, packed) {
      const state = stateOf(host)
      if (time < state.latestTime) return
      if (time === state.latestTime && state.latest) state.merged = true
      state.latestTime = time
      state.latest = packed
    },
    noteMerge(host, time) {
      const state = stateOf(host)
      if (time === state.latestTime) state.merged = true
    },
    async flushIfDue(transaction) {
      if (packets > 0 && clock.monotonicMs() - lastFlush >= FLUSH_MS) await write(transaction)
    },
    committed() {
      if (packets === 0 || timer) return
      timer = clock.after(Math.max(0, FLUSH_MS - (clock.monotonicMs() - lastFlush)), () => {
        timer = null
        settle().catch((error) => log.warn('host states were not written', { error: describeError(error) }))
      })
    },
    forget: clear,
    settle,
    pending: () => packets,
    async close() {
      await settle()
      timer?.cancel()
    },
  }
}

async function writeState(transaction: Transaction, host: number, state: State) {
  const { lastHeard, clockSkew, latestTime } = state
  const latest = state.merged
    ? ((await readFrame(transaction, latestTime, host)) ?? state.latest)
    : state.latest
  if (!latest) {
    await transaction.run(
      `UPDATE host SET clock_skew = CASE WHEN last_heard <= ? THEN ? ELSE clock_skew END,
        last_heard = CASE WHEN last_heard < ? THEN ? ELSE last_heard END WHERE id = ?`,
      [lastHeard, clockSkew, lastHeard, lastHeard, host],
    )
    return
  }
  // In this order, because MySQL uses a column's new value further right, SQLite its old one.
  await transaction.run(
    `UPDATE host SET clock_skew = CASE WHEN last_heard <= ? THEN ? ELSE clock_skew END,
      last_heard = CASE WHEN last_heard < ? THEN ? ELSE last_heard END,
      latest = CASE WHEN latest_time <= ? THEN ? ELSE latest END,
      latest_time = CASE WHEN latest_time < ? THEN ? ELSE latest_time END WHERE id = ?`,
    [lastHeard, clockSkew, lastHeard, lastHeard, latestTime, latest, latestTime, latestTime, host],
  )
}

async function readFrame(transaction: Transaction, time: number, host: number): Promise<Uint8Array | null> {
  for (const table of FRAME_TABLES) {
    const [row] = await transaction.query<{ packed: Uint8Array }>(
      `SELECT packed FROM ${table} WHERE time = ? AND host = ?`,
      [time, host],
    )
    if (row) return row.packed
  }
  return null
}
