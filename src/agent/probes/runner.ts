import type { Clock } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ProcFs } from '../../platform/proc.ts'
import type { Probe, ProbeContext, ProbeSample } from './probe.ts'
import { createSampleCheck, type SampleCheck } from './sample-check.ts'
import { rememberSeldomChanges, type SeldomChanges } from './seldom-changes.ts'
import { MOUNTINFO, type ServedFiles, watchServedFiles } from './served-files.ts'
import { shareReads } from './shared-reads.ts'

export type ProbeRunnerOptions = {
  readonly probes: readonly Probe<unknown>[]
  readonly platform: Platform
  /** The served files of the platform; watched for this runner alone by default. */
  readonly served?: ServedFiles
  readonly context: ProbeContext
  readonly clock: Clock
  readonly log: Log
  /** Deadline of one probe before the cycle goes on without it; 3 s by default. */
  readonly timeoutMs?: number
}

export type ProbeRun = {
  readonly samples: ProbeSample[]
  /** How many probes gave nothing because they threw or hang. */
  readonly failed: number
  /** Probes and files that have not come back in time. */
  readonly stuck: readonly string[]
}

/** Null when the probe failed. */
type Samples = ProbeSample[] | null

/** The state of a probe between two cycles. */
type ProbeEntry = {
  readonly probe: Probe<unknown>
  previous: { readonly reading: unknown; readonly atMs: number } | null
  isFailing: boolean
  /** A call that has not come back yet; another one would only hang as well. */
  isPending: boolean
  /** Had nothing to read; not asked again before this time of the monotonic clock. */
  quietUntilMs: number
  /** What cycles give again until the next reading is due; null: read now. */
  kept: { readonly samples: ProbeSample[]; readonly untilMs: number } | null
  /**
   * The part of its time that the first values are kept, so that one cycle does not have to read for all probes; then
   * it is 1.
   */
  share: number
}

const TIMEOUT_MS = 3000

const NONE: ReadonlySet<string> = new Set()

/**
 * Hardware that a machine lacks is seldom added while it runs, and looking for it costs as much as reading
 * it.
 */
const LOOK_AGAIN_MS = 5 * 60_000

/** A reading that is due before the middle between this cycle and the next is done now. */
const EARLY_MS = 500

/** The wall clock has moved so much more or less than the monotonic one: it was set, or the machine slept. */
const JUMP_MS = 1000

/** Each probe alone: see `run`. One run is to end before the next begins. */
export type ProbeRunner = {
  /** @param unsettled metrics of which each reading counts now: their values are not given again */
  run(unsettled?: ReadonlySet<string>): Promise<ProbeRun>
}

export const createProbeRunner = (options: ProbeRunnerOptions): ProbeRunner => new Runner(options)

class Runner implements ProbeRunner {
  readonly #clock: Clock
  readonly #log: Log
  readonly #timeoutMs: number
  readonly #context: ProbeContext
  readonly #entries: readonly ProbeEntry[]
  readonly #served: ServedFiles | null
  /** Nothing that is asked of it can hang, but for promises. */
  readonly #platform: Platform
  readonly #check: SampleCheck
  readonly #stuck: StuckLog
  readonly #seldom: SeldomChanges
  #mountinfo = ''
  /** The wall clock's lead over the monotonic one, in the run before. */
  #leadMs = Number.NaN

  constructor(options: ProbeRunnerOptions) {
    const { platform, clock, log, timeoutMs = TIMEOUT_MS } = options
    this.#clock = clock
    this.#log = log
    this.#timeoutMs = timeoutMs
    this.#context = { ...options.context, noteOnce: createNotes(log) }
    this.#entries = listEntries(options.probes, platform)
    this.#served = platform.system === 'linux' ? (options.served ?? watchServedFiles(platform.proc)) : null
    this.#platform = this.#served === null ? platform : { system: 'linux', proc: this.#served.guarded }
    this.#check = createSampleCheck(log, this.#context.noteOnce)
    this.#stuck = createStuckLog(log)
    this.#seldom = rememberSeldomChanges(clock)
  }

