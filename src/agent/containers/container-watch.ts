import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { type BackgroundResult, nameSome, toReason } from '../background-result.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { RestartCount } from '../restart-count.ts'
import { type ListedContainer, readState, readUsage } from './container.ts'
import { Engine, inspect, readStats } from './engine.ts'
import { type EngineConnection, EngineRejection } from './engine-connection.ts'
import { RequestDeadlines } from './request-deadlines.ts'
import { WatchedContainer } from './watched-container.ts'

const MAX_CONTAINERS = 64
/** Of the time of a run: for the list of an engine, for one container, and for all of them. */
const LIST_SHARE = 0.4
const CONTAINER_SHARE = 0.25
const CONTAINERS_SHARE = 0.5

/**
 * What a container uses is asked for again before it is older than this, a few containers in each run: the engine adds
 * it up from many files of the kernel, which costs it more than us.
 */
const USAGE_EVERY_MS = 10_000

/**
 * The list tells in each run what happens to a container, so that the engine is asked about its state when that has
 * changed. What the list does not tell (its limit of memory, what its health check printed) is at most this old.
 */
const STATE_EVERY_MS = 300_000

/** Connections are kept for runs that are not further apart; Podman stays as long as there is one. */
const KEEP_CONNECTION_MS = 5000

export const ENGINE_METRIC = 'perf.containers.state'

export type ContainerWatchOptions = {
  readonly clock: Clock
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly restartsFile: string | null
}

type FoundContainer = {
  readonly name: string
  readonly engine: Engine
  readonly listed: ListedContainer
}

/** Reads the containers of one machine, again and again. */
export class ContainerWatch {
  readonly #options: ContainerWatchOptions
  readonly #restarts: RestartCount
  readonly #engines = new Map<string, Engine>()
  /** By id. */
  #known = new Map<string, WatchedContainer>()
  #lists: readonly (readonly ListedContainer[] | null)[] = []
  #found: readonly FoundContainer[] = []
  /** Runs and containers are counted, so that containers take turns. */
  #run = 0
  #containers = 0

  constructor(options: ContainerWatchOptions) {
    this.#options = options
    this.#restarts = new RestartCount(options.clock, options.restartsFile)
  }

