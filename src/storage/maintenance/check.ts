import { describeError } from '../../lib/log.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import { readCounters } from '../database/counters.ts'
import type { Database, Reader } from '../database/database.ts'
import { TABLES } from '../database/tables.ts'
import { type BlockRow, isSoundBlock, readChunks, unpackTimes } from '../timeseries/blocks.ts'
import {
  listOfChunk,
  openChunk,
  ReferredChunks,
  summariesOfChunk,
  unpackChunk,
} from '../timeseries/chunks.ts'
import { DamageError } from '../timeseries/codec/checksum.ts'
import { openFrame, readMetricSet, unpackFrame } from '../timeseries/codec/frame.ts'
import { areSummariesOf } from '../timeseries/codec/summaries.ts'
import { readSteadily } from '../timeseries/consistent-read.ts'
import { type Damage, describePlace, type NoteDamage } from '../timeseries/damage.ts'
import { DAY_SECONDS, dayOf } from '../timeseries/day.ts'
import { type FrameTable, PACKED_FRAME_TABLES } from '../timeseries/frames.ts'
import { type MetricSetReader, unpackMetrics } from '../timeseries/metric-sets.ts'

/** More would not be read by anybody. */
const MAX_PROBLEMS = 100
const FRAMES_AT_ONCE = 2000
const BLOCKS_AT_ONCE = 50
const COUNTED_AT_ONCE = 1000
/** Chunks are counted so often at most, until nothing was compacted meanwhile. */
const MAX_COUNTINGS = 10

type NoteProblem = (problem: string) => void

type FoundDamage = (damage: Damage) => Promise<void>

/**
 * Reads everything, after the database's own structure, whose problems `damage` reports: every frame and
 * every chunk, and whether each reference has its target. Damaged samples are noted too. Other transactions
 * may write meanwhile: rows that they changed are checked again.
 */
export async function checkDatabase(
  database: Database,
  metricSets: MetricSetReader,
  damage: readonly string[],
  note: NoteDamage,
): Promise<string[]> {
  const problems: string[] = []
  const found: NoteProblem = (problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem)
  }
  const foundDamage: FoundDamage = async (place) => {
    note(place)
    found(`${await describePlace(database, place)}: ${place.problem}`)
  }
  for (const problem of damage) found(problem)
  const parts = [
    () => checkReferences(database, found),
    ...PACKED_FRAME_TABLES.map((table) => () => checkFrames(database, table, metricSets, foundDamage)),
    () => checkBlocks(database, foundDamage),
    () => checkChunks(database, found),
  ]
  for (const part of parts) {
    // A damaged file fails at some point; the other parts are still checked.
    const problem = await tryDecode(part)
    if (problem) found(`not everything can be read: ${problem}`)
  }
  return problems
}

async function checkReferences(database: Database, found: NoteProblem) {
  const checked = TABLES.flatMap(({ name, references }) =>
    references.filter(({ mayOutlive }) => !mayOutlive).map((reference) => ({ name, ...reference })),
  )
  for (const { name: table, column, table: target } of checked) {
    const [row] = await database.query<{ total: number }>(
      `SELECT COUNT(*) AS total FROM ${table} WHERE ${table}.${column} <> 0 AND NOT EXISTS
        (SELECT 1 FROM ${target} WHERE ${target}.id = ${table}.${column})`,
    )
    if (row && row.total > 0) found(`${row.total} rows of ${table} name a ${column} that is not there`)
  }
}

async function checkFrames(
  database: Database,
  table: FrameTable,
  metricSets: MetricSetReader,
  found: FoundDamage,
) {
  // In the order of the table's key.
  const [a, b] = table === 'frame' ? (['time', 'host'] as const) : (['host', 'time'] as const)
  let last = { time: -1, host: -1 }
  for (;;) {
    const behind = database.dialect.beyond('>', [a, b], [last[a], last[b]])
    const rows = await database.query<{ time: number; host: number; samples: number; packed: Uint8Array }>(
      `SELECT time, host, samples, packed FROM ${table} WHERE ${behind.sql} ORDER BY ${a}, ${b} LIMIT ?`,
      [...behind.values, FRAMES_AT_ONCE],
    )
    for (const row of rows) {
      last = { time: row.time, host: row.host }
      const problem = await tryDecode(async () => {
        const body = openFrame(row.packed, row.time, row.host)
        await metricSets.load(database, [readMetricSet(body)])
        const { values } = unpackFrame(body, (metricSet) => metricSets.metrics(metricSet).length)
        const samples = values.filter((value) => value !== null).length
        if (samples !== row.samples) throw new Error(`it has ${samples} samples, not ${row.samples}`)
      })
      if (problem)
        await found({
          host: row.host,
          day: dayOf(row.time),
          metric: null,
          problem: `the frame of second ${row.time % DAY_SECONDS} can't be read: ${problem}`,
        })
    }
    if (rows.length < FRAMES_AT_ONCE) return
    await yieldThread()
  }
}

