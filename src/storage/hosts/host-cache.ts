import { mergeGroups } from '../../domain/hosts/group.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import { nameOrder } from '../../domain/hosts/name-order.ts'
import type { Transaction } from '../database/database.ts'
import type { HostReport } from '../ports/store.ts'
import { saveHostMetricSet } from '../timeseries/metric-sets.ts'
import { parseGroups, saveGroups } from './groups.ts'
import {
  digestFacts,
  digestGroups,
  factValues,
  parseMounts,
  parseProgram,
  parseSpellings,
  type StoredFacts,
} from './host-facts.ts'
import { readProgramForm } from './program-form.ts'
import { saveThresholds } from './thresholds.ts'

/** The writer's memory of a host, so that a packet needs no look-up. */
export type CachedHost = {
  readonly id: number
  /** Its name now; its agent may still use a former one. */
  readonly name: string
  /** Of its facts, and of its groups alone. */
  factsDigest: number
  groupsDigest: number
  /** Whether `host_threshold` has a row of it. */
  reportsThresholds: boolean
  /** Of the key that owns the name; null while none does. */
  keyHash: string | null
  /**
   * The run of the agent that sends for the host; null for agents that number nothing, and while it was not
   * read.
   */
  agentRun: CachedAgentRun | null
  /** Whether the database knows an agent of it that numbers what it sends. */
  readonly isNumbered: boolean
  /** The newest day of which samples without numbers are noted; -1 when there is none. */
  unnumberedDay: number
  /** Names of metrics as its agent spells them, by the name that is kept. */
  spellings: Readonly<Record<string, string>>
  /**
   * A metric set in `host_metric_set`, and the day up to which it is noted as used; -1 for none. Nearly every host
   * has one, and that one needs no map.
   */
  metricSet: number
  metricSetDay: number
  /** The days of others by their ids. */
  otherMetricSets: Map<number, number> | null
}

/** The writer's memory of a host's agent. */
export type CachedAgentRun = {
  readonly run: string
  /** Of `agent_queue`. */
  readonly queue: number
  readonly queueName: string
}

const NO_FACTS: StoredFacts = {
  ip: '',
  platform: '',
  build: '',
  architecture: '',
  domain: '',
  processors: 0,
  memoryMb: 0,
}

const NO_SPELLINGS: Readonly<Record<string, string>> = {}

/** Hosts remembered; when there are more, forgotten ones are looked up again. */
const MAX_HOSTS = 50_000
/** Metric sets remembered per host; one that changes its metrics all the time must not fill the memory. */
const MAX_METRIC_SETS = 64

/**
 * Metric names remembered per host whose spelling differs; a host with more of them than a machine has
 * services is misbehaving.
 */
const MAX_SPELLINGS = 300

export type HostCache = {
  recall(name: string): CachedHost | null
  /** Every host that is remembered, including those added during the iteration. */
  all(): Iterator<CachedHost>
  /**
   * Null when there is no host of the report's name, and none that had it before and has the report's key.
   */
  find(transaction: Transaction, report: HostReport): Promise<CachedHost | null>
  /** Makes the host of a report. */
  add(transaction: Transaction, report: HostReport): Promise<CachedHost>
  /**
   * Writes facts that differ from those known, at once: agents do not repeat them after the acknowledgement. `now` is in
   * seconds since 1970.
   */
  saveFacts(transaction: Transaction, host: CachedHost, facts: HostFacts, now: number): Promise<void>
  /** Keeps how the host's agent spells names of metrics; a statement only when that is new. */
  saveSpellings(
    transaction: Transaction,
    host: CachedHost,
    spellings: Readonly<Record<string, string>>,
  ): Promise<void>
  /** Notes that the host used the layout on that day; a statement only when that is new. */
  saveMetricSet(transaction: Transaction, host: CachedHost, metricSet: number, day: number): Promise<void>
  forget(): void
}

export function createHostCache(): HostCache {
  const hosts = new Map<string, CachedHost>()

  function remember(name: string, host: CachedHost): CachedHost {
    if (hosts.size >= MAX_HOSTS) hosts.clear()
    hosts.set(name, host)
    return host
  }

  return {
    recall: (name) => hosts.get(name) ?? null,
    all: () => hosts.values(),
    async find(transaction, { host: name, keyHash = null }) {
      const found =
        (await findHost(transaction, 'name = ?', name)) ?? (await findRenamed(transaction, name, keyHash))
      return found === null ? null : remember(name, found)
    },
    add: async (transaction, report) => remember(report.host, await addHost(transaction, report)),
    async saveFacts(transaction, host, { thresholds = null, ...facts }, now) {
      // Agents of the original send packets without thresholds each minute: these must cost nothing.
      if (thresholds !== null || host.reportsThresholds)
        await saveThresholds(transaction, host.id, thresholds)
      host.reportsThresholds = thresholds !== null
      const digest = digestFacts(facts)
      if (digest === host.factsDigest) return
      await transaction.run(
        `UPDATE host SET ip = ?, ip_order = ?, platform = ?, build = ?, architecture = ?, domain = ?,
          processors = ?, memory_mb = ?, search_text = ?, mounts = ?, agent = ?, program = ? WHERE id = ?`,
        [...factValues(host.name, facts, await readProgramForm(transaction, now)), host.id],
      )
      const groupsDigest = digestGroups(facts.groups ?? [])
      if (groupsDigest !== host.groupsDigest)
        await saveGroups(transaction, host.id, 'said_groups', mergeGroups(facts.groups ?? []))
      host.factsDigest = digest
      host.groupsDigest = groupsDigest
    },
    async saveSpellings(transaction, host, spellings) {
      const isNew = ([metric, spelling]: [string, string]) => host.spellings[metric] !== spelling
      const added = Object.entries(spellings).filter(isNew)
      const room = MAX_SPELLINGS - Object.keys(host.spellings).length
      if (added.length === 0 || room <= 0) return
      const all = { ...host.spellings, ...Object.fromEntries(added.slice(0, room)) }
      await transaction.run('UPDATE host SET spellings = ? WHERE id = ?', [JSON.stringify(all), host.id])
      host.spellings = all
    },
    async saveMetricSet(transaction, host, metricSet, day) {
      if (findMetricSetDay(host, metricSet) >= day) return
      const saved = await saveHostMetricSet(transaction, host.id, metricSet, day)
      if (metricSet === host.metricSet || host.metricSet === -1) {
        host.metricSet = metricSet
        host.metricSetDay = saved
        return
      }
      host.otherMetricSets ??= new Map()
      if (host.otherMetricSets.size >= MAX_METRIC_SETS) host.otherMetricSets.clear()
      host.otherMetricSets.set(metricSet, saved)
    },
    forget: () => hosts.clear(),
  }
}

