import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import type { Clock, Timer } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'

/** In the data folder, for `monitor health agent`. */
export const DELIVERY_STATUS_FILE = 'agent-status.json'

/** How the agent's deliveries were at one moment. */
export type DeliveryStatus = {
  /** Seconds since 1970, by the clock of the machine. */
  readonly time: number
  /** Whole seconds that the agent had run. */
  readonly running: number
  /** Whole seconds since a server last acknowledged anything, over restarts; null when none ever has. */
  readonly acknowledgedAgo: number | null
  /** Samples and events in the queue. */
  readonly waiting: number
  /** Why the newest delivery failed; null when the newest one succeeded. */
  readonly failure: string | null
}

/** The sender's knowledge of its deliveries. */
export type Deliveries = {
  /** By the monotonic clock; null when nothing was acknowledged since the start. */
  readonly acknowledgedAtMs: number | null
  readonly failure: string | null
}

export type StatusOptions = {
  readonly file: string
  readonly deliveries: () => Deliveries
  readonly countWaiting: () => number
  /** Seconds between two cycles. */
  readonly interval: number
  readonly clock: Clock
  readonly log: Log
}

/** Two writes are at least so far apart: a backlog is acknowledged many times a second. */
const WRITE_EVERY_MS = 8000
/** What is noted and not written by then has a timer of its own; before, the next acknowledgement writes it. */
const PATIENCE_MS = 2000
/** That the agent runs is written at least so often, also where cycles are further apart. */
const LONGEST_PATIENCE_MS = 60_000

export type DeliveryStatusFile = {
  /** The deliveries are others than before. */
  note(): void
  /** The agent runs: it is noted with the next delivery, or within an interval. */
  noteCycle(): void
  stop(): void
}

/** Keeps the file up to date. Never throws: a full disk must not stop the agent. */
export function keepDeliveryStatus(options: StatusOptions): DeliveryStatusFile {
  const { file, clock, log } = options
  const startedMs = clock.monotonicMs()
  const cycleMs = Math.min(options.interval * 1000, LONGEST_PATIENCE_MS)
  const before = readDeliveryStatus(file)
  const agoAtStart =
    before === null || before.acknowledgedAgo === null
      ? null
      : before.acknowledgedAgo + Math.max(0, clock.now() - before.time)
  let writtenMs = Number.NEGATIVE_INFINITY
  let timer: Timer | null = null
  let dueMs = Number.POSITIVE_INFINITY
  let isFailing = false
  /** Bytes in the file; 0 when it is not known to be ours. */
  let writtenBytes = 0

  function write() {
    timer?.cancel()
    dueMs = Number.POSITIVE_INFINITY
    const nowMs = clock.monotonicMs()
    writtenMs = nowMs
    const running = Math.round((nowMs - startedMs) / 1000)
    const { acknowledgedAtMs, failure } = options.deliveries()
    const sinceStart = acknowledgedAtMs === null ? null : Math.round((nowMs - acknowledgedAtMs) / 1000)
    const status: DeliveryStatus = {
      time: clock.now(),
      running,
      acknowledgedAgo: sinceStart ?? (agoAtStart === null ? null : agoAtStart + running),
      waiting: options.countWaiting(),
      failure,
    }
    try {
      const text = JSON.stringify(status)
      const bytes = Buffer.byteLength(text)
      // Spaces cover what was longer, of which a character may have taken several bytes.
      const spaces = ' '.repeat(Math.max(0, writtenBytes - bytes))
      if (writtenBytes > 0 && overwrite(file, text + spaces)) writtenBytes = bytes + spaces.length
      else {
        replace(file, text)
        writtenBytes = bytes
      }
      isFailing = false
    } catch (error) {
      writtenBytes = 0
      if (!isFailing)
        log.warn("monitor health can't be told how sending goes", { error: describeError(error) })
      isFailing = true
    }
  }

  const countLeftMs = () => Math.max(0, writtenMs + WRITE_EVERY_MS - clock.monotonicMs())

  function writeWithin(ms: number) {
    const wantedMs = clock.monotonicMs() + ms
    if (wantedMs >= dueMs) return
    timer?.cancel()
    dueMs = wantedMs
    timer = clock.after(ms, write)
  }

  return {
    note() {
      if (countLeftMs() === 0) write()
      else writeWithin(countLeftMs() + PATIENCE_MS)
    },
    noteCycle: () => writeWithin(Math.max(countLeftMs() + PATIENCE_MS, cycleMs)),
    stop() {
      write()
    },
  }
}

function replace(file: string, text: string) {
  const draft = `${file}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, file)
}

/**
 * Writes in place, by one call: what takes the place of a file costs the filesystem much more. False when the file is
 * gone.
 */
function overwrite(file: string, text: string): boolean {
  let handle: number
  try {
    handle = openSync(file, 'r+')
  } catch {
    return false
  }
  try {
    writeSync(handle, text, 0)
  } finally {
    closeSync(handle)
  }
  return true
}

/** Null when there is no such file, or when its content is not a status. */
export function readDeliveryStatus(file: string): DeliveryStatus | null {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isDeliveryStatus(found) ? found : null
  } catch {
    return null
  }
}

function isDeliveryStatus(value: unknown): value is DeliveryStatus {
  if (typeof value !== 'object' || value === null) return false
  const { time, running, acknowledgedAgo, waiting, failure } = value as Partial<DeliveryStatus>
  return (
    typeof time === 'number' &&
    typeof running === 'number' &&
    typeof waiting === 'number' &&
    (acknowledgedAgo === null || typeof acknowledgedAgo === 'number') &&
    (failure === null || typeof failure === 'string')
  )
}
