import { isDiskUse } from '../../domain/hosts/filesystems.ts'
import type { Reader, Value } from '../database/database.ts'
import { readMetricSet, unpackColumns } from '../timeseries/codec/frame.ts'
import { openLatest } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'

/** Sorts of hosts by a value of their newest frames, which no index has. */
export const VALUE_SORTS = {
  processor: (metric: string) => metric === 'perf.processor.percent.used',
  memory: (metric: string) => metric === 'perf.memory.percent.used',
  disk: isDiskUse,
} as const

type Packed = { readonly id: number; readonly latest_time: number; readonly latest: Uint8Array | null }

/**
 * Ids of a page of the hosts that fit, by the newest value of a metric, or by the greatest of several; those without
 * one come last. Reads those columns of each newest frame: some 20 ms of processor time for ten thousand hosts,
 * where an index would cost at every packet.
 */
export async function orderByValue(
  reader: Reader,
  metricSets: MetricSetReader,
  condition: { readonly sql: string; readonly values: readonly Value[] },
  isWanted: (metric: string) => boolean,
  page: { readonly isDescending: boolean; readonly limit: number; readonly offset: number },
): Promise<number[]> {
  const packed = await reader.query<Packed>(
    `SELECT id, latest_time, latest FROM host ${condition.sql} ORDER BY name_order, name`,
    condition.values,
  )
  const rows = packed.map((row) => ({ id: row.id, latest: openLatest(row) }))
  await metricSets.load(
    reader,
    new Set(rows.flatMap(({ latest }) => (latest ? [readMetricSet(latest)] : []))),
  )
  const columns = new Map<number, number[]>()
  /** Where a metric set has them: hosts are many, their metric sets few. */
  const columnsOf = (metricSet: number): readonly number[] => {
    let found = columns.get(metricSet)
    if (!found) {
      found = metricSets.names(metricSet).flatMap((name, column) => (isWanted(name) ? [column] : []))
      columns.set(metricSet, found)
    }
    return found
  }
  const worst = page.isDescending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const valued = rows.map(({ id, latest }) => {
    const values = latest ? unpackColumns(latest, columnsOf(readMetricSet(latest))) : []
    const known = values.filter((value) => value !== null)
    return { id, value: known.length > 0 ? Math.max(...known) : worst }
  })
  // Hosts of one value stay in the order of their names.
  const sign = page.isDescending ? -1 : 1
  valued.sort((a, b) => (a.value === b.value ? 0 : sign * (a.value - b.value)))
  return valued.slice(page.offset, page.offset + page.limit).map(({ id }) => id)
}
