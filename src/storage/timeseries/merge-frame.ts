import { ValueRefusedError } from '../database/content-error.ts'
import type { Transaction } from '../database/database.ts'
import { DamageError } from './codec/checksum.ts'
import { openFrame, readMetricSet, unpackFrame } from './codec/frame.ts'
import { FramePacker } from './codec/pack-frame.ts'
import { dayOf } from './day.ts'
import type { FrameTable } from './frames.ts'
import { type MetricSetReader, type MetricSetWriter, saveHostMetricSet } from './metric-sets.ts'

/**
 * Merges `packed` into the frame held for that time and host, metric by metric: a value in `packed` wins, a
 * null leaves the held one. A held frame that is damaged is replaced. Rare (the same frame sent twice, or one
 * time in two packets), so it may be slow. Null when they were the same; otherwise the number of values that
 * both had and that are now stored only once. Rejects with a `ValueRefusedError` when no frame is
 * held, because then `packed` was not stored.
 */
export async function mergeFrame(
  transaction: Transaction,
  table: FrameTable,
  {
    time,
    host,
    packed,
    writer,
    reader,
  }: {
    readonly time: number
    readonly host: number
    readonly packed: Uint8Array
    readonly writer: MetricSetWriter
    readonly reader: MetricSetReader
  },
): Promise<number | null> {
  const [held] = await transaction.query<{ packed: Uint8Array }>(
    `SELECT packed FROM ${table} WHERE time = ? AND host = ? ${transaction.dialect.forUpdate}`,
    [time, host],
  )
  if (!held)
    throw new ValueRefusedError(`${table} has no frame of host ${host} at ${time}, and did not take it`)
  if (sameBytes(held.packed, packed)) return null
  const added = openFrame(packed, time, host)
  const before = tryOpenFrame(held.packed, time, host)
  if (before && sameBytes(before, added)) return null
  const frames = before ? [before, added] : [added]
  await reader.load(
    transaction,
    frames.map((frame) => readMetricSet(frame)),
  )
  const union = merge(frames, reader)
  const names = [...union.keys()]
  // The first metric set matches when nothing was added: Map keeps the order of insertion.
  const oldMetricSet = readMetricSet(before ?? added)
  const metricSet =
    names.length === reader.names(oldMetricSet).length
      ? oldMetricSet
      : (await writer.save(transaction, names)).id
  const values = [...union.values()]
  const packer = new FramePacker()
  const result = packer.pack({ time, values }, host, { id: metricSet, metrics: values, columns: null })
  if (sameBytes(held.packed, result)) return 0
  if (metricSet !== oldMetricSet) await saveHostMetricSet(transaction, host, metricSet, dayOf(time))
  await transaction.run(`UPDATE ${table} SET samples = ?, packed = ? WHERE time = ? AND host = ?`, [
    packer.samples,
    result,
    time,
    host,
  ])
  return frames.reduce((sum, frame) => sum + countSamples(frame, reader), 0) - packer.samples
}

function countSamples(frame: Uint8Array, reader: MetricSetReader): number {
  const { values } = unpackFrame(frame, (id) => reader.names(id).length)
  return values.reduce<number>((sum, value) => (value === null ? sum : sum + 1), 0)
}

function tryOpenFrame(packed: Uint8Array, time: number, host: number): Uint8Array | null {
  try {
    return openFrame(packed, time, host)
  } catch (error) {
    if (error instanceof DamageError) return null
    throw error
  }
}

function merge(frames: readonly Uint8Array[], reader: MetricSetReader): Map<string, number | null> {
  const union = new Map<string, number | null>()
  for (const frame of frames) {
    const { metricSet, values } = unpackFrame(frame, (id) => reader.names(id).length)
    reader.names(metricSet).forEach((name, i) => {
      const value = values[i] ?? null
      if (value !== null || (frame === frames[0] && !union.has(name))) union.set(name, value)
    })
  }
  return union
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
