import { type EventReport, isSeverity, type Severity } from '../../../domain/event.ts'
import { type HostFacts, isHostName } from '../../../domain/hosts/host.ts'
import { AVAILABILITY } from '../../../domain/metrics/declared/server-events.ts'
import { parseRecipients } from '../../../domain/notifications/mail-address.ts'
import { fromFreeSpace, toMetricName } from '../../../domain/sample.ts'
import { type Access, isUserName, writeStoredPassword } from '../../../domain/users/user.ts'
import type { Database, Transaction } from '../../database/database.ts'
import { applyReports } from '../../events/apply-reports.ts'
import { createHostCache } from '../../hosts/host-cache.ts'
import type { HostReport, Store } from '../../ports/store.ts'
import type { OriginalReader, OriginalRow, OriginalTable } from './tables.ts'

/** What became of the rows of one table. */
export type ImportCount = { readonly table: OriginalTable; read: number; taken: number; left: number }

/** A row that was left out, and why. `row` names it for a person: its id, or its time and names. */
export type LeftOut = { readonly table: OriginalTable; readonly row: string; readonly reason: string }

/** A user that was made. */
export type ImportedUser = {
  readonly name: string
  readonly access: Access
  /** False for one whose password everybody guesses: an administrator has to set another. */
  readonly maySignIn: boolean
}

export type ImportResult = {
  readonly counts: readonly ImportCount[]
  readonly newUsers: readonly ImportedUser[]
  /** Everybody who is an admin now; empty when nobody is. */
  readonly admins: readonly string[]
  /** Events that are open there and here. */
  readonly open: number
}

export type ImportOptions = {
  readonly original: OriginalReader
  readonly database: Database
  readonly store: Store
  readonly now: number
  /** The hash that is kept of a text; argon2id. */
  readonly hash: (text: string) => Promise<string>
  /** The SHA-224 values, in hexadecimal digits, of passwords that everybody guesses. */
  readonly commonHashes: ReadonlySet<string>
  /**
   * Whether rules are to be asked about what is still open. Without it nobody is notified of anything
   * imported.
   */
  readonly notifyOpen: boolean
  readonly onLeftOut: (row: LeftOut) => void
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
/** Seconds for which a password of the original fits once more. */
const PASSWORD_SECONDS = 30 * 86_400
/** The least and the greatest time that is believed: 2000, and a day from now. */
const EARLIEST = 946_684_800
const AHEAD = 86_400

/**
 * Takes over hosts, samples, events, notification rules and users. Doing it again changes nothing, so it may
 * be interrupted; what people have changed since stays. Rows that make no sense are left out, counted and
 * told.
 */
export async function importOriginal(options: ImportOptions): Promise<ImportResult> {
  const newUsers: ImportedUser[] = []
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
    const note: Note = (row, reason) => {
      count.read++
      if (reason === null) count.taken++
      else {
        count.left++
        options.onLeftOut({ table, row: row(), reason })
      }
      options.onProgress(table, count.read, total)
    }
    await take(options, note, newUsers)
  }
  const users = await options.store.users.list()
  const admins = users.filter(({ access }) => access === 'admin').map(({ name }) => name)
  return { counts, newUsers, admins, open: await countOpen(options) }
}

/** Counts a row as taken (`reason` null) or left out. */
type Note = (row: () => string, reason: string | null) => void

const NO_HOST = 'the name is no host name'
const NO_TIME = 'the time lies before 2000 or ahead of this clock'
const NO_METRIC = 'the monitor is no name of a metric'

async function takeHosts({ original, database, store, now }: ImportOptions, note: Note) {
  await original.read('agentsystem', async (row) => {
    const host = readHost(row.name)
    const seen = readTime(row.time, now)
    note(() => String(row.name), host === null ? NO_HOST : null)
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
  const firstTimes = new Map<string, number>()
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
    const name = toMetricName(String(row.monitor ?? ''))
    const number = row.value === null || row.value === '' ? Number.NaN : Number(row.value)
    const isGood = host !== null && time !== null && name !== null && Number.isFinite(number)
    note(
      () => `${row.name} ${row.monitor} at ${row.time}`,
      isGood
        ? null
        : host === null
          ? NO_HOST
          : time === null
            ? NO_TIME
            : name === null
              ? NO_METRIC
              : 'the value is no number',
    )
    if (!isGood) return
    const { metric, value } = fromFreeSpace(name, number)
    firstTimes.set(host, Math.min(time, firstTimes.get(host) ?? time))
    const times = getOrMake(gathered, host, () => new Map<number, Map<string, number>>())
    getOrMake(times, time, () => new Map<string, number>()).set(metric, value)
    if (++rows >= PIECE_ROWS) await flush()
  })
  await flush()
  await noteFirstTimes(database, firstTimes)
}

/** The original keeps when a host reported last; it is known since its first sample. */
async function noteFirstTimes(database: Database, firstTimes: ReadonlyMap<string, number>) {
  for (const [host, time] of firstTimes)
    await database.transaction((transaction) =>
      transaction.run('UPDATE host SET first_seen = ? WHERE name = ? AND first_seen > ?', [time, host, time]),
    )
}

/** Storage knows a list of names by its identity, so the same names are to be the same list. */
function shareLists<T extends { metrics: readonly string[] }>(frames: readonly T[]): T[] {
  const lists = new Map<string, readonly string[]>()
  return frames.map((frame) => ({
    ...frame,
    metrics: getOrMake(lists, frame.metrics.join('\n'), () => frame.metrics),
  }))
}