  /**
   * Runs every probe, each on its own: one that throws or hangs is logged when it begins and when it ends,
   * counted, and does not touch the others. A gap (failure, or nothing to read) forgets the reading before it,
   * so averages never span one. Values of what changes slowly are given again for a while (`keepSeconds`), unless the
   * clock jumped, the machine slept, something was mounted, or a threshold counts them. Never rejects.
   */
  async run(unsettled: ReadonlySet<string> = NONE): Promise<ProbeRun> {
    if (unsettled.size > 0) this.#forgetThose(unsettled)
    const platform = shareReads(this.#platform, this.#seldom)
    const leadMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    if (!(Math.abs(leadMs - this.#leadMs) < JUMP_MS)) this.#forgetKept()
    this.#leadMs = leadMs
    if (platform.system === 'linux') {
      if (platform.proc.haveMountsChanged()) this.#lookAtMounts(platform.proc)
      const refreshing = this.#served?.refresh(this.#mountinfo)
      if (refreshing !== undefined) await refreshing
    }
    const answers = this.#entries.map((entry) => this.#runOne(entry, platform))
    // Where all have answered there is nothing to wait for.
    const known = answers.filter((answer): answer is Samples => !(answer instanceof Promise))
    const results = known.length === answers.length ? known : await Promise.all(answers)
    const pending = this.#entries
      .filter(({ isPending }) => isPending)
      .map(({ probe }) => `probe ${probe.name}`)
    const late = platform.system === 'linux' ? platform.proc.listStuck() : []
    return {
      samples: this.#check.collect(results),
      failed: results.reduce((count, found) => (found === null ? count + 1 : count), 0),
      stuck: this.#stuck.note([...pending, ...late]),
    }
  }

  #lookAtMounts(proc: ProcFs) {
    const mountinfo = readMounts(proc)
    if (mountinfo === this.#mountinfo) return
    this.#mountinfo = mountinfo
    this.#forgetKept()
  }

  #forgetKept() {
    for (const entry of this.#entries) entry.kept = null
  }

  #forgetThose(metrics: ReadonlySet<string>) {
    for (const entry of this.#entries)
      if (entry.kept?.samples.some(({ metric }) => metrics.has(metric)) === true) entry.kept = null
  }

  /** Most probes answer at once; only those that promise an answer are given a timer. */
  #runOne(entry: ProbeEntry, platform: Platform): Samples | Promise<Samples> {
    try {
      if (entry.isPending) throw new Error('the call of an earlier cycle has not come back')
      const atMs = this.#clock.monotonicMs()
      if (entry.kept !== null && atMs < entry.kept.untilMs) return entry.kept.samples
      const before = entry.previous
      entry.previous = null
      entry.kept = null
      if (atMs < entry.quietUntilMs) return []
      const answer = this.#read(entry.probe, platform, before?.reading ?? null)
      if (!(answer instanceof Promise)) return this.#conclude(entry, answer, before, atMs)
      return this.#awaitWithin(entry, answer)
        .then((reading) => this.#conclude(entry, reading, before, atMs))
        .catch((error: unknown) => this.#noteFailure(entry, error))
    } catch (error) {
      return this.#noteFailure(entry, error)
    }
  }

  #read(probe: Probe<unknown>, platform: Platform, previous: unknown): unknown {
    return platform.system === 'linux'
      ? probe.linux(platform.proc, this.#context, previous)
      : (probe.windows?.(platform.win32, this.#context) ?? null)
  }

  #conclude(entry: ProbeEntry, reading: unknown, before: ProbeEntry['previous'], atMs: number): Samples {
    const seconds = before === null ? 0 : (atMs - before.atMs) / 1000
    const samples =
      reading === null
        ? []
        : entry.probe.samples(reading, seconds > 0 ? (before?.reading ?? null) : null, seconds)
    if (reading !== null) {
      entry.previous = { reading, atMs }
      // The first reading has no rates yet.
      if (before !== null) keepSamples(entry, samples, atMs)
    } else if (before === null && !entry.isFailing) entry.quietUntilMs = atMs + LOOK_AGAIN_MS
    if (entry.isFailing) this.#log.info('probe works again', { probe: entry.probe.name })
    entry.isFailing = false
    return samples
  }

  #noteFailure(entry: ProbeEntry, error: unknown): null {
    if (!entry.isFailing)
      this.#log.warn('probe fails', { probe: entry.probe.name, reason: describeError(error) })
    entry.isFailing = true
    return null
  }

  #awaitWithin(entry: ProbeEntry, answer: Promise<unknown>): Promise<unknown> {
    entry.isPending = true
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#timeoutMs, () =>
        reject(new Error(`no answer within ${this.#timeoutMs} ms`)),
      )
      const settle = () => {
        entry.isPending = false
        timer.cancel()
      }
      answer.then(
        (reading) => {
          settle()
          resolve(reading)
        },
        (error: unknown) => {
          settle()
          reject(error)
        },
      )
    })
  }
}

/** Spreads the readings of those that keep their values over the time that they do. */
function listEntries(probes: readonly Probe<unknown>[], { system }: Platform): readonly ProbeEntry[] {
  const here = probes.filter((probe) => system === 'linux' || probe.windows !== undefined)
  const keeping = here.filter(({ keepSeconds }) => keepSeconds !== undefined)
  return here.map((probe) => ({
    probe,
    previous: null,
    isFailing: false,
    isPending: false,
    quietUntilMs: 0,
    kept: null,
    share: (keeping.indexOf(probe) + 1) / keeping.length,
  }))
}

function keepSamples(entry: ProbeEntry, samples: ProbeSample[], atMs: number) {
  const { keepSeconds = 0, counted = [] } = entry.probe
  if (keepSeconds === 0) return
  const again =
    counted.length === 0
      ? samples
      : samples.map((sample) => (counted.includes(sample.metric) ? { ...sample, value: 0 } : sample))
  entry.kept = { samples: again, untilMs: atMs + keepSeconds * 1000 * entry.share - EARLY_MS }
  entry.share = 1
}

/** Read as the probe of filesystems does, so that the cycle reads it once. */
function readMounts(proc: ProcFs): string {
  try {
    return proc.readText(MOUNTINFO)
  } catch {
    return ''
  }
}

/** Logs each message once; with very many, which only a machine in trouble has, no further one. */
function createNotes(log: Log): NonNullable<ProbeContext['noteOnce']> {
  const known = new Set<string>()
  return (message, fields) => {
    const { count: _, ...subject } = fields
    const key = JSON.stringify([message, subject])
    if (known.has(key) || known.size >= MAX_NOTES) return
    known.add(key)
    log.warn(message, fields)
  }
}

const MAX_NOTES = 1000

type StuckLog = { note(found: readonly string[]): readonly string[] }

/** Logs what begins to be stuck, and what has come back. */
function createStuckLog(log: Log): StuckLog {
  let known: readonly string[] = []
  return {
    note(found) {
      for (const what of found)
        if (!known.includes(what)) log.warn('a read is stuck; the other probes go on', { what })
      for (const what of known) if (!found.includes(what)) log.info('a stuck read has completed', { what })
      known = found
      return found
    },
  }
}
