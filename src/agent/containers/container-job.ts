import { existsSync } from 'node:fs'
import { CONTAINER_STATUS, placeOfStatus } from '../../domain/metrics/declared/statuses.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import {
  type BackgroundJob,
  type BackgroundResult,
  limitRun,
  nameSome,
  toReason,
} from '../background-result.ts'
import { addSample, findIncrease, percentOf, ratePerSecond, roundTo } from '../probes/arithmetic.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { RestartCount } from '../restart-count.ts'
import { type ContainerReading, type ListedContainer, readContainer, readListed } from './container.ts'
import { getJson } from './container-api.ts'

/** Where Docker and Podman listen. */
export const CONTAINER_SOCKETS: readonly string[] = ['/run/docker.sock', '/run/podman/podman.sock']

const MAX_CONTAINERS = 64
/** Each takes two requests; this many run at a time. */
const AT_ONCE = 4
const MAX_LIST_BYTES = 8 * 1024 * 1024
const MAX_ANSWER_BYTES = 1024 * 1024
const TIMEOUT_MS = 20_000
/** Of the time of a run: for the list of an engine, for one container, and for all of them. */
const LIST_SHARE = 0.4
const CONTAINER_SHARE = 0.25
const CONTAINERS_SHARE = 0.5

export type ContainerOptions = {
  readonly sockets?: readonly string[]
  /** Keeps counts of restarts for the next start of the agent; null keeps none. */
  readonly restartsFile?: string | null
  readonly intervalMs: number
  readonly clock: Clock
}

/** The containers of this machine as work that runs in the background. */
export function createContainerJob({
  sockets = CONTAINER_SOCKETS,
  restartsFile = null,
  intervalMs,
  clock,
}: ContainerOptions): BackgroundJob {
  const timeoutMs = limitRun(intervalMs, TIMEOUT_MS)
  const watch = new ContainerWatch(clock, timeoutMs, restartsFile)
  return {
    name: 'containers',
    intervalMs,
    timeoutMs,
    async run(signal) {
      const present = sockets.filter((socket) => existsSync(socket))
      if (present.length === 0) throw new Error(`there is no socket ${sockets.join(' or ')}`)
      return watch.read(present, signal)
    },
    fail: failed,
  }
}

const ENGINE = 'perf.containers.state'

const failed = (failure: string): BackgroundResult => ({
  samples: [{ metric: ENGINE, value: 0 }],
  reasons: new Map([[ENGINE, failure]]),
  failure,
})

type FoundContainer = ListedContainer & { readonly socket: string }
type SeenContainer = { readonly reading: ContainerReading; readonly atMs: number }

class ContainerWatch {
  /** By name. */
  #previous = new Map<string, SeenContainer>()
  readonly #restarts: RestartCount

  constructor(
    readonly clock: Clock,
    readonly timeoutMs: number,
    restartsFile: string | null,
  ) {
    this.#restarts = new RestartCount(clock, restartsFile)
  }

