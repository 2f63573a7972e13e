import type { NumberRange } from '../domain/audit/number-ranges.ts'
import type { ReceivedNumbers } from '../domain/audit/received-numbers.ts'
import type { EventReport } from '../domain/event.ts'
import type { HostFacts } from '../domain/hosts/host.ts'
import type { Frame } from '../domain/sample.ts'
import { readEvents } from './event-report.ts'
import {
  isFields,
  type JsonMembers,
  MAX_TIME_AHEAD,
  readAnyTime,
  readFacts,
  readHost,
  readNumber,
} from './field.ts'
import {
  MAX_BATCH_EVENTS,
  MAX_BATCH_FRAMES,
  MAX_FORMER_NAMES,
  MAX_KEY_LENGTH,
  MAX_METRIC_SETS,
  MAX_METRICS,
  MIN_KEY_LENGTH,
} from './message.ts'
import { MAX_CONNECTION_NAMES, type MetricSetTable } from './metric-set-table.ts'
import type { NameList, NameLists } from './names.ts'
import { type ReadQueueIdentity, readBatchNumbers, readNumbers, readQueueIdentity } from './numbering.ts'
import { ProtocolError } from './protocol-error.ts'
import { Tally } from './rejection-tally.ts'
import { readThresholds } from './thresholds.ts'

/** A batch as it is handed to storage, with what had to be left out. */
export type ReceivedBatch = {
  readonly id: number
  readonly host: string
  /** Null when the batch does not repeat it. */
  readonly key: string | null
  /** Names that the machine had before, the newest first; empty when the batch does not repeat them. */
  readonly formerNames: readonly string[]
  readonly clock: number | null
  readonly facts: HostFacts | null
  readonly frames: readonly Frame[]
  readonly events: readonly EventReport[]
  /** All open events of the agent; null when the batch does not list them. */
  readonly open: readonly EventReport[] | null
  /** It has nothing to store but what the host is. */
  readonly isGreeting: boolean
  /** Which queue the agent sends from; null when the batch does not repeat it. */
  readonly queue: ReadQueueIdentity | null
  /** Null when the agent does not number what it sends. */
  readonly numbers: ReceivedNumbers | null
  readonly refused: Tally
  /**
   * Frames left out because they are from the future by our clock. The sender keeps them: one of the clocks
   * is wrong.
   */
  readonly later: number
}

/**
 * Reads one batch of our dialect. Throws a ProtocolError for a batch that is refused as a whole; single
 * invalid values, frames and events are left out and counted. `now` is the server's clock.
 */
export function readBatch(
  fields: JsonMembers,
  layouts: MetricSetTable,
  nameLists: NameLists,
  now: number,
): ReceivedBatch {
  const id = readId(fields.id)
  const host = readHost(fields.host)
  const rows = readList(fields.frames, MAX_BATCH_FRAMES, 'frames', id)
  const events = readList(fields.events, MAX_BATCH_EVENTS, 'events', id)
  const openRows =
    fields.open === undefined ? null : readList(fields.open, MAX_BATCH_EVENTS, 'open events', id)
  const tally = new Tally()
  const list = readMetricSet(fields, layouts, nameLists, id)
  if (rows.length > 0 && list === undefined)
    throw new ProtocolError('layout', 'the layout is not known on this connection', id, true)
  const clock = fields.clock === undefined ? Number.NaN : Math.floor(readNumber(fields.clock))
  const rowNumbers = readNumbers(fields.numbers, rows.length)
  const numbered = readBatchNumbers(fields, events.length, rowNumbers, tally)
  if (numbered !== null && rowNumbers === null) tally.refuse('number')
  const { frames, later, numbers, emptied } =
    list === undefined || rows.length === 0
      ? NO_FRAMES
      : readFrames({ rows, numbers: rowNumbers, list, now }, tally)
  return {
    id,
    host,
    key: fields.key === undefined ? null : readKey(fields.key),
    formerNames: readFormerNames(fields.was),
    clock: Number.isSafeInteger(clock) ? clock : null,
    facts: fields.facts === undefined ? null : readFactsOfBatch(fields.facts, tally),
    frames,
    events: events.length === 0 ? NOTHING : readEvents(events, tally),
    open: openRows === null ? null : readEvents(openRows, tally),
    isGreeting: isOpening(fields) && rows.length + events.length === 0 && openRows === null,
    queue: fields.queue === undefined ? null : readQueueIdentity(fields.queue),
    numbers:
      numbered === null
        ? null
        : {
            frames: numbers,
            others: emptied.length === 0 ? numbered.others : [...numbered.others, ...emptied],
            waiting: numbered.waiting,
            lost: numbered.lost,
          },
    refused: tally,
    later,
  }
}

/** Passphrase and key come in the first batch of a connection only. */
const isOpening = ({ passphrase, key }: JsonMembers) => passphrase !== undefined || key !== undefined

function readFactsOfBatch(value: unknown, tally: Tally): HostFacts | null {
  const facts = readFacts(value, tally)
  const thresholds = isFields(value) ? readThresholds(value.thresholds, tally) : null
  return facts === null || thresholds === null ? facts : { ...facts, thresholds }
}

/** Throws when the object is not of the version that we speak. */
export function checkVersion(fields: JsonMembers): void {
  if (fields.v !== 1) throw new ProtocolError('version', 'only version 1 is spoken here')
}

