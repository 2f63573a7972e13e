import { yieldThread } from '../../lib/yield-thread.ts'
import type { Reader } from '../database/database.ts'
import { findHeldBlock, type HeldBlock, unpackTimes } from './blocks.ts'
import { listOfChunk, openChunk } from './chunks.ts'
import { openFrame, readMetricSet, unpackFrame } from './codec/frame.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { readLateFrames } from './frames.ts'
import type { MetricSetReader } from './metric-sets.ts'

/** Late frames read together. */
const MAX_FRAMES = 1500

/** How far compaction is: frames older than `before` of hosts up to `host` are in their blocks. */
export type Compacted = { readonly before: number; readonly host: number }

type RepeatedSample = { readonly time: number; readonly metric: number }

/**
 * The number of samples of late frames, by host, that are in a block or another frame too: an agent sends
 * again what was not acknowledged, and until compaction merges it, it is in two places. Reads late frames and
 * the blocks that they belong to.
 */
export async function countRepeatedSamples(
  reader: Reader,
  metricSets: MetricSetReader,
  { host: compactHost }: Pick<Compacted, 'host'>,
): Promise<Map<number, number>> {
  const repeated = new Map<number, number>()
  let after = { host: 0, time: -1 }
  for (;;) {
    const behind = reader.dialect.beyond('>', ['host', 'time'], [after.host, after.time])
    const [next] = await reader.query<{ host: number; time: number }>(
      `SELECT host, time FROM late_frame WHERE ${behind.sql} ORDER BY host, time LIMIT 1`,
      behind.values,
    )
    if (!next) return repeated
    const { host, time } = next
    const day = dayOf(time)
    const rows = await readLateFrames(reader, host, {
      from: time,
      to: (day + 1) * DAY_SECONDS - 1,
      limit: MAX_FRAMES,
    })
    const samples = await listSamples(reader, metricSets, host, rows)
    const isInBlock = lookIn(await findHeldBlock(reader, host, day, () => {}))
    let count = samples.filter(isInBlock).length
    // Frames that are being compacted are in both tables for a moment.
    if (compactHost !== -1 && host > compactHost)
      count += await countInFrames(reader, metricSets, host, samples)
    if (count > 0) repeated.set(host, (repeated.get(host) ?? 0) + count)
    after = { host, time: rows.at(-1)?.time ?? time }
    await yieldThread()
  }
}

/** The samples of readable frames. */
async function listSamples(
  reader: Reader,
  metricSets: MetricSetReader,
  host: number,
  rows: readonly { readonly time: number; readonly packed: Uint8Array }[],
): Promise<RepeatedSample[]> {
  const frames = rows.flatMap(({ time, packed }) => {
    try {
      return [{ time, body: openFrame(packed, time, host) }]
    } catch {
      return []
    }
  })
  await metricSets.load(reader, new Set(frames.map(({ body }) => readMetricSet(body))))
  return frames.flatMap(({ time, body }) => {
    const { metricSet, values } = unpackFrame(body, (id) => metricSets.metrics(id).length)
    const metrics = metricSets.metrics(metricSet)
    return metrics.flatMap((metric, i) => ((values[i] ?? null) === null ? [] : [{ time, metric }]))
  })
}

/** Whether a sample is in the block. Decodes times alone, each list once. */
function lookIn(block: HeldBlock | null): (sample: RepeatedSample) => boolean {
  if (block === null) return () => false
  const lists = unpackTimes(block.row.times).map((list) => new Set(list))
  const byMetric = new Map<number, ReadonlySet<number>>()
  for (const [metric, packed] of block.chunks) {
    try {
      const list = lists[listOfChunk(openChunk(packed, block.row, metric))]
      if (list !== undefined) byMetric.set(metric, list)
    } catch {
      // Damaged: the late sample is the only one that can be read.
    }
  }
  return ({ time, metric }) => byMetric.get(metric)?.has(time % DAY_SECONDS) ?? false
}

async function countInFrames(
  reader: Reader,
  metricSets: MetricSetReader,
  host: number,
  samples: readonly RepeatedSample[],
): Promise<number> {
  let count = 0
  for (const time of new Set(samples.map((sample) => sample.time))) {
    const rows = await reader.query<{ time: number; packed: Uint8Array }>(
      'SELECT time, packed FROM frame WHERE time = ? AND host = ?',
      [time, host],
    )
    const metrics = new Set((await listSamples(reader, metricSets, host, rows)).map(({ metric }) => metric))
    count += samples.filter((sample) => sample.time === time && metrics.has(sample.metric)).length
  }
  return count
}

/** Each sample once, however often it was received and in whichever tables it is stored now. */
export async function countSamples(
  reader: Reader,
  metricSets: MetricSetReader,
  compacted: Compacted,
): Promise<number> {
  // Frames that are compacted already but not deleted yet are in their blocks.
  const [row] = await reader.query<{ total: number }>(
    `SELECT (SELECT COALESCE(SUM(samples), 0) FROM frame WHERE NOT (time < ? AND host <= ?))
      + (SELECT COALESCE(SUM(samples), 0) FROM late_frame)
      + (SELECT COALESCE(SUM(samples), 0) FROM block) AS total`,
    [compacted.before, compacted.host],
  )
  const repeated = await countRepeatedSamples(reader, metricSets, compacted)
  return [...repeated.values()].reduce((sum, count) => sum - count, row?.total ?? 0)
}