  async read(sockets: readonly string[], signal: AbortSignal): Promise<BackgroundResult> {
    const engines = sockets.map((socket) => this.#engine(socket))
    const deadlines = new RequestDeadlines(this.#options.clock)
    const abort = () => {
      for (const engine of engines) engine.close(new Error('ended'))
    }
    signal.addEventListener('abort', abort)
    try {
      return await this.#readEngines(engines, deadlines, signal)
    } finally {
      signal.removeEventListener('abort', abort)
      deadlines.close()
      for (const engine of engines) engine.endRun(this.#options.intervalMs <= KEEP_CONNECTION_MS)
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const engine of this.#engines.values()) engine.close(new Error('ended'))
  }

  async #readEngines(engines: readonly Engine[], deadlines: RequestDeadlines, signal: AbortSignal) {
    const { timeoutMs } = this.#options
    this.#run++
    // An engine that was stopped leaves its socket behind, and one that is stuck takes requests without an answer: the
    // containers of the other are watched all the same.
    const failures: string[] = []
    const lists = await Promise.all(
      engines.map((engine) =>
        engine.list(deadlines, timeoutMs * LIST_SHARE).catch((error: unknown) => {
          failures.push(describeError(error))
          return null
        }),
      ),
    )
    signal.throwIfAborted()
    if (failures.length === lists.length) throw new Error(failures.join('; '))
    const all = this.#nameAll(engines, lists)
    const watched = all.slice(0, MAX_CONTAINERS)
    this.#remember(watched)
    const { silent, missing } = await this.#askAll(engines, watched, deadlines, signal)
    signal.throwIfAborted()
    if (silent.length > 0) failures.push(`no valid answer about ${nameSome(silent)}`)
    const failure = failures.length === 0 ? null : toReason(failures.join('; '))
    const samples: ProbeSample[] = [
      { metric: ENGINE_METRIC, value: failure === null ? 1 : 0 },
      { metric: 'perf.containers.running', value: all.filter(({ listed }) => listed.isRunning).length },
      { metric: 'perf.containers.left', value: all.length - watched.length },
    ]
    const reasons = new Map<string, string>(failure === null ? [] : [[ENGINE_METRIC, failure]])
    const restarts = this.#countRestarts(watched)
    for (const { name, listed } of watched) {
      const known = this.#known.get(listed.id)
      if (known === undefined || missing.has(known)) continue
      for (const sample of known.describe(name, restarts.get(name) ?? 0)) samples.push(sample)
      known.explain(name, reasons)
    }
    return { samples, reasons, failure }
  }

  #engine(socket: string): Engine {
    const engine = this.#engines.get(socket) ?? new Engine(socket)
    this.#engines.set(socket, engine)
    return engine
  }

  /**
   * The same array as before where every engine says the same as before. What an engine that does not answer had last
   * keeps its names: those of the other engines are not taken for them.
   */
  #nameAll(engines: readonly Engine[], lists: readonly (readonly ListedContainer[] | null)[]) {
    const isSame = lists.length === this.#lists.length && lists.every((list, i) => list === this.#lists[i])
    if (isSame) return this.#found
    this.#lists = lists
    const answering = engines.filter((_, i) => lists[i] !== null)
    const all = listAll(answering)
    const ids = new Set(all.map(({ listed }) => listed.id))
    const silent = [...this.#engines.values()].filter((engine) => !answering.includes(engine))
    // The same engine may be reached by another socket now.
    const kept = listAll(silent).filter(({ listed }) => !ids.has(listed.id))
    this.#found = nameApart([...all, ...kept]).filter(({ engine }) => answering.includes(engine))
    return this.#found
  }

  #remember(watched: readonly FoundContainer[]): void {
    const known = new Map<string, WatchedContainer>()
    for (const { listed } of watched)
      known.set(listed.id, this.#known.get(listed.id) ?? new WatchedContainer(this.#containers++))
    this.#known = known
  }

  /**
   * Each engine by itself, and none for long about one container: neither keeps the others from being read. Returns the
   * names of those about which there was no answer, and what there is nothing to say of now.
   */
  async #askAll(
    engines: readonly Engine[],
    watched: readonly FoundContainer[],
    deadlines: RequestDeadlines,
    signal: AbortSignal,
  ) {
    const { clock, timeoutMs } = this.#options
    const nowMs = clock.monotonicMs()
    const silent: string[] = []
    const missing = new Set<WatchedContainer>()
    const requests = watched.flatMap((found) => this.#findDueRequest(found, nowMs) ?? [])
    const act = async (request: DueRequest, connection: EngineConnection) => {
      const { found, known } = request
      const leftMs = nowMs + timeoutMs * CONTAINERS_SHARE - clock.monotonicMs()
      known.isSilent = true
      if (signal.aborted || leftMs <= 0) missing.add(known)
      else
        await deadlines.within(connection, Math.min(leftMs, timeoutMs * CONTAINER_SHARE), async () => {
          if (!(await this.#ask(request, connection, nowMs))) missing.add(known)
        })
      if (known.isSilent) silent.push(found.name)
    }
    await Promise.all(
      engines.map((engine) =>
        engine.forEach(
          requests.filter(({ found }) => found.engine === engine),
          act,
        ),
      ),
    )
    return { silent, missing }
  }

  /** What to ask about a container in this run; null for nothing. */
  #findDueRequest(found: FoundContainer, nowMs: number): DueRequest | null {
    const { listed } = found
    const known = this.#known.get(listed.id)
    if (known === undefined) return null
    const { stateMs, usageMs } = known.ages(nowMs)
    const isDue = (everyMs: number, ageMs: number) => {
      const turns = Math.max(1, Math.floor(everyMs / this.#options.intervalMs))
      return (known.turn - this.#run) % turns === 0 || ageMs > everyMs + turns * this.#options.intervalMs
    }
    const wantsState =
      known.isSilent ||
      known.hasChanged(listed, nowMs) ||
      isDue(known.isHiddenFromList(listed) ? USAGE_EVERY_MS : STATE_EVERY_MS, stateMs)
    const wantsUsage =
      listed.isRunning && (!known.hasUsage || known.isSilent || isDue(USAGE_EVERY_MS, usageMs))
    return wantsState || wantsUsage ? { found, known, wantsState, wantsUsage } : null
  }

  /** False for a container whose state is not to be had. Never rejects; leaves `isSilent` where there was no answer. */
  async #ask(
    { found: { listed }, known, ...wants }: DueRequest,
    connection: EngineConnection,
    nowMs: number,
  ) {
    try {
      if (wants.wantsState) known.takeState(readState(await inspect(connection, listed.id)), listed, nowMs)
    } catch (error) {
      // It was removed meanwhile.
      known.isSilent = !(error instanceof EngineRejection && error.status === 404)
      return false
    }
    known.isSilent = false
    if (!listed.isRunning || known.state?.status !== 'running') return true
    if (!wants.wantsUsage && known.hasUsage) return true
    try {
      const reading = readUsage(await readStats(connection, listed.id))
      known.takeUsage(reading, this.#options.clock.monotonicMs())
    } catch (error) {
      known.takeUsage(null, nowMs)
      // It may have ended meanwhile.
      known.isSilent = !(error instanceof EngineRejection)
    }
    return true
  }

  /** By name. A container that was made anew has a total of its own. */
  #countRestarts(watched: readonly FoundContainer[]): ReadonlyMap<string, number> {
    const totals = new Map<string, number>()
    for (const { name, listed } of watched) {
      const restarts = this.#known.get(listed.id)?.state?.restarts ?? null
      if (restarts !== null) totals.set(`${name} ${listed.id}`, restarts)
    }
    const byName = new Map<string, number>()
    for (const [key, count] of this.#restarts.note(totals)) {
      const name = key.slice(0, key.lastIndexOf(' '))
      byName.set(name, (byName.get(name) ?? 0) + count)
    }
    return byName
  }
}

type DueRequest = {
  readonly found: FoundContainer
  readonly known: WatchedContainer
  readonly wantsState: boolean
  readonly wantsUsage: boolean
}

const listAll = (engines: readonly Engine[]) =>
  engines.flatMap((engine) => engine.latest.map((listed) => ({ engine, listed })))

/**
 * Running containers come first, so that they are watched before ended ones; of two with one name the second gets a
 * number. That is the one of the later engine, whether it runs or not: the other may end without losing its name to it.
 */
function nameApart(found: readonly Omit<FoundContainer, 'name'>[]): FoundContainer[] {
  const taken = new Set<string>()
  return [...found]
    .sort((a, b) => compare(a.engine.socket, b.engine.socket) || rank(a, b))
    .map((one) => {
      let { name } = one.listed
      for (let number = 2; taken.has(name); number++) name = `${one.listed.name}_${number}`
      taken.add(name)
      return { ...one, name }
    })
    .sort(rank)
}

const rank = ({ listed: a }: Omit<FoundContainer, 'name'>, { listed: b }: Omit<FoundContainer, 'name'>) =>
  Number(b.isRunning) - Number(a.isRunning) || compare(a.name, b.name) || compare(a.id, b.id)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