function readId(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ProtocolError('malformed', 'the id is missing or not a whole number')
}

/** Throws a ProtocolError when it is not a key. */
export function readKey(value: unknown): string {
  if (typeof value === 'string' && value.length >= MIN_KEY_LENGTH && value.length <= MAX_KEY_LENGTH)
    return value
  throw new ProtocolError('malformed', `the key has not ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} characters`)
}

/** Throws a ProtocolError when these are not host names. */
export function readFormerNames(value: unknown): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > MAX_FORMER_NAMES)
    throw new ProtocolError('malformed', `was is not a list of at most ${MAX_FORMER_NAMES} names`)
  return value.map(readHost)
}

function readList(value: unknown, most: number, what: string, id: number): readonly unknown[] {
  if (value === undefined || value === null) return NOTHING
  if (!Array.isArray(value)) throw new ProtocolError('malformed', `${what} is not a list`, id)
  if (value.length > most) throw new ProtocolError('limit', `more than ${most} ${what}`, id)
  return value
}

function readMetricSet(
  fields: JsonMembers,
  layouts: MetricSetTable,
  nameLists: NameLists,
  id: number,
): NameList | undefined {
  const { layout, metrics } = fields
  if (layout === undefined && metrics === undefined) return undefined
  if (typeof layout !== 'number' || !Number.isInteger(layout) || layout < 0 || layout >= MAX_METRIC_SETS)
    throw new ProtocolError('limit', `the layout is not a number from 0 to ${MAX_METRIC_SETS - 1}`, id)
  if (metrics === undefined) return layouts.find(layout)
  const names = readList(metrics, MAX_METRICS, 'metrics', id)
  if (!areStrings(names)) throw new ProtocolError('malformed', 'a metric name is not a string', id)
  const list = nameLists.intern(names)
  // A new connection starts with no names, so trying again there helps: null closes this one.
  if (!layouts.set(layout, list))
    throw new ProtocolError('limit', `more than ${MAX_CONNECTION_NAMES} names on a connection`, null, true)
  return list
}

const areStrings = (names: readonly unknown[]): names is readonly string[] =>
  names.every((name) => typeof name === 'string')

type ReadFrames = {
  readonly frames: readonly Frame[]
  /** Of each frame, where the rows have numbers. */
  readonly numbers: readonly number[]
  /** Numbers of rows of which nothing is left. */
  readonly emptied: readonly NumberRange[]
  readonly later: number
}

const NOTHING: readonly never[] = []
const NO_FRAMES: ReadFrames = { frames: [], numbers: [], emptied: [], later: 0 }

type BatchRows = {
  readonly rows: readonly unknown[]
  readonly numbers: readonly number[] | null
  readonly list: NameList
  readonly now: number
}

function readFrames({ rows, numbers, list, now }: BatchRows, tally: Tally): ReadFrames {
  // Nearly every batch has one frame, which is taken.
  const only = rows.length === 1 ? readFrame(rows[0], list, now, tally) : null
  if (only !== null && only !== LATER)
    return { frames: [only], numbers: numbers ?? NOTHING, emptied: NOTHING, later: 0 }
  const frames: Frame[] = []
  const kept: number[] = []
  const emptied: NumberRange[] = []
  let later = 0
  for (let i = 0; i < rows.length; i++) {
    const frame = rows.length === 1 ? only : readFrame(rows[i], list, now, tally)
    const number = numbers?.[i]
    if (frame === LATER) later++
    else if (frame !== null) {
      frames.push(frame)
      if (number !== undefined) kept.push(number)
    } else if (number !== undefined) emptied.push({ first: number, last: number })
  }
  return { frames, numbers: kept, emptied, later }
}

const LATER = Symbol('from the future')

/** Null when nothing of it can be stored, now or later. */
function readFrame(row: unknown, list: NameList, now: number, tally: Tally): Frame | typeof LATER | null {
  if (!Array.isArray(row) || row.length > list.width + 1) {
    tally.refuse('frame')
    return null
  }
  const time = readAnyTime(row[0])
  if (time < 0) {
    tally.refuse('time')
    return null
  }
  if (time > now + MAX_TIME_AHEAD) return LATER
  const values = list.columns === null ? row.slice(1) : pickColumns(row, list.columns, list.refused, tally)
  return readValues(values, list.metrics.length, tally) ? { time, metrics: list.metrics, values } : null
}

function pickColumns(
  row: readonly unknown[],
  columns: readonly number[],
  refused: readonly number[],
  tally: Tally,
): unknown[] {
  for (const column of refused)
    if (row[column + 1] !== null && row[column + 1] !== undefined) tally.refuse('name')
  return columns.map((column) => row[column + 1])
}

/** Turns `values` into `width` numbers or nulls, in place; false when there is not one number among them. */
function readValues(values: unknown[], width: number, tally: Tally): values is (number | null)[] {
  let isEmpty = true
  for (let i = 0; i < width; i++) {
    const value = values[i]
    // The difference of a number with itself is 0 for finite ones only.
    if (typeof value === 'number' && value - value === 0) {
      isEmpty = false
      continue
    }
    if (value === null || value === undefined) {
      values[i] = null
      continue
    }
    const number = readNumber(value)
    if (Number.isNaN(number)) {
      tally.refuse('value')
      values[i] = null
    } else {
      values[i] = number
      isEmpty = false
    }
  }
  return !isEmpty
}
