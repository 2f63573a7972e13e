import type { Reader, Value } from '../database/database.ts'
import { readMetricSet, unpackColumns } from '../timeseries/codec/frame.ts'
import { openLatest } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'

/** Sorts of hosts by a value of their newest frames, which no index has. */
export const VALUE_SORTS = {
  processor: 'perf.processor.percent.used',
  memory: 'perf.memory.percent.used',
} as const

type Packed = { readonly id: number; readonly latest_time: number; readonly latest: Uint8Array | null }

/**
 * Ids of a page of the hosts that fit, by the newest value of a metric; those without one come last. Reads
 * one column of each newest frame: some 20 ms of processor time for ten thousand hosts, where an index would
 * cost at every packet.
 */
export async function orderByValue(
  reader: Reader,
  metricSets: MetricSetReader,
  condition: { readonly sql: string; readonly values: readonly Value[] },
  metric: string,
  page: { readonly isDescending: boolean; readonly limit: number; readonly offset: number },
): Promise<number[]> {
  const [known] = await reader.query<{ id: number }>('SELECT id FROM metric WHERE name = ?', [metric])
  const packed = await reader.query<Packed>(
    `SELECT id, latest_time, latest FROM host ${condition.sql} ORDER BY name`,
    condition.values,
  )
  const rows = packed.map((row) => ({ id: row.id, latest: openLatest(row) }))
  await metricSets.load(
    reader,
    new Set(rows.flatMap(({ latest }) => (latest ? [readMetricSet(latest)] : []))),
  )
  const worst = page.isDescending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const valued = rows.map(({ id, latest }) => {
    const column = latest && known ? metricSets.column(readMetricSet(latest), known.id) : -1
    const value = latest && column >= 0 ? unpackColumns(latest, [column])[0] : null
    return { id, value: value ?? worst }
  })
  // Hosts of one value stay in the order of their names.
  const sign = page.isDescending ? -1 : 1
  valued.sort((a, b) => (a.value === b.value ? 0 : sign * (a.value - b.value)))
  return valued.slice(page.offset, page.offset + page.limit).map(({ id }) => id)
}
