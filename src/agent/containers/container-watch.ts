import type { Clock } from '../../lib/clock.ts'
import { type BackgroundResult, nameSome, toReason } from '../background-result.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { RestartCount } from '../restart-count.ts'
import { readState, readUsage } from './container.ts'
import { ContainerNames, type FoundContainer } from './container-names.ts'
import { Engine, inspect, readStats } from './engine.ts'
import { type EngineConnection, EngineRejection } from './engine-connection.ts'
import { RequestDeadlines } from './request-deadlines.ts'
import { WatchedContainer } from './watched-container.ts'

const MAX_CONTAINERS = 64
/** One container is given this long for its answer, and all that are asked about together. */
const CONTAINER_MS = 5000
const CONTAINERS_MS = 10_000
/**
 * A run waits this part of its time for answers. What comes later, from an engine or about a container that is slow, is
 * taken by a later run; until then there is what was known before.
 */
const WAIT_SHARE = 0.9

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

/** Reads the containers of one machine, again and again. */
export class ContainerWatch {
  readonly #options: ContainerWatchOptions
  readonly #restarts: RestartCount
  readonly #deadlines: RequestDeadlines
  readonly #engines = new Map<string, Engine>()
  readonly #names = new ContainerNames()
  /** By id. */
  #known = new Map<string, WatchedContainer>()
  /** Runs and containers are counted, so that containers take turns. */
  #run = 0
  #containers = 0
  #unsettled: ReadonlySet<string> = new Set()

  constructor(options: ContainerWatchOptions) {
    this.#options = options
    this.#restarts = new RestartCount(options.clock, options.restartsFile)
    this.#deadlines = new RequestDeadlines(options.clock)
  }

  /** Of these metrics each value is to be read anew. */
  noteUnsettled(metrics: ReadonlySet<string>): void {
    this.#unsettled = metrics
  }

  /**
   * Asks each engine by itself, unless it still owes an answer to an earlier run. Rejects when none of them has answered
   * and one has failed.
   */
  async read(sockets: readonly string[], signal: AbortSignal): Promise<BackgroundResult> {
    const engines = sockets.map((socket) => this.#engine(socket))
    this.#run++
    for (const engine of engines) engine.beginRun()
    const free = engines.filter(({ isListing }) => !isListing)
    await this.#waitFor(Promise.all(free.map((engine) => this.#readEngine(engine, engines))), signal)
    for (const engine of engines) engine.endRun(this.#options.intervalMs <= KEEP_CONNECTION_MS)
    signal.throwIfAborted()
    return this.#describe(engines)
  }

  /** Closes all connections. */
  close(): void {
    for (const engine of this.#engines.values()) engine.close(new Error('ended'))
  }

  #engine(socket: string): Engine {
    const engine = this.#engines.get(socket) ?? new Engine(socket, this.#deadlines)
    this.#engines.set(socket, engine)
    return engine
  }

  async #waitFor(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { clock, timeoutMs } = this.#options
    const over = Promise.withResolvers<void>()
    const timer = clock.after(timeoutMs * WAIT_SHARE, over.resolve)
    signal.addEventListener('abort', () => over.resolve(), { once: true })
    await Promise.race([work, over.promise])
    timer.cancel()
  }

  #find(engines: readonly Engine[]) {
    const all = this.#names.find(engines, [...this.#engines.values()])
    return { all, watched: all.slice(0, MAX_CONTAINERS) }
  }

  /** The list, and then what is due about its containers. Never rejects. */
  async #readEngine(engine: Engine, engines: readonly Engine[]): Promise<void> {
    await engine.refresh()
    if (engine.failure !== null) return
    const { watched } = this.#find(engines)
    this.#remember(watched)
    const dueMs = this.#options.clock.monotonicMs() + CONTAINERS_MS
    const due = watched.flatMap((found) =>
      found.engine === engine ? (this.#findDueRequest(found) ?? []) : [],
    )
    if (due.length > 0)
      await engine.askAll(
        due.map((request) => ({
          isSilent: request.known.isSilent,
          act: (connection) => this.#act(request, connection, dueMs),
        })),
      )
  }

