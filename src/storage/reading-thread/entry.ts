import { systemClock } from '../../lib/clock.ts'
import { describeError, type Log, type LogFields, type LogLevel } from '../../lib/log.ts'
import { ReaderGoneError } from '../../lib/reader.ts'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/open.ts'
import { createEventStore } from '../events/events.ts'
import { createHostStore } from '../hosts/hosts.ts'
import { createStorageSums } from '../maintenance/storage-sums.ts'
import { createMetricSetReader, type MetricSetReader } from '../timeseries/metric-sets.ts'
import { createSampleStore } from '../timeseries/query.ts'
import { createAuditStore } from '../users/audit-log.ts'
import type { ReadAnswer, ReadName, ReadOrder, SlowReads, ThreadDatabase } from './messages.ts'
import { packOutages, unpackSpans } from './packed-outages.ts'

// The start of the thread: an entry of the build. It reads; the thread that started it logs its messages and
// notes damage.
declare const self: Worker

/** Reads by their place, each of which looks at its own sign before every statement. */
type Opened = { readonly reads: readonly SlowReads[]; close(): Promise<void> }

let opening: Promise<Opened> | null = null

const tell = (answer: ReadAnswer) => self.postMessage(answer)

self.onmessage = async ({ data }: MessageEvent<ReadOrder>) => {
  if ('open' in data) {
    opening = open(data.open, data.givenUp)
    // The first read reports the reason.
    opening.catch(() => {})
    return
  }
  if ('close' in data) {
    await opening?.then((opened) => opened.close()).catch(() => {})
    return tell({ isClosed: true })
  }
  const { id, place, name, values } = data
  try {
    if (opening === null) throw new Error('the reading thread was not told which database to read')
    const { reads } = await opening
    const own = reads[place]
    if (own === undefined) throw new Error(`the reading thread has no place ${place}`)
    tell({ id, value: await read(own, name, values) })
  } catch (error) {
    tell({ id, problem: describeError(error) })
  }
}

async function open({ url, dataDir, server }: ThreadDatabase, givenUp: Int32Array): Promise<Opened> {
  const say =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      tell({ log: level, message, fields })
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const { database } = await openDatabase(url, {
    dataDir,
    clock: systemClock,
    log,
    isSecond: true,
    ...(server !== undefined && { server }),
  })
  const metricSets = createMetricSetReader()
  const reads = Array.from(givenUp, (_, place) =>
    createReads(
      withSign(database, () => Atomics.load(givenUp, place) === 1),
      metricSets,
    ),
  )
  return { reads, close: () => database.close() }
}

/** The database, which refuses further statements once `isGivenUp` is true. */
function withSign(database: Database, isGivenUp: () => boolean): Database {
  return {
    ...database,
    async query(sql, values) {
      if (isGivenUp()) throw new ReaderGoneError()
      return database.query(sql, values)
    },
  }
}

function createReads(database: Database, metricSets: MetricSetReader): SlowReads {
  // The buffer of the other thread was written before it asked.
  const hosts = createHostStore(database, { settle: async () => {}, pending: () => 0 }, metricSets)
  const events = createEventStore(database)
  const samples = createSampleStore(database, metricSets, (damage) => tell({ damage }))
  return {
    listHosts: hosts.list,
    listEvents: events.list,
    countBySeverity: events.countBySeverity,
    listOutages: async (spans, from, to) =>
      packOutages(await events.listOutages(unpackSpans(spans), from, to)),
    range: samples.range,
    ranges: samples.ranges,
    summarize: samples.summarize,
    listAudit: createAuditStore(database).list,
    ...createStorageSums(database, metricSets),
  }
}

/** The values are those that the other thread's compiler has checked against `SlowReads`. */
function read(reads: SlowReads, name: ReadName, values: readonly unknown[]): Promise<unknown> {
  const act = reads[name] as (...values: readonly unknown[]) => Promise<unknown>
  return act(...values)
}
