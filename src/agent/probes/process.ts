import type { ProcFs } from '../../platform/proc.ts'
import { toMetricPart } from './metric-name.ts'
import { defineProbe } from './probe.ts'
import { isProcessId } from './processes.ts'

/** By configured name what tells its process (on Linux the id); null when none runs. */
export type ProcessReading = ReadonlyMap<string, string | null>

/**
 * Whether a process of a configured name runs. Linux: the command name, which the kernel cuts at 15 bytes, or the last
 * part of the path it was started by. All processes are looked through only for names whose process of the last time is gone.
 * Windows: the program's file, with or without `.exe`, in any case.
 */
export const process = defineProbe<ProcessReading>({
  name: 'process',
  metrics: [
    {
      name: 'perf.process.<name>.state',
      doc: '1 while a process of this name runs, else 0; named in agent.processes.',
    },
  ],
  linux(proc, { processes }, previous) {
    if (processes.length === 0) return null
    const found = new Map<string, string | null>()
    for (const name of processes) {
      const id = previous?.get(name) ?? null
      found.set(name, id !== null && findRunning(proc, id, [name]) === name ? id : null)
    }
    const missing = processes.filter((name) => found.get(name) === null)
    if (missing.length > 0) findMissing(proc, missing, found)
    return found
  },
  windows(win32, { processes }) {
    if (processes.length === 0) return null
    const running = new Set(win32.listPrograms().map(nameWindowsProgram))
    return new Map(processes.map((name) => [name, running.has(nameWindowsProgram(name)) ? name : null]))
  },
  samples: (found) =>
    [...found].map(([name, id]) => ({
      metric: `perf.process.${toMetricPart(name)}.state`,
      value: id === null ? 0 : 1,
    })),
})

const nameWindowsProgram = (file: string) => file.toLowerCase().replace(/\.exe$/, '')

function findMissing(proc: ProcFs, missing: readonly string[], found: Map<string, string | null>) {
  const ids = proc.list('/proc').filter(isProcessId)
  // Mounted with hidepid, /proc shows an ordinary user no process of others: nothing can be said of what is not seen.
  if (proc.readTextIfThere('/proc/1/comm') === null)
    throw new Error('processes of other users are hidden here (/proc is mounted with hidepid)')
  let wanted = missing
  for (const id of ids) {
    const name = findRunning(proc, id, wanted)
    if (name === null) continue
    found.set(name, id)
    wanted = wanted.filter((other) => other !== name)
    if (wanted.length === 0) return
  }
}

/** Which of the names the process has; null when none, or when it is gone or a zombie. */
function findRunning(proc: ProcFs, id: string, names: readonly string[]): string | null {
  const command = proc.readTextIfThere(`/proc/${id}/comm`)?.trimEnd()
  if (command === undefined) return null
  const commandLine = proc.readTextIfThere(`/proc/${id}/cmdline`) ?? ''
  const name = matchName(command, commandLine, names)
  // Zombies and kernel threads have no command line; the file that tells them apart is a dear one.
  return name !== null && commandLine === '' && isZombie(proc, id) ? null : name
}

/** A name is the command, which the kernel cuts at 15 bytes, or ends the path of the program or of the script it runs. */
export function matchName(command: string, commandLine: string, names: readonly string[]): string | null {
  if (names.includes(command)) return command
  const words = commandLine.split('\0', 2)
  const program = nameProgram(words[0] ?? '')
  if (names.includes(program)) return program
  // A script's path is the second word, behind its interpreter's; its cut name must agree.
  const script = nameProgram(words[1] ?? '')
  return command !== '' && script.startsWith(command) && names.includes(script) ? script : null
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