  async read(sockets: readonly string[], signal: AbortSignal): Promise<BackgroundResult> {
    const lists = await this.#within(signal, LIST_SHARE, (limited) =>
      Promise.allSettled(sockets.map((socket) => listContainers(socket, limited))),
    )
    signal.throwIfAborted()
    // An engine that was stopped leaves its socket behind, and one that is stuck takes requests without an answer: the
    // containers of the other are watched all the same.
    const failures = lists.flatMap((list) => (list.status === 'rejected' ? [describeError(list.reason)] : []))
    if (failures.length === lists.length) throw new Error(failures.join('; '))
    const all = nameApart(lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : [])))
    const watched = all.slice(0, MAX_CONTAINERS)
    const { now, silent } = await this.#inspectAll(sockets, watched, signal)
    signal.throwIfAborted()
    if (silent.length > 0) failures.push(`no answer about ${nameSome(silent)}`)
    const failure = failures.length === 0 ? null : toReason(failures.join('; '))
    const samples: ProbeSample[] = [
      { metric: ENGINE, value: failure === null ? 1 : 0 },
      { metric: 'perf.containers.running', value: all.filter(({ isRunning }) => isRunning).length },
      { metric: 'perf.containers.left', value: all.length - watched.length },
    ]
    const reasons = new Map<string, string>(failure === null ? [] : [[ENGINE, failure]])
    const restarts = this.#countRestarts(now)
    for (const [name, seen] of now) {
      this.#describe(name, seen, samples, reasons)
      samples.push({ metric: `perf.container.${name}.restarts.hour`, value: restarts.get(name) ?? 0 })
    }
    this.#previous = now
    return { samples, reasons, failure }
  }

  /** Each engine by itself, and none for long about one container: neither keeps the others from being read. */
  async #inspectAll(sockets: readonly string[], watched: readonly FoundContainer[], signal: AbortSignal) {
    const now = new Map<string, SeenContainer>()
    const silent: string[] = []
    await this.#within(signal, CONTAINERS_SHARE, (all) =>
      Promise.all(
        sockets.map((socket) =>
          forEachOf(
            watched.filter((found) => found.socket === socket),
            AT_ONCE,
            (found) =>
              this.#within(all, CONTAINER_SHARE, async (limited) => {
                const reading = await inspect(found, limited)
                if (reading !== null) now.set(found.name, { reading, atMs: this.clock.monotonicMs() })
                if (limited.aborted) silent.push(found.name)
              }),
          ),
        ),
      ),
    )
    return { now, silent }
  }

  /** Hands in a signal that is aborted with `signal`, or when this share of the time of a run is over. */
  async #within<T>(
    signal: AbortSignal,
    share: number,
    act: (limited: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ms = this.timeoutMs * share
    const limit = new AbortController()
    const timer = this.clock.after(ms, () => limit.abort(new Error(`no answer within ${ms / 1000} s`)))
    try {
      return await act(AbortSignal.any([signal, limit.signal]))
    } finally {
      timer.cancel()
    }
  }

  #describe(name: string, seen: SeenContainer, samples: ProbeSample[], reasons: Map<string, string>) {
    const { reading, atMs } = seen
    const known = this.#previous.get(name)
    // Counters of a container that replaced another start at zero.
    const before = known?.reading.id === reading.id ? known : null
    const seconds = before === null ? 0 : (atMs - before.atMs) / 1000
    const add = (end: string, value: number | null) =>
      addSample(samples, `perf.container.${name}.${end}`, value)
    add('state', reading.isGood ? 1 : 0)
    add('status', placeOfStatus(CONTAINER_STATUS, reading.status))
    if (reading.failure !== null) reasons.set(`perf.container.${name}.state`, toReason(reading.failure))
    if (reading.isHealthy !== null) add('healthy', reading.isHealthy ? 1 : 0)
    const because = toReason(reading.unhealthyBecause)
    if (reading.isHealthy === false && because !== '') reasons.set(`perf.container.${name}.healthy`, because)
    const used = findIncrease(reading.processor, before?.reading.processor)
    if (used !== null && seconds > 0 && reading.processors !== null)
      add(
        'processor.percent',
        percentOf(Math.min(used / 1e9, seconds * reading.processors), seconds * reading.processors),
      )
    add('memory.bytes', reading.memory)
    if (reading.memory !== null && reading.memoryLimit !== null)
      add('memory.percent', roundTo((reading.memory / reading.memoryLimit) * 100, 1))
    add('network.bytes.received', ratePerSecond(reading.received, before?.reading.received, seconds))
    add('network.bytes.sent', ratePerSecond(reading.sent, before?.reading.sent, seconds))
  }

  /** By name. A container that was made anew has a total of its own. */
  #countRestarts(now: ReadonlyMap<string, SeenContainer>): ReadonlyMap<string, number> {
    const totals = new Map<string, number>()
    for (const [name, { reading }] of now)
      if (reading.restarts !== null) totals.set(`${name} ${reading.id}`, reading.restarts)
    const byName = new Map<string, number>()
    for (const [key, count] of this.#restarts.note(totals)) {
      const name = key.slice(0, key.lastIndexOf(' '))
      byName.set(name, (byName.get(name) ?? 0) + count)
    }
    return byName
  }
}

async function listContainers(socket: string, signal: AbortSignal): Promise<FoundContainer[]> {
  const list = await getJson(socket, '/containers/json?all=1', { signal, most: MAX_LIST_BYTES }).catch(
    (error: unknown) => {
      throw new Error(`${socket}: ${describeFailure(error)}`)
    },
  )
  if (!Array.isArray(list)) throw new Error(`${socket} answers with no list of containers`)
  return list.flatMap((entry: unknown) => {
    const found = readListed(entry)
    return found === null || found.isOneOff ? [] : [{ ...found, socket }]
  })
}

/** Bun's own words for a socket that is refused speak of addresses and ports. */
function describeFailure(error: unknown): string {
  const text = describeError(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/ECONNREFUSED|ConnectionRefused/.test(`${code} ${text}`)) return 'nothing listens there'
  return /EACCES|EPERM|FailedToOpenSocket/.test(`${code} ${text}`) ? `${text}${FORBIDDEN}` : text
}

const FORBIDDEN = '; may the user of the agent read and write that socket?'

/**
 * Running containers come first, so that they are watched before ended ones; of two with one name the second
 * gets a number.
 */
function nameApart(found: readonly FoundContainer[]): FoundContainer[] {
  const sorted = [...found].sort(
    (a, b) =>
      Number(b.isRunning) - Number(a.isRunning) ||
      a.name.localeCompare(b.name, 'en') ||
      (a.id < b.id ? -1 : 1),
  )
  const taken = new Set<string>()
  return sorted.map((one) => {
    let name = one.name
    for (let number = 2; taken.has(name); number++) name = `${one.name}_${number}`
    taken.add(name)
    return { ...one, name }
  })
}

/** Null for a container that was removed meanwhile, or that the engine can't describe, or not before `signal` is aborted. */
async function inspect(
  { socket, id, isRunning }: FoundContainer,
  signal: AbortSignal,
): Promise<ContainerReading | null> {
  const get = (path: string) =>
    getJson(socket, `/containers/${id}/${path}`, { signal, most: MAX_ANSWER_BYTES }).catch(() => null)
  const inspected = await get('json')
  if (inspected === null) return null
  return readContainer(id, inspected, isRunning ? await get('stats?stream=false&one-shot=true') : null)
}

async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const work = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
