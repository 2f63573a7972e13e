import { type EventReport, isSeverity, type Severity } from '../../../domain/event.ts'
import { type HostFacts, isHostName } from '../../../domain/host.ts'
import { isMetricName } from '../../../domain/sample.ts'
import { isUserName } from '../../../domain/user.ts'
import type { Database } from '../../database/database.ts'
import { applyReports } from '../../events/apply-reports.ts'
import type { HostReport, Store } from '../../ports/store.ts'
import type { OriginalReader, OriginalRow, OriginalTable } from './tables.ts'

/** What became of the rows of one table. */
export type ImportCount = { readonly table: OriginalTable; read: number; taken: number; left: number }

export type ImportResult = {
  readonly counts: readonly ImportCount[]
  /** Users that were made, who need a password. */
  readonly newUsers: readonly string[]
}

export type ImportOptions = {
  readonly original: OriginalReader
  readonly database: Database
  readonly store: Store
  readonly now: number
  /** Gives a hash that no password fits. */
  readonly makeUnusableHash: () => Promise<string>
  readonly onProgress: (table: OriginalTable, rows: number, total: number) => void
}

/** Rows of samples gathered for one commit. */
const PIECE_ROWS = 20_000
const EVENTS_AT_ONCE = 500
const NO_FACTS: HostFacts = {
  ip: '',
  platform: '',
  build: '',
  architecture: '',
  domain: '',
  processors: 0,
  memoryMb: 0,
}
/** The least and the greatest time that is believed: 2000, and a day from now. */
const EARLIEST = 946_684_800
const AHEAD = 86_400

/**
 * Takes over hosts, samples, events, notification rules and users. Doing it again changes nothing, so it may be interrupted; what people
 * have changed since stays. Nobody is told of the events. Rows that make no sense are left out and counted.
 */
export async function importOriginal(options: ImportOptions): Promise<ImportResult> {
  const newUsers: string[] = []
  const counts: ImportCount[] = []
  for (const [table, take] of [
    ['agentsystem', takeHosts],
    ['agentdata', takeSamples],
    ['agentevents', takeEvents],
    ['notifyrule', takeRules],
    ['users', takeUsers],
  ] as const) {
    const total = await options.original.count(table)
    const count: ImportCount = { table, read: 0, taken: 0, left: 0 }
    counts.push(count)
    const note = (isTaken: boolean) => {
      count.read++
      if (isTaken) count.taken++
      else count.left++
      options.onProgress(table, count.read, total)
    }
    await take(options, note, newUsers)
  }
  return { counts, newUsers }
}

type Note = (isTaken: boolean) => void

async function takeHosts({ original, database, store, now }: ImportOptions, note: Note) {
  await original.read('agentsystem', async (row) => {
    const host = readHost(row.name)
    const seen = readTime(row.time, now)
    note(host !== null)
    if (host === null) return
    const [known] = await database.query('SELECT id FROM host WHERE name = ?', [host])
    // What its own agent has said since is newer.
    if (!known) await store.ingest.write([aReport(host, seen ?? 0, { facts: readFacts(row) })])
  })
}

type Gathered = Map<string, Map<number, Map<string, number>>>

async function takeSamples({ original, database, store, now }: ImportOptions, note: Note) {
  let gathered: Gathered = new Map()
  let rows = 0
  const flush = async () => {
    const reports: HostReport[] = []
    for (const [host, times] of gathered) {
      const keyHash = await findKeyHash(database, host)
      const frames = [...times].map(([time, values]) => ({
        time,
        metrics: [...values.keys()],
        values: [...values.values()],
      }))
      const seen = Math.max(...times.keys())
      reports.push(aReport(host, Math.min(seen, now), { frames: shareLists(frames), keyHash }))
    }
    gathered = new Map()
    rows = 0
    await store.ingest.write(reports)
  }
  await original.read('agentdata', async (row) => {
    const host = readHost(row.name)
    const time = readTime(row.time, now)
    const metric = String(row.monitor ?? '')
    const value = row.value === null || row.value === '' ? Number.NaN : Number(row.value)
    const isGood = host !== null && time !== null && isMetricName(metric) && Number.isFinite(value)
    note(isGood)
    if (!isGood) return
    const times = getOrMake(gathered, host, () => new Map<number, Map<string, number>>())
    getOrMake(times, time, () => new Map<string, number>()).set(metric, value)
    if (++rows >= PIECE_ROWS) await flush()
  })
  await flush()
}

/** Storage knows a list of names by its identity, so the same names are to be the same list. */
function shareLists<T extends { metrics: readonly string[] }>(frames: readonly T[]): T[] {
  const lists = new Map<string, readonly string[]>()
  return frames.map((frame) => ({
    ...frame,
    metrics: getOrMake(lists, frame.metrics.join('\n'), () => frame.metrics),
  }))
}

