import { isDiskUse } from '../../domain/hosts/filesystems.ts'
import type { Reader, Value } from '../database/database.ts'
import { ColumnReader, readMetricSet } from '../timeseries/codec/frame.ts'
import { openLatest } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'

/** The metrics of a sort, and what of several values of a host counts. */
type ValueSort = {
  readonly isWanted: (metric: string) => boolean
  readonly take: (values: readonly number[]) => number
}

const greatest = (values: readonly number[]) => Math.max(...values)

/** Sorts of hosts by a value of their newest frames, which no index has. */
export const VALUE_SORTS = {
  processor: { isWanted: (metric) => metric === 'perf.processor.percent.used', take: greatest },
  memory: { isWanted: (metric) => metric === 'perf.memory.percent.used', take: greatest },
  disk: { isWanted: isDiskUse, take: greatest },
  network: {
    isWanted: (metric) => metric === 'perf.network.bytes.received' || metric === 'perf.network.bytes.sent',
    take: (values) => values.reduce((sum, value) => sum + value, 0),
  },
} as const satisfies Record<string, ValueSort>

export const isValueSort = (sort: string): sort is keyof typeof VALUE_SORTS => sort in VALUE_SORTS

type Packed = { readonly id: number; readonly latest_time: number; readonly latest: Uint8Array | null }

/**
 * Ids of a page of the matching hosts, by the newest value of a metric, or by a value computed from several;
 * hosts without one come last. Reads those columns of each newest frame: some 8 ms of processor time for ten
 * thousand hosts, where an index would add a cost to every packet.
 */
export async function orderByValue(
  reader: Reader,
  metricSets: MetricSetReader,
  { isWanted, take }: ValueSort,
  {
    condition,
    page,
  }: {
    readonly condition: { readonly sql: string; readonly values: readonly Value[] }
    readonly page: SortedPage
  },
): Promise<number[]> {
  const packed = await reader.query<Packed>(
    `SELECT id, latest_time, latest FROM host ${condition.sql} ORDER BY name_order, id`,
    condition.values,
  )
  const rows = packed.map((row) => ({ id: row.id, latest: openLatest(row) }))
  await metricSets.load(
    reader,
    new Set(rows.flatMap(({ latest }) => (latest ? [readMetricSet(latest)] : []))),
  )
  const readers = new Map<number, ColumnReader>()
  /** Where a metric set has them: hosts are many, their metric sets few. */
  const readerOf = (metricSet: number): ColumnReader => {
    let found = readers.get(metricSet)
    if (!found) {
      const names = metricSets.names(metricSet)
      found = new ColumnReader(names.flatMap((name, column) => (isWanted(name) ? [column] : [])))
      readers.set(metricSet, found)
    }
    return found
  }
  const worst = page.isDescending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const values = Float64Array.from(rows, ({ latest }) => {
    if (!latest) return worst
    const reader = readerOf(readMetricSet(latest))
    reader.read(latest)
    const known = [...reader.values].filter((_, i) => reader.isThere[i] === 1)
    return known.length === 0 ? worst : take(known)
  })
  return pickPage(values, page).map((row) => rows[row]?.id ?? 0)
}

type SortedPage = { readonly isDescending: boolean; readonly limit: number; readonly offset: number }

/**
 * Places of the values of a page, in the order of the values; equal ones stay in their order. Sorts the bare
 * numbers, and then only about as many places as the page has: sorting all places by a function takes several
 * times as long.
 */
export function pickPage(values: Float64Array, { isDescending, limit, offset }: SortedPage): number[] {
  const sign = isDescending ? -1 : 1
  const sorted = values.map((value) => sign * value).sort()
  const first = sorted[offset]
  const last = sorted[Math.min(offset + limit, sorted.length) - 1]
  if (first === undefined || last === undefined || limit <= 0) return []
  const near: { readonly place: number; readonly value: number }[] = []
  let before = 0
  for (const [place, own] of values.entries()) {
    const value = sign * own
    if (value < first) before++
    else if (value <= last) near.push({ place, value })
  }
  near.sort((a, b) => (a.value === b.value ? a.place - b.place : a.value - b.value))
  return near.slice(offset - before, offset - before + limit).map(({ place }) => place)
}