  #describe(engines: readonly Engine[]): BackgroundResult {
    const failures = engines.flatMap(({ failure }) => failure ?? [])
    if (!engines.some(({ hasAnswered }) => hasAnswered)) {
      if (failures.length > 0) throw new Error(failures.join('; '))
      // The first answer is still to come.
      return { samples: [], reasons: new Map(), failure: null }
    }
    const { all, watched } = this.#find(engines)
    const silent = watched.filter(({ listed }) => this.#known.get(listed.id)?.isSilent === true)
    if (silent.length > 0) failures.push(`no valid answer about ${nameSome(silent.map(({ name }) => name))}`)
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
      if (known === undefined || known.isMissing) continue
      for (const sample of known.describe(name, restarts.get(name) ?? 0)) samples.push(sample)
      known.explain(name, reasons)
    }
    return { samples, reasons, failure }
  }

  /** Those that an engine which fails now had last are forgotten, as what is said of them later is another beginning. */
  #remember(watched: readonly FoundContainer[]): void {
    const known = new Map<string, WatchedContainer>()
    for (const { listed } of watched)
      known.set(listed.id, this.#known.get(listed.id) ?? new WatchedContainer(this.#containers++))
    this.#known = known
  }

  async #act({ known, ...request }: DueRequest, connection: EngineConnection, dueMs: number): Promise<void> {
    const leftMs = dueMs - this.#options.clock.monotonicMs()
    if (leftMs > 0)
      await this.#deadlines.within(connection, Math.min(leftMs, CONTAINER_MS), () =>
        this.#ask({ known, ...request }, connection),
      )
    else known.noteMissing({ isSilent: true })
    known.isAsked = false
  }

  /** What to ask about a container in this run; null for nothing. */
  #findDueRequest(found: FoundContainer): DueRequest | null {
    const { listed } = found
    const nowMs = this.#options.clock.monotonicMs()
    const known = this.#known.get(listed.id)
    if (known === undefined || known.isAsked) return null
    const { stateMs, usageMs } = known.ages(nowMs)
    const isDue = (everyMs: number, ageMs: number) => {
      const turns = Math.max(1, Math.floor(everyMs / this.#options.intervalMs))
      return (known.turn - this.#run) % turns === 0 || ageMs > everyMs + turns * this.#options.intervalMs
    }
    const wantsState =
      known.isSilent ||
      known.isMissing ||
      known.hasChanged(listed, nowMs) ||
      isDue(known.isHiddenFromList(listed) ? USAGE_EVERY_MS : STATE_EVERY_MS, stateMs)
    const wantsUsage =
      listed.isRunning &&
      (!known.hasUsage || known.isSilent || isDue(USAGE_EVERY_MS, usageMs) || this.#isUnsettled(found))
    if (!wantsState && !wantsUsage) return null
    known.isAsked = true
    return { found, known, wantsState, wantsUsage }
  }

  /** A threshold counts what it uses. */
  #isUnsettled({ name }: FoundContainer): boolean {
    if (this.#unsettled.size === 0) return false
    const prefix = `perf.container.${name}.`
    return [...this.#unsettled].some((metric) => metric.startsWith(prefix))
  }

  /** Never rejects. */
  async #ask({ found: { listed }, known, ...wants }: DueRequest, connection: EngineConnection) {
    const nowMs = this.#options.clock.monotonicMs()
    try {
      if (wants.wantsState) known.takeState(readState(await inspect(connection, listed.id)), listed, nowMs)
    } catch (error) {
      // It was removed meanwhile.
      const isGone = error instanceof EngineRejection && error.status === 404
      return known.noteMissing({ isSilent: !isGone })
    }
    known.isMissing = false
    const isRunning = listed.isRunning && known.state?.status === 'running'
    if (!isRunning || (known.hasUsage && !wants.wantsUsage)) {
      known.isSilent = false
      return
    }
    try {
      const reading = readUsage(await readStats(connection, listed.id))
      known.takeUsage(reading, this.#options.clock.monotonicMs())
      known.isSilent = false
    } catch (error) {
      known.takeUsage(null, nowMs)
      // It may have ended meanwhile.
      known.isSilent = !(error instanceof EngineRejection)
    }
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
