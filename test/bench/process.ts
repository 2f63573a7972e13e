import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Seconds of processor time (user and system, all threads) that a process has used; from /proc/PID/stat. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/**
 * The same to the nanosecond, of the threads that live: few cycles take too little for the hundredths of a second of
 * /proc/PID/stat.
 */
export const spentSeconds = (pid: number) =>
  [...readThreads(pid).values()].reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e9

/** A thread that has nothing to do ends after twice this time, so that what it used is seen before. */
const LOOK_MS = 5000

/** Waits so long, and gives the seconds of processor time that were used meanwhile, also by threads that have ended. */
export async function spendFor(pid: number, ms: number): Promise<number> {
  const before = readThreads(pid)
  const after = new Map(before)
  const end = performance.now() + ms
  for (let left = ms; left > 0; left = end - performance.now()) {
    await Bun.sleep(Math.min(left, LOOK_MS))
    for (const [thread, nanoseconds] of readThreads(pid)) after.set(thread, nanoseconds)
  }
  let spent = 0
  for (const [thread, nanoseconds] of after) spent += nanoseconds - (before.get(thread) ?? 0)
  return spent / 1e9
}

/** Nanoseconds by thread. */
function readThreads(pid: number): Map<string, number> {
  const found = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`))
    try {
      const [spent] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')
      found.set(thread, Number(spent))
    } catch {
      // It has ended since it was listed.
    }
  return found
}

/** Resident memory in MiB: now, or at its highest since the start. */
export function residentMiB(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Polls until `ready` is true; throws after `seconds`. */
export async function waitFor(what: string, ready: () => Promise<boolean>, seconds = 30): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    try {
      if (await ready()) return
    } catch {
      // Not up yet: the connection is refused until it is.
    }
    await Bun.sleep(50)
  }
  throw new Error(`${what} was not ready within ${seconds} s`)
}

/** Bytes of all files under a folder, as allocated by their length. */
export function folderBytes(folder: string): number {
  let bytes = 0
  for (const file of new Bun.Glob('**/*').scanSync({ cwd: folder, dot: true })) {
    bytes += Bun.file(`${folder}/${file}`).size
  }
  return bytes
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
