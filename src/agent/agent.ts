import { existsSync } from 'node:fs'
import type { CheckSettings } from '../domain/check.ts'
import { type HostFacts, isHostName, MAX_FINGERPRINTS } from '../domain/hosts/host.ts'
import { reportThresholds } from '../domain/thresholds/reported-threshold.ts'
import { createThresholdTable, type Threshold } from '../domain/thresholds/threshold.ts'
import { standardThresholds } from '../domain/thresholds/threshold-standard.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { FULL_VERSION } from '../lib/version.ts'
import type { BootClock } from '../platform/boot.ts'
import { SYSTEM_BUS } from '../platform/dbus/connection.ts'
import type { Platform } from '../platform/platform.ts'
import { MAX_METRICS } from '../protocol/message.ts'
import { createDriveJob } from './bus/drive-job.ts'
import { createSystemdJob } from './bus/systemd-job.ts'
import { createCheck } from './checks/service-check.ts'
import { CONTAINER_SOCKETS, createContainerJob } from './containers/container-job.ts'
import { createCycle } from './cycle.ts'
import { createFrameBuilder } from './frame.ts'
import { type MachineSource, type MachineSourceOptions, openSource } from './machine-source.ts'
import { createNvidiaJob, hasNvidia } from './nvidia/nvidia-job.ts'
import { Queue } from './queue/queue.ts'
import { startSchedule } from './schedule.ts'
import { watchSelfMetrics } from './self-metrics.ts'
import type { ServerAddress } from './sending/connect.ts'
import { keepDeliveryStatus } from './sending/delivery-status.ts'
import { Sender } from './sending/sender.ts'
import { createTextFileJob } from './text-files/text-file-job.ts'
import { createThresholdEvaluator } from './threshold-evaluator.ts'
import { createWindowsServiceJob } from './windows-service-job.ts'

export type AgentOptions = {
  /** Collect engines in the order of preference; at least one. */
  readonly servers: readonly ServerAddress[]
  /** Null when the key alone lets the agent in. */
  readonly passphrase: string | null
  /**
   * What proves that the host's name is ours, the same for ever; null says none, as the original's agents do.
   */
  readonly key: string | null
  /** In place of the machine's own name. */
  readonly name: string | null
  /** Names that the machine had before while this process ran, the newest first. */
  readonly formerNames?: readonly string[]
  /** Called when the machine has another name than at the start: the agent is to be started anew. */
  onRenamed?(name: string): void
  /** Groups that the host says it belongs to. */
  readonly groups?: readonly string[]
  /** Whole seconds between two samples, 1 at the least. */
  readonly interval: number
  /** Seconds that a sample is kept for a server that is away. */
  readonly queueAge: number
  readonly queueBytes: number
  readonly queueFile: string
  /** Where `monitor health agent` reads how sending goes; null writes nothing. */
  readonly statusFile?: string | null
  readonly processes: readonly string[]
  readonly services: readonly string[]
  readonly networkFilesystems?: boolean
  /** Where the root of the machine is mounted, for an agent in a container; empty for none. */
  readonly hostRoot?: string
  /** Checks of the configuration. */
  readonly checks?: readonly CheckSettings[]
  /** Watches the containers of Docker and Podman. */
  readonly containers?: boolean
  /** The folder whose files hold values that programs have written; null when there is none. */
  readonly textFiles?: string | null
  /** The file that names the checks; null when there is none. */
  readonly configFile?: string | null
  /** Metrics of a cycle at most; those beyond are left out and counted. */
  readonly maxMetrics?: number
  /** What counts as a problem, before the thresholds out of the box. */
  readonly thresholds: readonly Threshold[]
  readonly hasDefaultThresholds: boolean
  readonly platform: Platform
  readonly clock: Clock
  /** Tells a machine whose clock was set from an agent that was off; left out or null where there is none. */
  readonly bootClock?: BootClock | null
  readonly log: Log
}

export type SampleOptions = Pick<
  AgentOptions,
  | 'name'
  | 'groups'
  | 'thresholds'
  | 'hasDefaultThresholds'
  | 'checks'
  | 'containers'
  | 'textFiles'
  | 'configFile'
  | 'maxMetrics'
  | 'hostRoot'
  | Exclude<keyof MachineSourceOptions, 'jobs'>
> &
  Partial<Pick<AgentOptions, 'interval' | 'servers'>>

export type Agent = {
  /** The host's name that samples go under. */
  readonly name: string
  /**
   * Ends the cycle that runs, waits a bounded time for answers that are due, closes the queue. Within 4 s.
   */
  stop(): Promise<void>
}

const STOP_WITHIN_MS = 2000

/** What a machine is called that has no name, or has lost it for a while, as without an answer by DHCP. */
const NAMELESS = 'localhost'

