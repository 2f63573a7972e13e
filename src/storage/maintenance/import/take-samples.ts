import { fromFreeSpace, toMetricName } from '../../../domain/sample.ts'
import type { Database } from '../../database/database.ts'
import type { HostReport } from '../../ports/store.ts'
import { addImportedHost, markImported } from './add-host.ts'
import { aReport, type ImportOptions, type Note } from './import-options.ts'
import { NO_HOST, NO_METRIC, NO_TIME, readHost, readNumber, readTime } from './read-values.ts'
import type { OriginalRow } from './tables.ts'

/** Rows gathered for one commit. */
const PIECE_ROWS = 20_000

/** The samples gathered of one host. */
type HostSamples = {
  readonly times: Map<number, Map<string, number>>
  readonly spellings: Map<string, string>
}

/** Times of the first sample of a host and of the last that is not in the future; 0 when there is none. */
type Span = { first: number; last: number }

type ImportedSample = { host: string; time: number; metric: string; spelling: string | null; value: number }

/** Imports every sample; those in the future wait for their time. */
export async function takeSamples(options: ImportOptions, note: Note) {
  const { original, database, store, now } = options
  let gathered = new Map<string, HostSamples>()
  let rows = 0
  const spans = new Map<string, Span>()
  /** Hosts that agentsystem does not know. */
  const made = new Set<string>()
  const flush = async () => {
    const reports: HostReport[] = []
    for (const [host, samples] of gathered) {
      const known = await findHost(database, host)
      const report = describeHost(host, samples, known?.key_hash ?? null, now)
      reports.push(report)
      if (known !== null) continue
      made.add(host)
      await database.transaction((transaction) =>
        addImportedHost(transaction, { name: host, seen: report.seen }, options),
      )
    }
    const newest = await findNewest(database)
    await store.ingest.write(reports)
    // A host that is deleted at this moment is created again by its samples.
    for (const host of await listNewer(database, newest)) {
      if (!gathered.has(host.name)) continue
      made.add(host.name)
      await database.transaction((transaction) => markImported(transaction, host, options))
    }
    gathered = new Map()
    rows = 0
  }
  await original.read('agentdata', async (row) => {
    const sample = readSample(row)
    note(() => `${row.name} ${row.monitor} at ${row.time}`, typeof sample === 'string' ? sample : null)
    if (typeof sample === 'string') return
    const { host, time, metric, spelling, value } = sample
    const span = getOrMake(spans, host, () => ({ first: time, last: 0 }))
    span.first = Math.min(span.first, time)
    if (time < now) span.last = Math.max(span.last, time)
    const { times, spellings } = getOrMake(gathered, host, () => ({ times: new Map(), spellings: new Map() }))
    getOrMake(times, time, () => new Map<string, number>()).set(metric, value)
    if (spelling !== null) spellings.set(metric, spelling)
    if (++rows >= PIECE_ROWS) await flush()
  })
  await flush()
  await noteSpans(database, spans, made, now)
}

/** The sample of a row, or why it is none. */
function readSample(row: OriginalRow<'agentdata'>): ImportedSample | string {
  const host = readHost(row.name)
  if (host === null) return NO_HOST
  const time = readTime(row.time)
  if (time === null) return NO_TIME
  const said = String(row.monitor ?? '')
  const name = toMetricName(said)
  if (name === null) return NO_METRIC
  const number = readNumber(row.value)
  if (!Number.isFinite(number)) return 'the value is no number'
  return { host, time, ...fromFreeSpace(name, number), spelling: name === said ? null : said }
}

function describeHost(
  host: string,
  { times, spellings }: HostSamples,
  keyHash: string | null,
  now: number,
): HostReport {
  // Storage knows a list of names by its identity, so the same names are to be the same list.
  const lists = new Map<string, readonly string[]>()
  const all = [...times].map(([time, values]) => {
    const metrics = [...values.keys()]
    return {
      time,
      metrics: getOrMake(lists, metrics.join('\n'), () => metrics),
      values: [...values.values()],
    }
  })
  const frames = all.filter(({ time }) => time <= now)
  const waiting = all.filter(({ time }) => time > now)
  const seen = frames.reduce((latest, { time }) => Math.max(latest, time), 0)
  return aReport(host, seen, {
    frames,
    keyHash,
    // Samples that it sent to the original do not show that it is alive, and are older than those it has sent
    // since.
    isGreeting: true,
    ...(waiting.length > 0 && { waiting }),
    ...(spellings.size > 0 && { spellings: Object.fromEntries(spellings) }),
  })
}

/**
 * The original keeps when a host reported last; it is known since its first sample. Of `made` even the former is
 * not known but by the samples.
 */
async function noteSpans(
  database: Database,
  spans: ReadonlyMap<string, Span>,
  made: ReadonlySet<string>,
  now: number,
) {
  for (const [host, { first, last }] of spans) {
    const time = Math.min(first, now)
    await database.transaction(async (transaction) => {
      const values = [time, host, time]
      await transaction.run('UPDATE host SET first_seen = ? WHERE name = ? AND first_seen > ?', values)
      if (!made.has(host)) return
      await transaction.run('UPDATE host SET last_seen = ? WHERE name = ? AND last_seen < ?', [
        last,
        host,
        last,
      ])
    })
  }
}

/** The greatest id of a host; 0 when there is none. */
async function findNewest(database: Database): Promise<number> {
  const [row] = await database.query<{ id: number | null }>('SELECT MAX(id) AS id FROM host')
  return row?.id ?? 0
}

const listNewer = (database: Database, id: number) =>
  database.query<{ id: number; name: string }>('SELECT id, name FROM host WHERE id > ?', [id])

async function findHost(database: Database, host: string) {
  const [row] = await database.query<{ key_hash: string | null }>(
    'SELECT key_hash FROM host WHERE name = ?',
    [host],
  )
  return row ?? null
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
