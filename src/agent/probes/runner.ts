import { isMetricName } from '../../domain/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ProcFs } from '../../platform/proc.ts'
import type { Win32 } from '../../platform/win32.ts'
import type { Probe, ProbeContext, ProbeSample } from './probe.ts'
import { type ServedFiles, watchServedFiles } from './served-files.ts'

export type ProbeRunnerOptions = {
  readonly probes: readonly Probe<unknown>[]
  readonly platform: Platform
  /** Those of the platform; watched for this runner alone unless given. */
  readonly served?: ServedFiles
  readonly context: ProbeContext
  readonly clock: Clock
  readonly log: Log
  /** How long one probe may take before the cycle goes on without it; 3 s unless told otherwise. */
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

/** What is known of a probe between two cycles. */
type Entry = {
  readonly probe: Probe<unknown>
  previous: { readonly reading: unknown; readonly atMs: number } | null
  isFailing: boolean
  /** A call that has not come back yet; another one would only hang as well. */
  isPending: boolean
}

const TIMEOUT_MS = 3000

/**
 * Runs every probe, each on its own: one that throws or hangs is logged when it begins and when it ends,
 * counted, and does not touch the others. A gap (failure, or nothing to read) forgets the reading before it,
 * so averages never span one. `run` never rejects; one run is to end before the next begins.
 */
export function createProbeRunner(options: ProbeRunnerOptions): { run(): Promise<ProbeRun> } {
  const { clock, log, timeoutMs = TIMEOUT_MS } = options
  const context: ProbeContext = { ...options.context, noteOnce: createNotes(log) }
  const entries = options.probes
    .filter((probe) => options.platform.system === 'linux' || probe.windows !== undefined)
    .map(
      (probe): Entry => ({
        probe,
        previous: null,
        isFailing: false,
        isPending: false,
      }),
    )
  const names = createNameCheck(log)

  /** Most probes answer at once; only those that promise an answer are given a timer. */
  function runOne(entry: Entry, platform: Platform): Samples | Promise<Samples> {
    try {
      if (entry.isPending) throw new Error('the call of an earlier cycle has not come back')
      const before = entry.previous
      entry.previous = null
      const atMs = clock.monotonicMs()
      const answer = read(entry.probe, platform, before?.reading ?? null)
      if (!(answer instanceof Promise)) return conclude(entry, answer, before, atMs)
      return awaitWithin(entry, answer)
        .then((reading) => conclude(entry, reading, before, atMs))
        .catch((error: unknown) => noteFailure(entry, error))
    } catch (error) {
      return noteFailure(entry, error)
    }
  }

  function read(probe: Probe<unknown>, platform: Platform, previous: unknown): unknown {
    return platform.system === 'linux'
      ? probe.linux(platform.proc, context, previous)
      : (probe.windows?.(platform.win32, context) ?? null)
  }

  function conclude(entry: Entry, reading: unknown, before: Entry['previous'], atMs: number): Samples {
    const seconds = before === null ? 0 : (atMs - before.atMs) / 1000
    const samples =
      reading === null
        ? []
        : entry.probe.samples(reading, seconds > 0 ? (before?.reading ?? null) : null, seconds)
    if (reading !== null) entry.previous = { reading, atMs }
    if (entry.isFailing) log.info('probe recovered', { probe: entry.probe.name })
    entry.isFailing = false
    return samples
  }

  function noteFailure(entry: Entry, error: unknown): null {
    if (!entry.isFailing) log.warn('probe failed', { probe: entry.probe.name, reason: describeError(error) })
    entry.isFailing = true
    return null
  }

  function awaitWithin(entry: Entry, answer: Promise<unknown>): Promise<unknown> {
    entry.isPending = true
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)))
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

  const stuck = createStuckLog(log)
  const served =
    options.platform.system === 'linux' ? (options.served ?? watchServedFiles(options.platform.proc)) : null
  const guarded: Platform = served === null ? options.platform : { system: 'linux', proc: served.guarded }

  return {
    async run() {
      const reading = served?.refresh()
      if (reading !== undefined) await reading
      const platform = shareReads(guarded)
      const results = await Promise.all(entries.map((entry) => runOne(entry, platform)))
      const samples: ProbeSample[] = []
      const taken = new Set<string>()
      let failed = 0
      for (const found of results) {
        if (found === null) failed++
        else
          for (const sample of found) {
            if (!names.accepts(sample)) continue
            if (taken.has(sample.metric)) {
              context.noteOnce?.('metric left out: another one has its name', { metric: sample.metric })
              continue
            }
            taken.add(sample.metric)
            samples.push(sample)
          }
      }
      const pending = entries.filter(({ isPending }) => isPending).map(({ probe }) => `probe ${probe.name}`)
      const late = platform.system === 'linux' ? platform.proc.listStuck() : []
      return { samples, failed, stuck: stuck.note([...pending, ...late]) }
    },
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

/** Within one cycle everything is read once, also for two probes (memory and swap, disks and filesystems). */
function shareReads(platform: Platform): Platform {
  if (platform.system === 'windows') return { ...platform, win32: shareDrives(platform.win32) }
  return { ...platform, proc: shareFiles(platform.proc) }
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

function shareFiles(proc: ProcFs): ProcFs {
  const texts = new Map<string, string>()
  const lists = new Map<string, string[]>()
  return {
    ...proc,
    readText: (path) => findOrAdd(texts, path, proc.readText),
    list: (path) => findOrAdd(lists, path, proc.list),
  }
}

/** Logs what begins to be stuck, and what has come back. */
function createStuckLog(log: Log): { note(found: readonly string[]): readonly string[] } {
  let known: readonly string[] = []
  return {
    note(found) {
      for (const what of found)
        if (!known.includes(what)) log.warn('a read is stuck; the others continue', { what })
      for (const what of known) if (!found.includes(what)) log.info('a stuck read has finished', { what })
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

/** Refuses samples that the server would refuse, each name logged once. */
function createNameCheck(log: Log): { accepts(sample: ProbeSample): boolean } {
  const checked = new Map<string, boolean>()
  return {
    accepts({ metric, value }) {
      if (!Number.isFinite(value)) return false
      let legal = checked.get(metric)
      if (legal === undefined) {
        legal = isMetricName(metric)
        if (checked.size >= MAX_NAMES) checked.clear()
        checked.set(metric, legal)
        if (!legal) log.warn('metric left out: invalid name', { metric })
      }
      return legal
    },
  }
}
