import { toMetricPart } from '../probes/metric-name.ts'
import { dig, digNumber, digText, isRecord } from './json-fields.ts'

/** An entry of the list of containers. */
export type ListedContainer = {
  readonly id: string
  /** The same for each container that takes the place of this one. */
  readonly name: string
  readonly isRunning: boolean
  /** What the engine says of it: its state, and the text with the time since when it has it. */
  readonly words: string
  /** Started by hand for one command. */
  readonly isOneOff: boolean
}

/** Returns null for anything that is not a container. */
export function readListed(entry: unknown): ListedContainer | null {
  const id = digText(entry, 'Id')
  if (!/^[0-9a-f]{12,64}$/.test(id)) return null
  const labels = dig(entry, 'Labels')
  return {
    id,
    name: nameContainer(entry, labels) || id.slice(0, 12),
    isRunning: digText(entry, 'State') === 'running',
    words: `${digText(entry, 'State')}: ${digText(entry, 'Status')}`,
    isOneOff: /^true$/i.test(labelOf(labels, 'com.docker.compose.oneoff')),
  }
}

const labelOf = (labels: unknown, key: string) => digText(labels, key)

/**
 * Compose and swarm re-create containers under other names and ids, and label them with their lasting names:
 * project and service, and the number where a service has several.
 */
function nameContainer(entry: unknown, labels: unknown): string {
  const service = labelOf(labels, 'com.docker.compose.service')
  const project = labelOf(labels, 'com.docker.compose.project')
  if (service !== '' && project !== '') {
    const number = labelOf(labels, 'com.docker.compose.container-number')
    return toMetricPart(`${project}.${service}${number === '' || number === '1' ? '' : `.${number}`}`)
  }
  // SERVICE.SLOT.ID: the id is another one for each task that takes the slot.
  const task = /^(.+\.[^.]+)\.[a-z0-9]{20,}$/.exec(labelOf(labels, 'com.docker.swarm.task.name'))?.[1]
  if (task !== undefined) return toMetricPart(task)
  const names = dig(entry, 'Names')
  const first: unknown = Array.isArray(names) ? names[0] : ''
  return toMetricPart(typeof first === 'string' ? first.replace(/^\//, '') : '')
}

/** What the engine tells when it is asked about a container. */
export type ContainerState = {
  /** As the engine calls it, in small letters: `running`, `exited`. */
  readonly status: string
  readonly isGood: boolean
  /** Why it is not good; null when it is. */
  readonly failure: string | null
  readonly hasHealthCheck: boolean
  /** Null when it has no health check, or none that has ended. */
  readonly isHealthy: boolean | null
  readonly unhealthyBecause: string
  readonly restarts: number | null
  /** The engine's text for the moment; another one after each start. */
  readonly startedAt: string
  /** Bytes; null when it has no limit of its own. */
  readonly memoryLimit: number | null
}

export function readState(inspected: unknown): ContainerState {
  const state = dig(inspected, 'State')
  const failure = findFailure(state, digText(inspected, 'HostConfig', 'RestartPolicy', 'Name'))
  const status = digText(state, 'Status')
  // An engine keeps what the last check of one that has ended said.
  const health =
    status === 'running' ? digText(state, 'Health', 'Status') || digText(state, 'Healthcheck', 'Status') : ''
  const log = dig(state, 'Health', 'Log') ?? dig(state, 'Healthcheck', 'Log')
  const limit = digNumber(inspected, 'HostConfig', 'Memory')
  return {
    status,
    isGood: failure === null,
    failure,
    hasHealthCheck: health !== '' && health !== 'none',
    isHealthy: health === 'healthy' ? true : health === 'unhealthy' ? false : null,
    unhealthyBecause: digText(Array.isArray(log) ? log.at(-1) : null, 'Output'),
    restarts: digNumber(inspected, 'RestartCount'),
    startedAt: digText(state, 'StartedAt'),
    memoryLimit: limit !== null && limit > 0 ? limit : null,
  }
}

/** What a container that runs has used. Counters are totals since its start. */
export type ContainerUsage = {
  /** Nanoseconds of processor time. */
  readonly processor: number | null
  readonly processors: number | null
  readonly memory: number | null
  readonly received: number | null
  readonly sent: number | null
}

export function readUsage(stats: unknown): ContainerUsage {
  const [received, sent] = sumNetworks(dig(stats, 'networks'))
  return {
    processor: digNumber(stats, 'cpu_stats', 'cpu_usage', 'total_usage'),
    processors: digNumber(stats, 'cpu_stats', 'online_cpus'),
    memory: readMemory(dig(stats, 'memory_stats')),
    received,
    sent,
  }
}

/**
 * One that has ended well and is not to be started again has done its work; one that was made and never started waits
 * for somebody to start it. Where a start has failed, as for a port that is taken, the engine says why.
 */
function findFailure(state: unknown, policy: string): string | null {
  const status = digText(state, 'Status')
  const exit = digNumber(state, 'ExitCode') ?? 0
  const isUnstarted = NEVER_STARTED.has(status) && exit === 0 && digText(state, 'Error') === ''
  if (status === 'running' || isUnstarted) return null
  const isOver = status === 'exited' || status === 'stopped'
  if (isOver && exit === 0 && !/^(always|unless-stopped)$/.test(policy)) return null
  const killed = dig(state, 'OOMKilled') === true ? ', out of memory' : ''
  const error = digText(state, 'Error')
  const words =
    isOver || status === 'restarting' ? `${status} with code ${exit}${killed}` : status || 'unknown'
  return error === '' ? words : `${words}: ${error}`
}

/** The first start of a container ends these states for good; the second one is Podman's own. */
const NEVER_STARTED: ReadonlySet<string> = new Set(['created', 'initialized'])

/** As `docker stats` has it: without the files that the kernel keeps in memory and can drop. */
function readMemory(stats: unknown): number | null {
  const usage = digNumber(stats, 'usage')
  if (usage === null) return null
  const droppable =
    digNumber(stats, 'stats', 'total_inactive_file') ?? digNumber(stats, 'stats', 'inactive_file') ?? 0
  return Math.max(0, usage - droppable)
}

function sumNetworks(networks: unknown): [number | null, number | null] {
  if (!isRecord(networks)) return [null, null]
  let [received, sent] = [0, 0]
  for (const network of Object.values(networks)) {
    received += digNumber(network, 'rx_bytes') ?? 0
    sent += digNumber(network, 'tx_bytes') ?? 0
  }
  return [received, sent]
}