/** The day up to which the host is noted to use the metric set; -1 when it is not. */
export function findMetricSetDay(host: CachedHost, metricSet: number): number {
  if (metricSet === host.metricSet) return host.metricSetDay
  return host.otherMetricSets?.get(metricSet) ?? -1
}

/**
 * The host that had this name before it was renamed, for its own agent. For any other agent the name is free
 * for a new host.
 */
async function findRenamed(
  transaction: Transaction,
  name: string,
  keyHash: string | null,
): Promise<CachedHost | null> {
  const host = await findHost(transaction, 'id = (SELECT host FROM former_name WHERE name = ?)', name)
  return host?.keyHash === keyHash ? host : null
}

async function findHost(
  transaction: Transaction,
  condition: string,
  value: string,
): Promise<CachedHost | null> {
  const [row] = await transaction.query<CachedHostRow>(
    `SELECT id, name, ip, platform, build, architecture, domain, processors, memory_mb, key_hash, said_groups, mounts,
      agent, program, spellings, EXISTS (SELECT 1 FROM host_threshold WHERE host_threshold.host = host.id) AS tells,
      EXISTS (SELECT 1 FROM agent_run WHERE agent_run.host = host.id) AS numbers FROM host
      WHERE ${condition}`,
    [value],
  )
  if (!row) return null
  const {
    id,
    name,
    memory_mb: memoryMb,
    key_hash: keyHash,
    said_groups: groups,
    mounts,
    tells,
    ...rest
  } = row
  const { agent, program, spellings, numbers, ...facts } = rest
  const stored: StoredFacts = {
    ...facts,
    memoryMb,
    groups: parseGroups(groups),
    ...parseMounts(mounts),
    ...(agent !== null && { agent }),
    ...parseProgram(program),
  }
  return {
    ...rememberHost({ id, name, keyHash, isNumbered: numbers === 1 }, stored),
    spellings: parseSpellings(spellings).spellings ?? NO_SPELLINGS,
    reportsThresholds: tells === 1,
  }
}

function rememberHost(
  about: Pick<CachedHost, 'id' | 'name' | 'keyHash' | 'isNumbered'>,
  facts: StoredFacts,
): CachedHost {
  const { id, name, keyHash, isNumbered } = about
  return {
    id,
    name,
    factsDigest: digestFacts(facts),
    groupsDigest: digestGroups(facts.groups ?? []),
    spellings: NO_SPELLINGS,
    reportsThresholds: false,
    keyHash,
    agentRun: null,
    isNumbered,
    unnumberedDay: -1,
    metricSet: -1,
    metricSetDay: -1,
    otherMetricSets: null,
  }
}

type CachedHostRow = Omit<StoredFacts, 'memoryMb' | 'mounts' | 'agent' | 'program'> & {
  id: number
  name: string
  tells: number
  numbers: number
  memory_mb: number
  key_hash: string | null
  said_groups: string | null
  mounts: string | null
  agent: string | null
  program: string | null
  spellings: string | null
}

/** Makes the host of a report; not remembered. */
export async function addHost(transaction: Transaction, report: HostReport): Promise<CachedHost> {
  await transaction.run('DELETE FROM former_name WHERE name = ?', [report.host])
  const { facts: said, keyHash = null } = report
  const { thresholds: _, ...facts }: HostFacts = said ?? NO_FACTS
  const id = await transaction.insert(
    `INSERT INTO host (ip, ip_order, platform, build, architecture, domain, processors, memory_mb, search_text,
      mounts, agent, program, name, name_order, first_seen, last_seen, clock_skew, key_hash, latest_time, latest)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)`,
    [
      ...factValues(report.host, facts, await readProgramForm(transaction, report.seen)),
      report.host,
      nameOrder(report.host),
      report.seen,
      report.seen,
      report.clockSkew,
      keyHash,
    ],
  )
  if (facts.groups && facts.groups.length > 0)
    await saveGroups(transaction, id, 'said_groups', mergeGroups(facts.groups))
  return rememberHost({ id, name: report.host, keyHash, isNumbered: false }, facts)
}
