import { isDiskUse } from '../../domain/hosts/filesystems.ts'
import type { Reader, Value } from '../database/database.ts'
import { readMetricSet, unpackColumns } from '../timeseries/codec/frame.ts'
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
 * Ids of a page of the hosts that fit, by the newest value of a metric, or by what counts of several; those without
 * one come last. Reads those columns of each newest frame: some 20 ms of processor time for ten thousand hosts,
 * where an index would cost at every packet.
 */
export async function orderByValue(
  reader: Reader,
  metricSets: MetricSetReader,
  condition: { readonly sql: string; readonly values: readonly Value[] },
  { isWanted, take }: ValueSort,
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
    return { id, value: known.length > 0 ? take(known) : worst }
  })
  // Hosts of one value stay in the order of their names.
  const sign = page.isDescending ? -1 : 1
  valued.sort((a, b) => (a.value === b.value ? 0 : sign * (a.value - b.value)))
  return valued.slice(page.offset, page.offset + page.limit).map(({ id }) => id)
}