async function checkBlocks(database: Database, found: FoundDamage) {
  let day = -1
  let host = -1
  for (;;) {
    const behind = database.dialect.beyond('>', ['day', 'host'], [day, host])
    const rows = await database.query<{ day: number; host: number }>(
      `SELECT day, host FROM block WHERE ${behind.sql} ORDER BY day, host LIMIT ?`,
      [...behind.values, BLOCKS_AT_ONCE],
    )
    for (const row of rows) {
      day = row.day
      host = row.host
      const { more: damaged } = await readSteadily(
        database,
        host,
        async ([block]) => (block ? checkBlock(database, block) : []),
        { first: day, last: day },
      )
      for (const damage of damaged) await found(damage)
    }
    if (rows.length < BLOCKS_AT_ONCE) return
    await yieldThread()
  }
}

/**
 * That there are as many chunks as the blocks name. On a server that compacts all the time it is left open.
 */
async function checkChunks(database: Database, found: NoteProblem) {
  for (let i = 0; i < MAX_COUNTINGS; i++) {
    const before = await readChanges(database)
    const named = await countNamedChunks(database)
    const [row] = await database.query<{ total: number }>('SELECT COUNT(*) AS total FROM chunk')
    if ((await readChanges(database)) !== before) continue
    if (row && row.total !== named) found(`there are ${row.total} chunks, but the blocks name ${named}`)
    return
  }
}

/** Differs after anything was compacted or dropped. */
async function readChanges(reader: Reader): Promise<string> {
  const { next_chunk: next } = await readCounters(reader)
  const [row] = await reader.query<{ blocks: number; revisions: number | null }>(
    'SELECT COUNT(*) AS blocks, SUM(revision) AS revisions FROM block',
  )
  return `${next} ${row?.blocks} ${row?.revisions}`
}

async function countNamedChunks(reader: Reader): Promise<number> {
  let day = -1
  let host = -1
  let named = 0
  for (;;) {
    const behind = reader.dialect.beyond('>', ['day', 'host'], [day, host])
    const rows = await reader.query<Pick<BlockRow, 'day' | 'metrics'> & { host: number }>(
      `SELECT day, host, metrics FROM block WHERE ${behind.sql} ORDER BY day, host LIMIT ?`,
      [...behind.values, COUNTED_AT_ONCE],
    )
    for (const row of rows) {
      day = row.day
      host = row.host
      named += unpackMetrics(row.metrics).length
    }
    if (rows.length < COUNTED_AT_ONCE) return named
    await yieldThread()
  }
}

async function checkBlock(database: Database, block: BlockRow): Promise<Damage[]> {
  const { host, day } = block
  const damaged: Damage[] = []
  const tryPart = async (metric: number | null, act: () => Promise<void>) => {
    const problem = await tryDecode(act)
    if (problem) damaged.push({ host, day, metric, problem: `the block can't be read: ${problem}` })
  }
  await tryPart(null, async () => {
    if (!isSoundBlock(block)) throw new DamageError()
    const lists = unpackTimes(block.times)
    for (const list of lists) checkTimes(list, block)
    const { metrics, chunks } = await readChunks(database, block)
    const { stepsOf } = new ReferredChunks(block, (metric) => chunks.get(metric))
    let samples = 0
    for (const metric of metrics)
      await tryPart(metric, async () => {
        const packed = chunks.get(metric)
        if (!packed) throw new DamageError('its values are missing')
        const body = openChunk(packed, block, metric)
        const times = lists[listOfChunk(body)]
        if (!times) throw new DamageError('it names a list of times that is not there')
        const values = unpackChunk(body, times, stepsOf)
        samples += values.length
        const summaries = summariesOfChunk(body)
        if (summaries !== null && !areSummariesOf(summaries, times, values))
          throw new DamageError('its summaries are not those of its values')
      })
    if (damaged.length === 0 && samples !== block.samples)
      throw new DamageError(`it has ${samples} samples, not ${block.samples}`)
  })
  return damaged
}

function checkTimes(list: Float64Array, block: BlockRow) {
  const midnight = block.day * DAY_SECONDS
  let before = -1
  for (const time of list) {
    if (time <= before || time >= DAY_SECONDS) throw new Error('its times are not in order')
    if (midnight + time < block.first_time || midnight + time > block.last_time)
      throw new Error('its times lie outside of what it says')
    before = time
  }
}

async function tryDecode(act: () => Promise<void>): Promise<string | null> {
  try {
    await act()
    return null
  } catch (error) {
    return describeError(error)
  }
}
