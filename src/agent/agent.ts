import { createThresholdTable } from '../domain/thresholds/threshold.ts'
import type { Clock } from '../lib/clock.ts'
import { MAX_METRICS } from '../protocol/message.ts'
import { checkName, describeWith, listStandard } from './agent-description.ts'
import type { AgentOptions } from './agent-options.ts'
import { openSourceFor } from './agent-source.ts'
import { createCycle } from './cycle.ts'
import { createFrameBuilder } from './frame.ts'
import type { MachineSource } from './machine-source.ts'
import { Queue } from './queue/queue.ts'
import { startSchedule } from './schedule.ts'
import { watchSelfMetrics } from './self-metrics.ts'
import { keepDeliveryStatus } from './sending/delivery-status.ts'
import { Sender } from './sending/sender.ts'
import { createThresholdEvaluator } from './threshold-evaluator.ts'

export type Agent = {
  /** The host's name that samples go under. */
  readonly name: string
  /** It does something now, or connects; otherwise it waits for a timer of its clock, or for what a server sends. */
  isBusy(): boolean
  /**
   * Ends the cycle that runs, waits a bounded time for answers that are due, closes the queue. Within 4 s.
   */
  stop(): Promise<void>
}

const STOP_WITHIN_MS = 2000

/** Names of a machine that has no name, or has lost it for a while, as without an answer by DHCP. */
const NAMELESS = 'localhost'

/**
 * The cycles of many agents are spread over this part of their interval, so that not all of them send at once: what a
 * cycle has measured is sent in its own wake, because waking again for it costs a fifth of what a cycle a minute costs.
 */
const SPREAD_SHARE = 1 / 12
const MAX_SPREAD_MS = 5000
/** When a server has closed their connections, agents come back over this part of their interval. */
const RECONNECT_SHARE = 1 / 2
const MAX_RECONNECT_MS = 30_000
/** Agents with shorter intervals begin at moments of their own anyway, and measure at the full second. */
const MIN_SPREAD_SECONDS = 5

/**
 * Starts to sample and to send. Throws when the name is not a legal host name, or when the queue can't be
 * opened. `source` stands for the machine; it is the one below us unless another is given.
 */
export async function startAgent(
  options: AgentOptions,
  source: MachineSource = openSourceFor(options),
): Promise<Agent> {
  const { interval, clock, log } = options
  if (options.servers.length === 0) throw new Error('the agent needs at least one server')
  const machine = await source.readMachine()
  const name = checkName(options.name ?? machine.name)
  const standard = listStandard(options, machine.facts)
  const describe = describeWith(options, standard)
  const facts = describe(machine.facts)
  const queue = new Queue({
    file: options.queueFile,
    bytes: options.queueBytes,
    interval,
    clock,
    bootClock: options.bootClock ?? null,
    log,
  })
  const book = createThresholdTable(options.thresholds, standard)
  const evaluator = createThresholdEvaluator({ book, interval, clock, log })
  const sender = new Sender({
    servers: options.servers,
    passphrase: options.passphrase,
    key: options.key,
    host: name,
    formerNames: (options.formerNames ?? []).filter((former) => former !== name),
    facts,
    queue,
    reconnectDelayMs: spread(name, interval, { share: RECONNECT_SHARE, mostMs: MAX_RECONNECT_MS }),
    listOpenEvents: evaluator.listOpen,
    onDelivery: () => status?.note(),
    clock,
    log,
  })
  const status =
    options.statusFile == null
      ? null
      : keepDeliveryStatus({
          file: options.statusFile,
          deliveries: () => sender.deliveries,
          countWaiting: () => queue.figures.length,
          interval,
          clock,
          log,
        })
  // `monitor health agent` knows from now on that the agent runs; the first cycle may be a while away.
  status?.note()
  const act = createCycle({
    source,
    frames: createFrameBuilder(options.maxMetrics ?? MAX_METRICS),
    figures: watchSelfMetrics(clock),
    evaluator,
    configuredThresholds: options.thresholds,
    queue,
    sender,
    facts,
    async readFacts() {
      const found = await source.readMachine()
      if (options.name === null && found.name !== name && found.name !== NAMELESS)
        options.onRenamed?.(found.name)
      return describe(found.facts)
    },
    interval,
    queueAge: options.queueAge,
    onEnded: options.onCycle,
    clock,
    log,
  })
  const schedule = startSchedule({
    interval,
    delayMs: spread(name, interval, { share: SPREAD_SHARE, mostMs: MAX_SPREAD_MS }),
    clock,
    log,
    act: (time) => act(time).then(() => status?.noteCycle()),
  })
  return {
    name,
    isBusy: () => schedule.isBusy() || sender.isBusy || source.isBusy?.() === true,
    async stop() {
      await within(clock, STOP_WITHIN_MS, Promise.all([schedule.stop(), source.close?.()]))
      await sender.stop(STOP_WITHIN_MS)
      status?.stop()
      const thresholds = evaluator.takeUnkept()
      if (thresholds !== null) queue.append({ frame: null, events: [], thresholds }, null)
      queue.close()
    },
  }
}

type Spread = { readonly share: number; readonly mostMs: number }

/** Milliseconds: the same for a name each time, and even over many names; 0 for all with a short interval. */
function spread(name: string, interval: number, { share, mostMs }: Spread): number {
  if (interval < MIN_SPREAD_SECONDS) return 0
  return (Number(Bun.hash.crc32(name)) / 2 ** 32) * Math.min(interval * 1000 * share, mostMs)
}

/** Waits for `work`, but no longer than `ms`. */
function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve)
    work.finally(() => {
      timer.cancel()
      resolve()
    })
  })
}