async function takeEvents({ original, database, now }: ImportOptions, note: Note) {
  let gathered: { host: string; report: EventReport }[] = []
  const flush = async () => {
    const events = gathered
    gathered = []
    await database.transaction(async (transaction) => {
      for (const { host, report } of events) {
        const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
        const [known] = await transaction.query('SELECT id FROM event WHERE host = ? AND uid = ?', [
          row?.id ?? 0,
          report.uid,
        ])
        if (!row || known) continue
        await applyReports(transaction, row.id, [report], report.time)
        // What happened under the original was told by it: rules are not asked again.
        await transaction.run(
          'DELETE FROM event_todo WHERE event IN (SELECT id FROM event WHERE host = ? AND uid = ?)',
          [row.id, report.uid],
        )
      }
    })
  }
  await original.read('agentevents', async (row) => {
    const host = readHost(row.name)
    const report = readEvent(row, now)
    const isGood = host !== null && report !== null
    note(isGood)
    if (!isGood) return
    gathered.push({ host, report })
    if (gathered.length >= EVENTS_AT_ONCE) await flush()
  })
  await flush()
}

/** The original keeps no time of closing; one that is closed is known to have been there, and no more. */
function readEvent(row: OriginalRow<'agentevents'>, now: number): EventReport | null {
  const time = readTime(row.time, now)
  const metric = String(row.monitor ?? '')
  const severity = Number(row.severity)
  const status = Number(row.status)
  if (time === null || !isMetricName(metric) || !isSeverity(severity) || (status !== 0 && status !== 1))
    return null
  return {
    uid: `original-${String(row.id)}`,
    // Our own engine watches whether hosts are there.
    status: status === 1 && metric !== 'perf.system.availability.seconds' ? 'open' : 'closed',
    change: status === 1 ? 1 : 2,
    time,
    metric,
    severity,
    message: String(row.message ?? '').slice(0, 1024),
  }
}

async function takeRules({ original, store }: ImportOptions, note: Note) {
  const names = new Set((await store.rules.list()).map(({ name }) => name))
  const taken = new Set<string>()
  await original.read('notifyrule', async (row) => {
    const target = String(row.email ?? '').trim()
    const severities = readSeverities(row.severity)
    if (!/^[^\s@]+@[^\s@]+$/.test(target) || severities.length === 0) return note(false)
    const said =
      String(row.name ?? '')
        .trim()
        .slice(0, 80) || `rule ${String(row.id)}`
    // Names were not unique there.
    const name = taken.has(said) ? `${said} (${String(row.id)})` : said
    taken.add(name)
    note(true)
    if (names.has(name)) return
    const status = readPattern(row.status)
    await store.rules.add({
      name,
      enabled: Number(row.enabled) === 1 || /^(true|yes|on)$/i.test(String(row.enabled)),
      host: readPattern(row.host),
      metric: readPattern(row.monitor),
      severities,
      onOpening: status !== '0',
      onClosing: status !== '1',
      onSeverityChange: false,
      channel: 'mail',
      target,
      delay: 0,
      repeat: null,
    })
  })
}

async function takeUsers(
  { original, store, now, makeUnusableHash }: ImportOptions,
  note: Note,
  newUsers: string[],
) {
  await original.read('users', async (row) => {
    const name = String(row.name ?? '').trim()
    note(isUserName(name))
    if (!isUserName(name) || (await store.users.find(name)) !== null) return
    // Everybody there could close events, whatever their role.
    const access = /^admin/i.test(String(row.role)) ? 'admin' : 'operator'
    if (await store.users.add(name, access, await makeUnusableHash(), now)) newUsers.push(name)
  })
}

function readFacts(row: OriginalRow<'agentsystem'>): HostFacts {
  const text = (value: unknown, longest: number) => String(value ?? '').slice(0, longest)
  const number = (value: unknown) => (Number.isFinite(Number(value)) ? Math.max(0, Number(value)) : 0)
  return {
    ...NO_FACTS,
    ip: text(row.ip, 64),
    platform: text(row.platform, 64),
    build: text(row.build, 255),
    architecture: text(row.architecture, 64),
    domain: text(row.domain, 253),
    processors: Math.floor(number(row.processors)),
    memoryMb: number(row.memoryMb),
  }
}

function readHost(value: unknown): string | null {
  const name = String(value ?? '')
    .trim()
    .toLowerCase()
  return isHostName(name) ? name : null
}

function readTime(value: unknown, now: number): number | null {
  const time = Math.floor(Number(value))
  return time >= EARLIEST && time <= now + AHEAD ? time : null
}

/** `%_%` stood for all. */
function readPattern(value: unknown): string {
  const pattern = String(value ?? '').trim()
  return pattern === '' || pattern === '%_%' ? '%' : pattern
}

function readSeverities(value: unknown): Severity[] {
  const pattern = readPattern(value)
  if (/[%_]/.test(pattern)) return [1, 2, 3, 4]
  const severity = Number(pattern)
  return isSeverity(severity) ? [severity] : []
}

async function findKeyHash(database: Database, host: string): Promise<string | null> {
  const [row] = await database.query<{ key_hash: string | null }>(
    'SELECT key_hash FROM host WHERE name = ?',
    [host],
  )
  return row?.key_hash ?? null
}

function aReport(host: string, seen: number, report: Partial<HostReport>): HostReport {
  return { host, seen, facts: null, clockSkew: null, frames: [], events: [], ...report }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
