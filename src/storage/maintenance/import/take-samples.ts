import { fromFreeSpace, toMetricName } from '../../../domain/sample.ts'
import type { Database } from '../../database/database.ts'
import type { HostReport } from '../../ports/store.ts'
import { aReport, type ImportOptions, type Note } from './import-options.ts'
import { NO_HOST, NO_METRIC, NO_TIME, readHost, readTime } from './read-values.ts'
import type { OriginalRow } from './tables.ts'

/** Rows gathered for one commit. */
const PIECE_ROWS = 20_000

/** What was gathered of one host. */
type HostSamples = {
  readonly times: Map<number, Map<string, number>>
  readonly spellings: Map<string, string>
}

type Sample = { host: string; time: number; metric: string; spelling: string | null; value: number }

/** Takes every sample; those whose time lies in the future wait for it. */
export async function takeSamples({ original, database, store, now }: ImportOptions, note: Note) {
  let gathered = new Map<string, HostSamples>()
  let rows = 0
  const firstTimes = new Map<string, number>()
  const flush = async () => {
    const reports: HostReport[] = []
    for (const [host, samples] of gathered)
      reports.push(describeHost(host, samples, await findKnown(database, host), now))
    gathered = new Map()
    rows = 0
    await store.ingest.write(reports)
  }
  await original.read('agentdata', async (row) => {
    const sample = readSample(row)
    note(() => `${row.name} ${row.monitor} at ${row.time}`, typeof sample === 'string' ? sample : null)
    if (typeof sample === 'string') return
    const { host, time, metric, spelling, value } = sample
    firstTimes.set(host, Math.min(time, firstTimes.get(host) ?? time))
    const { times, spellings } = getOrMake(gathered, host, () => ({ times: new Map(), spellings: new Map() }))
    getOrMake(times, time, () => new Map<string, number>()).set(metric, value)
    if (spelling !== null) spellings.set(metric, spelling)
    if (++rows >= PIECE_ROWS) await flush()
  })
  await flush()
  await noteFirstTimes(database, firstTimes, now)
}

/** The sample of a row, or why it is none. */
function readSample(row: OriginalRow<'agentdata'>): Sample | string {
  const host = readHost(row.name)
  if (host === null) return NO_HOST
  const time = readTime(row.time)
  if (time === null) return NO_TIME
  const said = String(row.monitor ?? '')
  const name = toMetricName(said)
  if (name === null) return NO_METRIC
  const number = row.value === null || row.value === '' ? Number.NaN : Number(row.value)
  if (!Number.isFinite(number)) return 'the value is no number'
  return { host, time, ...fromFreeSpace(name, number), spelling: name === said ? null : said }
}

function describeHost(
  host: string,
  { times, spellings }: HostSamples,
  { keyHash, lastSeen }: TakenHost,
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
  // Old samples do not make it be seen earlier than it was.
  const seen = frames.reduce((latest, { time }) => Math.max(latest, time), lastSeen)
  return aReport(host, seen, {
    frames,
    keyHash,
    ...(waiting.length > 0 && { waiting }),
    ...(spellings.size > 0 && { spellings: Object.fromEntries(spellings) }),
  })
}

/** The original keeps when a host reported last; it is known since its first sample. */
async function noteFirstTimes(database: Database, firstTimes: ReadonlyMap<string, number>, now: number) {
  for (const [host, time] of firstTimes) {
    const first = Math.min(time, now)
    await database.transaction((transaction) =>
      transaction.run('UPDATE host SET first_seen = ? WHERE name = ? AND first_seen > ?', [
        first,
        host,
        first,
      ]),
    )
  }
}

type TakenHost = { readonly keyHash: string | null; readonly lastSeen: number }

async function findKnown(database: Database, host: string): Promise<TakenHost> {
  const [row] = await database.query<{ key_hash: string | null; last_seen: number }>(
    'SELECT key_hash, last_seen FROM host WHERE name = ?',
    [host],
  )
  return { keyHash: row?.key_hash ?? null, lastSeen: row?.last_seen ?? 0 }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
