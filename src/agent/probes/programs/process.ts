import { PROCESS_METRICS } from '../../../domain/metrics/declared/programs.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe } from '../probe.ts'
import { ProcessScan } from './process-scan.ts'
import { findScriptName } from './script-name.ts'

export type ProcessReading = {
  /**
   * By configured name, the identity of its process (on Linux the id); null when none runs. A name is left
   * out while that is not known, because not all processes have been read.
   */
  readonly found: ReadonlyMap<string, string | null>
  /** Null while nothing is missing. */
  readonly scan: ProcessScan | null
}

/** Looking at new processes ends after this time and goes on in the next cycle. */
const SCAN_MS = 1000

/**
 * Whether a process of a configured name runs. Linux: the command name, which the kernel cuts at 15 bytes,
 * the last part of the path it was started by, or the script, jar or module that an interpreter runs.
 * Processes are looked through only for names whose process of the last time is gone; those that were looked
 * at before are remembered. Windows: the program's file, with or without `.exe`, in any case.
 */
export const process = defineProbe<ProcessReading>({
  name: 'process',
  metrics: PROCESS_METRICS,
  async linux(proc, { processes }, previous) {
    if (processes.length === 0) return null
    const found = new Map<string, string | null>()
    for (const name of processes) {
      const id = previous?.found.get(name) ?? null
      if (id !== null && (await keepsName(proc, id, name))) found.set(name, id)
    }
    const missing = processes.filter((name) => !found.has(name))
    if (missing.length === 0) return { found, scan: null }
    const names = missing.join('\0')
    const scan = previous?.scan?.names === names ? previous.scan : new ProcessScan(names)
    await findMissing(proc, missing, found, scan)
    return { found, scan }
  },
  windows(win32, { processes }) {
    if (processes.length === 0) return null
    const running = new Set(win32.listPrograms().map(nameWindowsProgram))
    const found = processes.map(
      (name) => [name, running.has(nameWindowsProgram(name)) ? name : null] as const,
    )
    return { found: new Map(found), scan: null }
  },
  samples: ({ found }) =>
    [...found].map(([name, id]) => ({
      metric: `perf.process.${toMetricPart(name)}.state`,
      value: id === null ? 0 : 1,
    })),
})

const nameWindowsProgram = (file: string) => file.toLowerCase().replace(/\.exe$/, '')

/** Fills in `found` and `scan`. */
async function findMissing(
  proc: ProcFs,
  missing: readonly string[],
  found: Map<string, string | null>,
  scan: ProcessScan,
): Promise<void> {
  const ids = proc.listNumbers('/proc')
  // Mounted with hidepid, /proc shows an ordinary user no process of others: their state is not known.
  if (proc.readTextIfThere('/proc/1/comm') === null)
    throw new Error('processes of other users are hidden here (/proc is mounted with hidepid)')
  const queue = scan.plan(ids)
  const endMs = performance.now() + SCAN_MS
  let wanted = missing
  let isComplete = true
  for (const [place, number] of queue.entries()) {
    if (performance.now() > endMs) {
      isComplete = scan.covers(queue)
      break
    }
    const id = String(number)
    const identity = readIdentity(proc, id)
    const look = scan.isSettled(number, identity) ? null : await findRunning(proc, id, wanted)
    if (look === STUCK) isComplete = false
    else if (look === null) scan.note(number, identity, ProcessScan.isLast(place, queue.length))
    else {
      found.set(look, id)
      wanted = wanted.filter((other) => other !== look)
      if (wanted.length === 0) break
    }
  }
  if (isComplete) for (const name of wanted) found.set(name, null)
}

/** Command and start of a process; empty when it is gone. */
function readIdentity(proc: ProcFs, id: string): string {
  const text = proc.readTextIfThere(`/proc/${id}/stat`) ?? ''
  const end = text.lastIndexOf(')')
  return `${text.slice(0, end)} ${text.slice(end + 2).split(' ', START + 1)[START] ?? ''}`
}

/** Behind the command, counted from the state. */
const START = 19

const readCommand = (proc: ProcFs, id: string) => proc.readTextIfThere(`/proc/${id}/comm`)?.trimEnd()

/** A process whose command line does not come back. */
const STUCK = Symbol('stuck')

/** One that does not let its command line be read is still there. */
async function keepsName(proc: ProcFs, id: string, name: string): Promise<boolean> {
  const look = await findRunning(proc, id, [name])
  return look === STUCK || look === name
}

/** Which of the names the process has; null when none, or when it is gone or a zombie. */
async function findRunning(
  proc: ProcFs,
  id: string,
  names: readonly string[],
): Promise<string | null | typeof STUCK> {
  const command = readCommand(proc, id)
  if (command === undefined) return null
  if (names.includes(command)) return isZombie(proc, id) ? null : command
  try {
    // A process that waits for a file of a dead server locks the memory that holds its command line.
    return matchName(command, (await proc.readSlowly(`/proc/${id}/cmdline`)) ?? '', names)
  } catch {
    return proc.listStuck().length > 0 ? STUCK : null
  }
}

/**
 * A name is the command, which the kernel cuts at 15 bytes, or ends the path of the program or of the script
 * it runs.
 */
export function matchName(command: string, commandLine: string, names: readonly string[]): string | null {
  if (names.includes(command)) return command
  const words = commandLine.split('\0', 3)
  const program = nameProgram(words[0] ?? '')
  if (names.includes(program)) return program
  // A script that the kernel started has its path as the second word, or as the third behind an option, whatever
  // its interpreter; its cut name must agree.
  for (const word of words[1]?.startsWith('-') ? words.slice(1) : words.slice(1, 2)) {
    const script = nameProgram(word)
    if (command !== '' && script.startsWith(command) && names.includes(script)) return script
  }
  const run = findScriptName(program, commandLine)
  return run !== null && names.includes(run) ? run : null
}

function isZombie(proc: ProcFs, id: string): boolean {
  const state = parseState(proc.readTextIfThere(`/proc/${id}/stat`) ?? '')
  return state === null || state === 'Z' || state === 'X'
}

/** The last part of a path, without the dash that marks a login shell; empty for kernel threads. */
function nameProgram(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/^-/, '')
}

/** The state letter of /proc/PID/stat; the command before it may hold spaces and brackets of its own. */
export function parseState(text: string): string | null {
  return /^\) ([A-Za-z]) /.exec(text.slice(text.lastIndexOf(')')))?.[1] ?? null
}
