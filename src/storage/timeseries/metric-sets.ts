import type { Reader, Transaction } from '../database/database.ts'
import { createByteWriter, readVarint } from './codec/bytes.ts'

/** A list of metrics that frames share. */
export type MetricSet = {
  readonly id: number
  /** Ids of the metrics, none twice, in the order of a frame's values. */
  readonly metrics: readonly number[]
  /** Where in the sender's list each of `metrics` stands; null when they stand one for one. */
  readonly columns: readonly number[] | null
}

/** Lists remembered by content. Beyond that they are looked up in the database again. */
const MAX_REMEMBERED = 20_000

/** Gives lists of metric names their ids, when frames are written. */
export type MetricSetWriter = {
  /** Null when the list was not met before: then `save` it. */
  recall(metrics: readonly string[]): MetricSet | null
  save(transaction: Transaction, metrics: readonly string[]): Promise<MetricSet>
  /** After a rollback, or when another process has deleted metric sets. */
  forget(): void
}

export function createMetricSetWriter(): MetricSetWriter {
  let byIdentity = new WeakMap<readonly string[], MetricSet>()
  const byDigest = new Map<string, MetricSet>()
  const metricIds = new Map<string, number>()

  async function saveMetric(transaction: Transaction, name: string): Promise<number> {
    const known = metricIds.get(name)
    if (known !== undefined) return known
    const [row] = await transaction.query<{ id: number }>('SELECT id FROM metric WHERE name = ?', [name])
    const id = row?.id ?? (await transaction.insert('INSERT INTO metric (name) VALUES (?)', [name]))
    if (metricIds.size >= MAX_REMEMBERED) metricIds.clear()
    metricIds.set(name, id)
    return id
  }

  async function saveContent(transaction: Transaction, names: readonly string[], digest: string) {
    const metrics: number[] = []
    for (const name of names) metrics.push(await saveMetric(transaction, name))
    const [row] = await transaction.query<{ id: number }>('SELECT id FROM metric_set WHERE digest = ?', [
      digest,
    ])
    const id =
      row?.id ??
      (await transaction.insert('INSERT INTO metric_set (digest, metrics) VALUES (?, ?)', [
        digest,
        packMetrics(metrics),
      ]))
    return { id, metrics }
  }

  return {
    recall: (metrics) => byIdentity.get(metrics) ?? null,
    async save(transaction, metrics) {
      const columns = listColumns(metrics)
      const names = columns ? columns.map((column) => metrics[column] ?? '') : metrics
      const digest = digestNames(names)
      const known = byDigest.get(digest) ?? (await saveContent(transaction, names, digest))
      const metricSet = { id: known.id, metrics: known.metrics, columns }
      if (byDigest.size >= MAX_REMEMBERED) byDigest.clear()
      byDigest.set(digest, metricSet)
      byIdentity.set(metrics, metricSet)
      return metricSet
    },
    forget() {
      byIdentity = new WeakMap()
      byDigest.clear()
      metricIds.clear()
    },
  }
}

/** Knows metric sets and metric names by their ids, when frames are read. What has an id never changes. */
export type MetricSetReader = {
  /** Loads the unknown ones. An id that is not in the database has no metrics. */
  load(reader: Reader, ids: Iterable<number>): Promise<void>
  /** Ids of a loaded metric set's metrics. */
  metrics(id: number): readonly number[]
  /** Column of a metric in a loaded metric set; -1 when it has none. */
  column(id: number, metric: number): number
  /** Names of a loaded metric set's metrics. */
  names(id: number): readonly string[]
}

export function createMetricSetReader(): MetricSetReader {
  const metricSets = new Map<number, { metrics: number[]; columns: Map<number, number>; names: string[] }>()
  const metricNames = new Map<number, string>()

  async function loadName(reader: Reader, id: number): Promise<string> {
    const known = metricNames.get(id)
    if (known !== undefined) return known
    const [row] = await reader.query<{ name: string }>('SELECT name FROM metric WHERE id = ?', [id])
    const name = row?.name ?? ''
    if (metricNames.size >= MAX_REMEMBERED) metricNames.clear()
    metricNames.set(id, name)
    return name
  }

  return {
    async load(reader, ids) {
      if (metricSets.size >= MAX_REMEMBERED) metricSets.clear()
      for (const id of ids) {
        if (metricSets.has(id)) continue
        const [row] = await reader.query<{ metrics: Uint8Array }>(
          'SELECT metrics FROM metric_set WHERE id = ?',
          [id],
        )
        if (!row) continue
        const metrics = unpackMetrics(row.metrics)
        const names: string[] = []
        for (const metric of metrics) names.push(await loadName(reader, metric))
        metricSets.set(id, {
          metrics,
          names,
          columns: new Map(metrics.map((metric, column) => [metric, column])),
        })
      }
    },
    metrics: (id) => metricSets.get(id)?.metrics ?? [],
    column: (id, metric) => metricSets.get(id)?.columns.get(metric) ?? -1,
    names: (id) => metricSets.get(id)?.names ?? [],
  }
}

/** The index of the last occurrence of each name; null when no name occurs twice. */
function listColumns(metrics: readonly string[]): number[] | null {
  const last = new Map(metrics.map((name, column) => [name, column]))
  return last.size === metrics.length ? null : [...last.values()]
}

function digestNames(names: readonly string[]): string {
  return new Bun.CryptoHasher('sha256').update(JSON.stringify(names)).digest('hex')
}

/** Ids of metrics as bytes. */
export function packMetrics(ids: readonly number[]): Uint8Array {
  const writer = createByteWriter()
  for (const id of ids) writer.varint(id)
  return writer.take()
}

export function unpackMetrics(packed: Uint8Array): number[] {
  const cursor = { bytes: packed, at: 0 }
  const ids: number[] = []
  while (cursor.at < packed.length) ids.push(readVarint(cursor))
  return ids
}

/**
 * Notes in the database that the host used the metric set on that day (UTC, counted from 1970). Returns the
 * last day that the row contains then.
 */
export async function saveHostMetricSet(
  transaction: Transaction,
  host: number,
  metricSet: number,
  day: number,
) {
  const values = [day, host, metricSet]
  const [row] = await transaction.query<{ last_day: number }>(
    'SELECT last_day FROM host_metric_set WHERE host = ? AND metric_set = ?',
    [host, metricSet],
  )
  if (!row) {
    await transaction.run('INSERT INTO host_metric_set (last_day, host, metric_set) VALUES (?, ?, ?)', values)
  } else if (row.last_day < day) {
    await transaction.run(
      'UPDATE host_metric_set SET last_day = ? WHERE host = ? AND metric_set = ? AND last_day < ?',
      [...values, day],
    )
  }
  return Math.max(day, row?.last_day ?? day)
}
