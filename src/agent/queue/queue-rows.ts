import type { Loss } from '../../domain/audit/loss.ts'
import type { QueuedMetricSet } from './metric-set-registry.ts'
import type { SampledRange } from './sampled-ranges.ts'

export const ITEM_KINDS = ['frame', 'event'] as const
export type ItemKind = (typeof ITEM_KINDS)[number]

/**
 * The waiting items. Ids grow in the order of sending and are never used twice: the server counts by them.
 */
export type Item = {
  readonly id: number
  readonly kind: ItemKind
  /** Seconds since 1970. */
  readonly time: number
  /** Of a frame: whose names its columns have. */
  readonly metricSet: number | null
  /** JSON as it goes on the wire: of a frame the row `[time, value, …]`, of an event its report. */
  readonly body: string
}

/** Items that were dropped or lost since the queue was made, also when its file had to be replaced. */
export type QueueTotals = {
  /** For want of room or for their age. */
  readonly dropped: number
  /** Of those, for their age. */
  readonly aged: number
  readonly refused: number
  /** Lost because the file was damaged or gone. */
  readonly damaged: number
}

export const NO_TOTALS: QueueTotals = { dropped: 0, aged: 0, refused: 0, damaged: 0 }

export type QueueState = {
  readonly length: number
  readonly bytes: number
  /** The lowest id in it; null when it is empty. */
  readonly firstId: number | null
  /** The highest id that was ever given, as far as the file knows; 0 when none ever was. */
  readonly newest: number
  /** Null in a file that is new or from before queues were numbered. */
  readonly generation: string | null
  /** True when the queue was closed properly: its content is complete. */
  readonly isClean: boolean
  readonly totals: QueueTotals
  readonly losses: readonly Loss[]
  readonly spans: readonly SampledRange[]
  /** The newest one; null when there is none. */
  readonly lastMetricSet: QueuedMetricSet | null
  /** As it was written last; null when none ever was. */
  readonly thresholds: string | null
}

/** `crc` is null in rows of an agent that wrote none. */
export type ItemRow = {
  id: number
  kind: number
  time: number
  metricSet: number | null
  body: string
  crc: number | null
}

/** The size of an item in the bound on bytes: its text and about what SQLite adds to a row. */
export const sizeOf = (item: Item) => item.body.length + 40

export const checksumOf = ({ id, kind, time, metricSet, body }: Omit<ItemRow, 'crc'>) =>
  Bun.hash.crc32(`${id} ${kind} ${time} ${metricSet} ${body}`)

export const checksumOfNames = (id: number, metrics: string) => Bun.hash.crc32(`${id} ${metrics}`)

/** Null when the row is not what was written: its checksum or its JSON is wrong. */
export function readItem({ crc, ...row }: ItemRow): Item | null {
  const kind = ITEM_KINDS[row.kind]
  if (kind === undefined) return null
  if (crc === null ? !isJson(row.body) : crc !== checksumOf(row)) return null
  return { ...row, kind }
}

/** Null when the row is not what was written. */
export function readNames({ id, metrics, crc }: { id: number; metrics: string; crc: number | null }) {
  if (crc !== null && crc !== checksumOfNames(id, metrics)) return null
  return isJson(metrics) ? (JSON.parse(metrics) as readonly string[]) : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