/** Events whose rows were made by this import. */
const IMPORTED = `uid LIKE 'original-%'`

async function takeEvents(options: ImportOptions, note: Note) {
  const { original, database, now } = options
  let gathered: { host: string; report: EventReport }[] = []
  const flush = async () => {
    const events = gathered
    gathered = []
    await database.transaction(async (transaction) => {
      for (const { host, report } of events) await takeEvent(transaction, host, report, options)
    })
  }
  await original.read('agentevents', async (row) => {
    const host = readHost(row.name)
    const report = readEvent(row, now)
    note(
      () => `${String(row.id)}: ${row.name} ${row.monitor}`,
      host === null ? NO_HOST : typeof report === 'string' ? report : null,
    )
    if (host === null || typeof report === 'string') return
    gathered.push({ host, report })
    if (gathered.length >= EVENTS_AT_ONCE) await flush()
  })
  await flush()
}

async function takeEvent(
  transaction: Transaction,
  host: string,
  report: EventReport,
  { notifyOpen }: ImportOptions,
) {
  // A host of which there are events alone is a host all the same.
  const id = (await findHostId(transaction, host)) ?? (await addHost(transaction, host, report.time))
  const [known] = await transaction.query('SELECT id FROM event WHERE host = ? AND uid = ?', [id, report.uid])
  if (known) return
  await applyReports(transaction, id, [report], report.time)
  if (report.status === 'closed')
    await transaction.run('UPDATE event SET end_unknown = 1 WHERE host = ? AND uid = ?', [id, report.uid])
  // Rules are not asked about what is over, nor about rows that stand for the same problem twice.
  const kept = notifyOpen ? 'AND is_open = 0' : ''
  await transaction.run(
    `DELETE FROM event_todo WHERE event IN (SELECT id FROM event WHERE host = ? AND ${IMPORTED} ${kept})`,
    [id],
  )
}

async function findHostId(transaction: Transaction, host: string): Promise<number | null> {
  const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
  return row?.id ?? null
}

async function addHost(transaction: Transaction, host: string, seen: number): Promise<number> {
  const known = await createHostCache().load(transaction, aReport(host, seen, {}))
  return known.id
}

async function countOpen({ database }: ImportOptions): Promise<number> {
  const [row] = await database.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM event WHERE is_open = 1 AND ${IMPORTED}`,
  )
  return row?.total ?? 0
}

/**
 * The report of one row, or why it is none. The original keeps no time of closing: of what is closed the end
 * is unknown.
 */
function readEvent(row: OriginalRow<'agentevents'>, now: number): EventReport | string {
  const time = readTime(row.time, now)
  const metric = toMetricName(String(row.monitor ?? ''))
  const severity = Number(row.severity)
  const status = Number(row.status)
  if (time === null) return NO_TIME
  if (metric === null) return NO_METRIC
  if (!isSeverity(severity)) return 'the severity is not 1 to 4'
  if (row.status === null || (status !== 0 && status !== 1)) return 'the status is not 0 or 1'
  return {
    uid: `original-${String(row.id)}`,
    // Our own engine watches whether hosts are there.
    status: status === 1 && metric !== AVAILABILITY.name ? 'open' : 'closed',
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
    const label = () => `${String(row.id)}: ${row.name} to ${row.email}`
    const recipients = parseRecipients(String(row.email ?? '').trim())
    const severities = readSeverities(row.severity)
    if (recipients === null) return note(label, 'the e-mail is no list of addresses')
    if (severities.length === 0) return note(label, 'the severity is neither 1 to 4 nor a pattern')
    note(label, null)
    const said =
      String(row.name ?? '')
        .trim()
        .slice(0, 80) || `rule ${String(row.id)}`
    // Names were not unique there.
    const name = taken.has(said) ? `${said} (${String(row.id)})` : said
    taken.add(name)
    if (names.has(name)) return
    const status = readPattern(row.status)
    await store.rules.add({
      name,
      enabled: isTrue(row.enabled),
      host: readPattern(row.host),
      metric: readPattern(row.monitor),
      severities,
      onOpening: status !== '0',
      onClosing: status !== '1',
      onSeverityChange: false,
      channel: 'mail',
      target: recipients.join(', '),
      delay: 0,
      repeat: null,
    })
  })
}

/** A flag of any of its releases: a number, a boolean of the driver, or a word. */
const isTrue = (value: unknown) =>
  value === true || Number(value) === 1 || /^(true|yes|on)$/i.test(String(value))

async function takeUsers(
  { original, store, now, hash, commonHashes }: ImportOptions,
  note: Note,
  newUsers: ImportedUser[],
) {
  await original.read('users', async (row) => {
    const name = String(row.name ?? '').trim()
    note(() => String(row.name), isUserName(name) ? null : 'the name is no user name')
    if (!isUserName(name) || (await store.users.find(name)) !== null) return
    // Everybody there could close events, whatever their role.
    const access = isTrue(row.role) || /^admin/i.test(String(row.role)) ? 'admin' : 'operator'
    const old = String(row.password ?? '').toLowerCase()
    const maySignIn = /^[0-9a-f]{56}$/.test(old) && !commonHashes.has(old)
    const password = maySignIn
      ? ({ state: 'original', hash: await hash(old), expires: now + PASSWORD_SECONDS } as const)
      : ({ state: 'disabled', hash: await hash(crypto.randomUUID()), expires: null } as const)
    if (await store.users.add(name, access, writeStoredPassword(password), now))
      newUsers.push({ name, access, maySignIn })
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