/** Sending is spread over the interval, but samples of a long one do not wait longer than this. */
const MAX_SPREAD_MS = 60_000

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
  const table = createThresholdTable(options.thresholds, standard)
  const evaluator = createThresholdEvaluator({ book: table, interval, clock, log })
  const sender = new Sender({
    servers: options.servers,
    passphrase: options.passphrase,
    key: options.key,
    host: name,
    formerNames: (options.formerNames ?? []).filter((former) => former !== name),
    facts,
    queue,
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
          clock,
          log,
        })
  // `monitor health agent` knows from now on that the agent runs; the first cycle may be a while away.
  status?.note()
  const act = createCycle({
    source,
    frames: createFrameBuilder(options.maxMetrics ?? MAX_METRICS),
    figures: watchSelfMetrics(),
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
    sendDelayMs: shareOf(name) * Math.min(interval * 1000, MAX_SPREAD_MS),
    clock,
    log,
  })
  const schedule = startSchedule({
    interval,
    clock,
    log,
    async act(time) {
      await act(time)
      status?.note()
    },
  })
  return {
    name,
    async stop() {
      await within(clock, STOP_WITHIN_MS, Promise.all([schedule.stop(), source.close?.()]))
      await sender.stop(STOP_WITHIN_MS)
      status?.stop()
      queue.close()
    },
  }
}

/**
 * What the agent would send now, as the wire has it, without the passphrase. Reads twice, a second apart, so
 * that averages have values. The queue is left alone, so its figures are not in it.
 */
export async function sampleOnce(
  options: SampleOptions,
  source: MachineSource = openSourceFor(options),
): Promise<object> {
  const machine = await source.readMachine()
  const name = checkName(options.name ?? machine.name)
  const describe = describeWith(options, listStandard(options, machine.facts))
  const figures = watchSelfMetrics()
  await source.measure()
  await Promise.all([wait(options.clock, 1000), source.ready?.()])
  const { samples, failed } = await source.measure()
  await source.close?.()
  const now = options.clock.now()
  const frame = createFrameBuilder(options.maxMetrics ?? MAX_METRICS).build(now, [
    ...samples,
    ...figures.read(failed, null),
  ])
  return {
    v: 1,
    id: 1,
    host: name,
    clock: now,
    facts: describe(machine.facts),
    metricSet: 0,
    metrics: frame.metrics,
    frames: [[frame.time, ...frame.values]],
    events: [],
  }
}

/** The machine below us, and what is checked beside it. */
function openSourceFor(options: SampleOptions): MachineSource {
  const { checks = [], containers = false, textFiles = null, configFile = null } = options
  const { interval = 60, clock } = options
  const jobs = checks.map((settings) => createCheck({ settings, configFile, clock }))
  if (textFiles !== null)
    jobs.push(createTextFileJob({ folder: textFiles, intervalMs: interval * 1000, clock }))
  const hostRoot = options.hostRoot ?? ''
  const bus = hostRoot + SYSTEM_BUS
  if (options.platform.system === 'linux' && existsSync(bus)) {
    const intervalMs = Math.max(interval * 1000, LEAST_BUS_MS)
    // Where systemd does not run, as in most containers, nobody answers.
    if (existsSync(`${hostRoot}/run/systemd/system`))
      jobs.push(createSystemdJob({ socket: bus, services: options.services, intervalMs, clock }))
    jobs.push(createDriveJob({ socket: bus, intervalMs: Math.max(intervalMs, LEAST_DRIVE_MS) }))
  }
  const sockets = CONTAINER_SOCKETS.map((socket) => hostRoot + socket)
  if (options.platform.system === 'linux' && hasNvidia(options.platform.proc)) {
    const { proc } = options.platform
    jobs.push(createNvidiaJob({ proc, intervalMs: Math.max(interval * 1000, LEAST_NVIDIA_MS) }))
  }
  if (options.platform.system === 'windows') {
    const { win32 } = options.platform
    jobs.push(createWindowsServiceJob({ win32, intervalMs: Math.max(interval * 1000, LEAST_BUS_MS) }))
  }
  if (containers) jobs.push(createContainerJob({ sockets, intervalMs: interval * 1000, clock }))
  return openSource({ ...options, jobs })
}

/** systemd answers for each of its services, which at one cycle a second would cost it more than us. */
const LEAST_BUS_MS = 30_000
/** The driver answers at the rate at which it looks itself. */
const LEAST_NVIDIA_MS = 5000
/** What drives say changes every ten minutes. */
const LEAST_DRIVE_MS = 300_000

type Said = Pick<AgentOptions, 'groups' | 'thresholds' | 'hasDefaultThresholds' | 'checks'> &
  Partial<Pick<AgentOptions, 'servers'>>

/**
 * Made for the machine as it is at the start: what is told is what is evaluated by, though processors may
 * come and go.
 */
const listStandard = ({ hasDefaultThresholds, checks = [] }: Said, facts: HostFacts) =>
  hasDefaultThresholds ? standardThresholds({ ...facts, checks }) : []

/** Adds what the agent says of itself to what it read of its machine. */
function describeWith(
  { groups = [], thresholds: configured, servers = [] }: Said,
  standard: readonly Threshold[],
) {
  const thresholds = reportThresholds(configured, standard)
  const trusted = new Set(servers.flatMap(({ tls }) => tls?.fingerprints ?? []))
  const program = { version: FULL_VERSION, fingerprints: [...trusted].slice(0, MAX_FINGERPRINTS) }
  return (facts: HostFacts): HostFacts => ({
    ...facts,
    ...(groups.length > 0 && { groups }),
    program,
    thresholds,
  })
}

function checkName(name: string): string {
  if (!isHostName(name)) throw new Error(`"${name}" is not a host name: set agent.name`)
  return name
}

/** A part of 1, from 0, that is the same for a name each time and even over many names. */
const shareOf = (name: string) => Number(Bun.hash.crc32(name)) / 2 ** 32

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

const wait = (clock: Clock, ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))
