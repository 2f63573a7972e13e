import { isMetricName } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ProcFs } from '../../platform/proc.ts'
import type { Win32 } from '../../platform/win32.ts'
import { type Absence, rememberAbsence } from './absence.ts'
import type { Probe, ProbeContext, ProbeSample } from './probe.ts'
import { MOUNTINFO, type ServedFiles, watchServedFiles } from './served-files.ts'

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
}

const TIMEOUT_MS = 3000

/**
 * Hardware that a machine lacks is seldom added while it runs, and looking for it costs as much as reading
 * it.
 */
const LOOK_AGAIN_MS = 5 * 60_000

/** Each probe alone: see `run`. One run is to end before the next begins. */
export type ProbeRunner = { run(): Promise<ProbeRun> }

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
  readonly #names: NameCheck
  readonly #stuck: StuckLog
  readonly #absent: Absence

  constructor(options: ProbeRunnerOptions) {
    const { platform, clock, log, timeoutMs = TIMEOUT_MS } = options
    this.#clock = clock
    this.#log = log
    this.#timeoutMs = timeoutMs
    this.#context = { ...options.context, noteOnce: createNotes(log) }
    this.#entries = options.probes
      .filter((probe) => platform.system === 'linux' || probe.windows !== undefined)
      .map((probe) => ({ probe, previous: null, isFailing: false, isPending: false, quietUntilMs: 0 }))
    this.#served = platform.system === 'linux' ? (options.served ?? watchServedFiles(platform.proc)) : null
    this.#platform = this.#served === null ? platform : { system: 'linux', proc: this.#served.guarded }
    this.#names = createNameCheck(log)
    this.#stuck = createStuckLog(log)
    this.#absent = rememberAbsence(clock)
  }

  /**
   * Runs every probe, each on its own: one that throws or hangs is logged when it begins and when it ends,
   * counted, and does not touch the others. A gap (failure, or nothing to read) forgets the reading before it,
   * so averages never span one. Never rejects.
   */
  async run(): Promise<ProbeRun> {
    const platform = shareReads(this.#platform, this.#absent)
    if (platform.system === 'linux') {
      const refreshing = this.#served?.refresh(readMounts(platform.proc))
      if (refreshing !== undefined) await refreshing
    }
    const results = await Promise.all(this.#entries.map((entry) => this.#runOne(entry, platform)))
    const pending = this.#entries
      .filter(({ isPending }) => isPending)
      .map(({ probe }) => `probe ${probe.name}`)
    const late = platform.system === 'linux' ? platform.proc.listStuck() : []
    return { ...this.#collect(results), stuck: this.#stuck.note([...pending, ...late]) }
  }

  #collect(results: readonly Samples[]): Pick<ProbeRun, 'samples' | 'failed'> {
    const samples: ProbeSample[] = []
    const taken = new Set<string>()
    let failed = 0
    for (const found of results) {
      if (found === null) failed++
      for (const sample of found ?? []) {
        const { metric } = sample
        if (!this.#names.accepts(sample)) continue
        if (taken.has(metric))
          this.#context.noteOnce?.('metric left out: another one has its name', { metric })
        else {
          taken.add(metric)
          samples.push(sample)
        }
      }
    }
    return { samples, failed }
  }

  /** Most probes answer at once; only those that promise an answer are given a timer. */
  #runOne(entry: ProbeEntry, platform: Platform): Samples | Promise<Samples> {
    try {
      if (entry.isPending) throw new Error('the call of an earlier cycle has not come back')
      const before = entry.previous
      entry.previous = null
      const atMs = this.#clock.monotonicMs()
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
    if (reading !== null) entry.previous = { reading, atMs }
    else if (before === null && !entry.isFailing) entry.quietUntilMs = atMs + LOOK_AGAIN_MS
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

/** Read as the probe of filesystems does, so that the cycle reads it once. */
function readMounts(proc: ProcFs): string {
  try {
    return proc.readText(MOUNTINFO)
  } catch {
    return ''
  }
}

/** Within one cycle everything is read once, also for two probes (memory and swap, disks and filesystems). */
function shareReads(platform: Platform, absent: Absence): Platform {
  if (platform.system === 'windows') return { ...platform, win32: shareDrives(platform.win32) }
  return { ...platform, proc: shareFiles(platform.proc, absent) }
}

/** Both probes ask for the counters of all the drives. */
function shareDrives(win32: Win32): Win32 {
  let drives: ReturnType<Win32['listDrives']> | null = null
  let counters: ReturnType<Win32['readDriveCounters']> | null = null
  return {
    ...win32,
    listDrives() {
      drives ??= win32.listDrives()
      return drives
    },
    readDriveCounters(letters) {
      counters ??= win32.readDriveCounters(letters)
      return counters
    },
  }
}

function shareFiles(proc: ProcFs, absent: Absence): ProcFs {
  const texts = new Map<string, string>()
  const lists = new Map<string, string[]>()
  return {
    ...proc,
    readText: (path) => findOrAdd(texts, path, proc.readText),
    list: (path) => findOrAdd(lists, path, proc.list),
    has: (path) => absent.ask(path, proc.has),
  }
}

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

function findOrAdd<Value>(found: Map<string, Value>, path: string, read: (path: string) => Value): Value {
  const known = found.get(path)
  if (known !== undefined) return known
  const value = read(path)
  found.set(path, value)
  return value
}

/** Names seen are remembered up to this many; machines that keep making new ones start over. */
const MAX_NAMES = 10_000

type NameCheck = { accepts(sample: ProbeSample): boolean }

/** Refuses samples that the server would refuse, each name logged once. */
function createNameCheck(log: Log): NameCheck {
  const checked = new Map<string, boolean>()
  return {
    accepts({ metric, value }) {
      if (!Number.isFinite(value)) return false
      let legal = checked.get(metric)
      if (legal === undefined) {
        legal = isMetricName(metric)
        if (checked.size >= MAX_NAMES) checked.clear()
        checked.set(metric, legal)
        if (!legal) log.warn('metric skipped: its name is invalid', { metric })
      }
      return legal
    },
  }
}
