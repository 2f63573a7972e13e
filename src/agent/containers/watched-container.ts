import { CONTAINER_STATUS, placeOfStatus } from '../../domain/metrics/declared/statuses.ts'
import { toReason } from '../background-result.ts'
import { addSample, findIncrease, percentOf, ratePerSecond, roundTo } from '../probes/arithmetic.ts'
import type { ProbeSample } from '../probes/probe.ts'
import type { ContainerState, ContainerUsage, ListedContainer } from './container.ts'
import { readStatusText, type StatusText } from './status-text.ts'

/** Two times of an engine that differ by less may be the same one, read at different moments. */
const SAME_MS = 2000

type Usage = { readonly reading: ContainerUsage; readonly atMs: number; readonly samples: ProbeSample[] }

/** What is known of a container, from one run to the next. */
export class WatchedContainer {
  #state: ContainerState | null = null
  /** What the engine's list said when `#state` was read. */
  #text: StatusText = { words: '', since: null }
  #stateMs = Number.NEGATIVE_INFINITY
  #usage: Usage | null = null
  /** There was no answer about it, and it is asked until there is: otherwise that would look as if it were over. */
  isSilent = false
  /** There is nothing to say of its state now. */
  isMissing = false
  /** A request about it is under way, or waits for its turn. */
  isAsked = false
  /** Made of the above, for a name and a count of restarts; null when any of them has changed. */
  #samples: { readonly name: string; readonly restarts: number; readonly list: ProbeSample[] } | null = null

  /** @param turn of those that are asked in turn; containers with different ones are asked in different runs */
  constructor(readonly turn: number) {}

  get state(): ContainerState | null {
    return this.#state
  }

  get hasUsage(): boolean {
    return this.#usage !== null
  }

  /** How long ago the engine was asked about its state, and what it uses; infinite when never. */
  ages(nowMs: number): { readonly stateMs: number; readonly usageMs: number } {
    return {
      stateMs: nowMs - this.#stateMs,
      usageMs: nowMs - (this.#usage?.atMs ?? Number.NEGATIVE_INFINITY),
    }
  }

  /** The list says anything else of it than when its state was read, or it was started again since. */
  hasChanged(listed: ListedContainer, nowMs: number): boolean {
    if (this.#state === null) return true
    const { words, since } = readStatusText(listed.words, nowMs)
    const before = this.#text.since
    if (words !== this.#text.words || (since === null) !== (before === null)) return true
    if (since === null || before === null) return false
    // One that was just started may be started again within what counts as the same moment.
    if (before.toMs > this.#stateMs - SAME_MS) return true
    return since.fromMs > before.toMs + SAME_MS || since.toMs < before.fromMs - SAME_MS
  }

  /** The list alone does not tell what happens to it: its health, or whether it was started again. */
  isHiddenFromList({ isRunning }: ListedContainer): boolean {
    const { words, since } = this.#text
    const isHealthHidden =
      this.#state?.hasHealthCheck === true && !/\((?:un)?healthy\)|\(health: /.test(words)
    return isRunning && (since === null || isHealthHidden)
  }

  takeState(state: ContainerState, listed: ListedContainer, nowMs: number): void {
    if (state.startedAt !== this.#state?.startedAt || state.status !== 'running') this.#usage = null
    this.#state = state
    this.#stateMs = nowMs
    this.#text = readStatusText(listed.words, nowMs)
    this.#samples = null
  }

  /** @param isSilent no answer came; otherwise that it is gone */
  noteMissing({ isSilent }: { readonly isSilent: boolean }): void {
    this.isSilent = isSilent
    this.isMissing = true
  }

  /** @param reading null when it has none to give */
  takeUsage(reading: ContainerUsage | null, nowMs: number): void {
    this.#usage = reading === null ? null : { reading, atMs: nowMs, samples: this.#rate(reading, nowMs) }
    this.#samples = null
  }

  /** Its samples, with names that end as those of this list do. */
  describe(name: string, restarts: number): readonly ProbeSample[] {
    const made = this.#samples
    if (made !== null && made.name === name && made.restarts === restarts) return made.list
    const list = this.#describe(`perf.container.${name}.`, restarts)
    this.#samples = { name, restarts, list }
    return list
  }

  /** Why it is not good, by metric. */
  explain(name: string, reasons: Map<string, string>): void {
    const { failure = null, isHealthy = null, unhealthyBecause = '' } = this.#state ?? {}
    if (failure !== null) reasons.set(`perf.container.${name}.state`, toReason(failure))
    const because = isHealthy === false ? toReason(unhealthyBecause) : ''
    if (because !== '') reasons.set(`perf.container.${name}.healthy`, because)
  }

  #describe(prefix: string, restarts: number): ProbeSample[] {
    const state = this.#state
    if (state === null) return []
    const samples: ProbeSample[] = []
    const add = (end: string, value: number | null) => addSample(samples, prefix + end, value)
    add('state', state.isGood ? 1 : 0)
    add('status', placeOfStatus(CONTAINER_STATUS, state.status))
    if (state.isHealthy !== null) add('healthy', state.isHealthy ? 1 : 0)
    for (const { metric, value } of this.#usage?.samples ?? []) add(metric, value)
    const memory = this.#usage?.reading.memory ?? null
    if (memory !== null && state.memoryLimit !== null)
      add('memory.percent', roundTo((memory / state.memoryLimit) * 100, 1))
    add('restarts.hour', restarts)
    return samples
  }

  /** By the end of the metric's name. */
  #rate(reading: ContainerUsage, nowMs: number): ProbeSample[] {
    const before = this.#usage
    const seconds = before === null ? 0 : (nowMs - before.atMs) / 1000
    const samples: ProbeSample[] = []
    const used = findIncrease(reading.processor, before?.reading.processor)
    if (used !== null && seconds > 0 && reading.processors !== null) {
      const most = seconds * reading.processors
      addSample(samples, 'processor.percent', percentOf(Math.min(used / 1e9, most), most))
    }
    addSample(samples, 'memory.bytes', reading.memory)
    const received = ratePerSecond(reading.received, before?.reading.received, seconds)
    addSample(samples, 'network.bytes.received', received)
    addSample(samples, 'network.bytes.sent', ratePerSecond(reading.sent, before?.reading.sent, seconds))
    return samples
  }
}
