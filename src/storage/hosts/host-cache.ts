import { uniteGroups } from '../../domain/group.ts'
import type { HostFacts } from '../../domain/host.ts'
import type { Transaction } from '../database/database.ts'
import type { HostReport } from '../ports/store.ts'
import { parseGroups, saveGroups } from './groups.ts'
import { saveThresholds } from './thresholds.ts'

/** What the writer remembers of a host, so that a packet needs no look-up. */
export type KnownHost = {
  readonly id: number
  facts: StoredFacts
  /** Whether `host_threshold` has a row of it. */
  tellsThresholds: boolean
  /** Of the key that owns the name; null while none does. */
  keyHash: string | null
  /** The layouts that `host_layout` has, with the day up to which it says they were used. */
  readonly layouts: Map<number, number>
}

/** What `host` itself holds of the facts. */
type StoredFacts = Omit<HostFacts, 'thresholds'>

const NO_FACTS: StoredFacts = {
  ip: '',
  platform: '',
  build: '',
  architecture: '',
  domain: '',
  processors: 0,
  memoryMb: 0,
}

/** Hosts remembered; beyond that they are looked up again. */
const MAX_HOSTS = 50_000
/** Layouts remembered a host; one that changes its metrics all the time must not fill the memory. */
const MAX_LAYOUTS = 64

export type KnownHosts = {
  recall(name: string): KnownHost | null
  /** Finds or makes the host. */
  load(transaction: Transaction, report: HostReport): Promise<KnownHost>
  /** Writes facts that differ from those known, at once: agents do not repeat them after the acknowledgement. */
  saveFacts(transaction: Transaction, name: string, host: KnownHost, facts: HostFacts): Promise<void>
  /** Notes that the host used the layout on that day; a statement only when that is new. */
  saveLayout(transaction: Transaction, host: KnownHost, layout: number, day: number): Promise<void>
  forget(): void
}

export function createKnownHosts(): KnownHosts {
  const hosts = new Map<string, KnownHost>()
  return {
    recall: (name) => hosts.get(name) ?? null,
    async load(transaction, report) {
      const host = (await findHost(transaction, report.host)) ?? (await addHost(transaction, report))
      if (hosts.size >= MAX_HOSTS) hosts.clear()
      hosts.set(report.host, host)
      return host
    },
    async saveFacts(transaction, name, host, { thresholds = null, ...facts }) {
      // Packets that tell none come each minute, from agents of the original: they must cost nothing.
      if (thresholds !== null || host.tellsThresholds) await saveThresholds(transaction, host.id, thresholds)
      host.tellsThresholds = thresholds !== null
      if (sameFacts(host.facts, facts)) return
      await transaction.run(
        `UPDATE host SET ip = ?, ip_order = ?, platform = ?, build = ?, architecture = ?, domain = ?,
          processors = ?, memory_mb = ?, search_text = ? WHERE id = ?`,
        [...factValues(name, facts), host.id],
      )
      if (!sameGroups(host.facts, facts))
        await saveGroups(transaction, host.id, 'said_groups', uniteGroups(facts.groups ?? []))
      host.facts = facts
    },
    async saveLayout(transaction, host, layout, day) {
      if ((host.layouts.get(layout) ?? -1) >= day) return
      const saved = await saveHostLayout(transaction, host.id, layout, day)
      if (host.layouts.size >= MAX_LAYOUTS) host.layouts.clear()
      host.layouts.set(layout, saved)
    },
    forget: () => hosts.clear(),
  }
}

/** Notes in the database that the host used the layout on that day; the last day that it says then. */
export async function saveHostLayout(transaction: Transaction, host: number, layout: number, day: number) {
  const values = [day, host, layout]
  const [row] = await transaction.query<{ last_day: number }>(
    'SELECT last_day FROM host_layout WHERE host = ? AND layout = ?',
    [host, layout],
  )
  if (!row) {
    await transaction.run('INSERT INTO host_layout (last_day, host, layout) VALUES (?, ?, ?)', values)
  } else if (row.last_day < day) {
    await transaction.run(
      'UPDATE host_layout SET last_day = ? WHERE host = ? AND layout = ? AND last_day < ?',
      [...values, day],
    )
  }
  return Math.max(day, row?.last_day ?? day)
}

async function findHost(transaction: Transaction, name: string): Promise<KnownHost | null> {
  const [row] = await transaction.query<HostRow>(
    `SELECT id, ip, platform, build, architecture, domain, processors, memory_mb, key_hash, said_groups,
      EXISTS (SELECT 1 FROM host_threshold WHERE host_threshold.host = host.id) AS tells FROM host
      WHERE name = ?`,
    [name],
  )
  if (!row) return null
  const { id, memory_mb: memoryMb, key_hash: keyHash, said_groups: groups, tells, ...facts } = row
  return {
    id,
    facts: { ...facts, memoryMb, groups: parseGroups(groups) },
    tellsThresholds: tells === 1,
    keyHash,
    layouts: new Map(),
  }
}

type HostRow = Omit<StoredFacts, 'memoryMb'> & {
  id: number
  tells: number
  memory_mb: number
  key_hash: string | null
  said_groups: string | null
}

async function addHost(transaction: Transaction, report: HostReport): Promise<KnownHost> {
  const { facts: said, keyHash = null } = report
  const { thresholds: _, ...facts }: HostFacts = said ?? NO_FACTS
  const id = await transaction.insert(
    `INSERT INTO host (ip, ip_order, platform, build, architecture, domain, processors, memory_mb, search_text,
      name, first_heard, last_heard, clock_skew, key_hash, latest_time, latest)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)`,
    [...factValues(report.host, facts), report.host, report.heard, report.heard, report.clockSkew, keyHash],
  )
  if (facts.groups && facts.groups.length > 0)
    await saveGroups(transaction, id, 'said_groups', uniteGroups(facts.groups))
  return { id, facts, tellsThresholds: false, keyHash, layouts: new Map() }
}

function factValues(name: string, facts: StoredFacts) {
  const { ip, platform, build, architecture, domain, processors, memoryMb } = facts
  const search = searchText(name, facts)
  return [ip, orderIp(ip), platform, build, architecture, domain, processors, memoryMb, search]
}

/** What a search for hosts looks through. */
export function searchText(
  name: string,
  { ip, domain, platform, build }: Pick<HostFacts, 'ip' | 'domain' | 'platform' | 'build'>,
): string {
  return [name, ip, domain, platform, build].map(foldCase).join('\n')
}

function sameFacts(a: StoredFacts, b: StoredFacts): boolean {
  return (
    a === b ||
    (a.ip === b.ip &&
      a.platform === b.platform &&
      a.build === b.build &&
      a.architecture === b.architecture &&
      a.domain === b.domain &&
      a.processors === b.processors &&
      a.memoryMb === b.memoryMb &&
      sameGroups(a, b))
  )
}

function sameGroups({ groups: a = [] }: StoredFacts, { groups: b = [] }: StoredFacts): boolean {
  return (a.length === 0 && b.length === 0) || uniteGroups(a).join() === uniteGroups(b).join()
}

/** The databases know upper and lower case of ASCII at most, so both sides of a search are folded here. */
export function foldCase(text: string): string {
  return text.toLowerCase()
}

/** Each number with leading zeros, so that 10.0.0.9 comes before 10.0.0.10. */
function orderIp(ip: string): string {
  return /^[\d.]+$/.test(ip) ? ip.replace(/\d+/g, (digits) => digits.padStart(3, '0')) : ip.toLowerCase()
}
