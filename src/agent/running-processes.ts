import type { EventReport } from '../domain/event.ts'
import { chooseProcesses, type RunningProcess } from '../domain/events/running-process.ts'
import type { Clock } from '../lib/clock.ts'
import type { ProcFs } from '../platform/proc.ts'

/** The kernel counts in hundredths of a second, whatever its own clock. */
const TICKS_A_SECOND = 100
/** Between the two readings that show which processes are busy. */
const BETWEEN_MS = 400
/** A machine may have tens of thousands of processes; those that are not read in this time are left out. */
const LOOK_MS = 150
/** So many are looked at before others get their turn. */
const AT_ONCE = 200

type SeenProcess = {
  readonly name: string
  readonly ticks: number
  readonly started: string
  readonly pages: number
}

/** The processes of this machine that take the most, by two looks at /proc. */
export async function readRunningProcesses(proc: ProcFs, clock: Clock): Promise<RunningProcess[]> {
  const beganMs = clock.monotonicMs()
  const before = await look(proc)
  await new Promise<void>((resolve) => clock.after(BETWEEN_MS, resolve))
  const seconds = (clock.monotonicMs() - beganMs) / 1000
  const after = await look(proc)
  const pageBytes = findPageBytes(proc)
  const found: RunningProcess[] = []
  for (const [id, now] of after) {
    const known = before.get(id)
    const ticks = known?.started === now.started ? Math.max(0, now.ticks - known.ticks) : 0
    found.push({
      id: Number(id),
      name: now.name,
      processor: Math.round((ticks / TICKS_A_SECOND / seconds) * 100),
      memory: now.pages * pageBytes,
    })
  }
  return chooseProcesses(found)
}

/** /proc/PID/stat is answered without a look into the process, which may hang. */
async function look(proc: ProcFs): Promise<Map<string, SeenProcess>> {
  const found = new Map<string, SeenProcess>()
  const endMs = performance.now() + LOOK_MS
  const ids = proc.list('/proc').filter((name) => /^\d+$/.test(name))
  for (const [i, id] of ids.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) {
      await Bun.sleep(0)
      if (performance.now() > endMs) break
    }
    const seen = parseProcessStat(readStat(proc, id))
    if (seen !== null) found.set(id, seen)
  }
  return found
}

function readStat(proc: ProcFs, id: string): string {
  try {
    return proc.readTextIfThere(`/proc/${id}/stat`) ?? ''
  } catch {
    return ''
  }
}

/** A name may hold blanks and parentheses: it ends with the last of them. */
export function parseProcessStat(text: string): SeenProcess | null {
  const from = text.indexOf('(')
  const end = text.lastIndexOf(')')
  if (from < 0 || end < from) return null
  const fields = text.slice(end + 2).split(' ')
  // The state, third of all columns, is the first of these.
  const [user, system, started, pages] = [11, 12, 19, 21].map((i) => fields[i] ?? '')
  const ticks = Number(user) + Number(system)
  const name = text.slice(from + 1, end)
  if (name === '' || !started || !Number.isSafeInteger(ticks) || !/^\d{1,15}$/.test(pages ?? '')) return null
  return { name, ticks, started, pages: Number(pages) }
}

const DEFAULT_PAGE = 4096

/** From our own process, of which both are known. Pages are a power of two: 4, 16 or 64 KiB. */
function findPageBytes(proc: ProcFs): number {
  const own = parseProcessStat(readStat(proc, 'self'))
  if (own === null || own.pages === 0) return DEFAULT_PAGE
  const page = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / own.pages))
  return page >= DEFAULT_PAGE && page <= 65_536 ? page : DEFAULT_PAGE
}

/** Kinds of metrics of which processes may be the cause. */
const CAUSED =
  /^perf\.(processor|memory|pagefile|system\.load|pressure|disk|swap|kernel|network|temperature|files)\./

const MAX_HELD = 50
/** Many thresholds may be breached in a row: who is busy is not asked more often. */
const LEAST_BETWEEN_MS = 30_000

export type ProcessRecorder = {
  /**
   * Looks which processes run when a threshold begins to be breached (`began`), and adds them to the reports of
   * events that open because of it.
   */
  record(events: readonly EventReport[], began: readonly string[]): Promise<readonly EventReport[]>
}

export function createProcessRecorder(
  read: (() => Promise<readonly RunningProcess[]>) | undefined,
  clock: Clock,
): ProcessRecorder {
  const held = new Map<string, readonly RunningProcess[]>()
  let last: { readonly atMs: number; readonly processes: readonly RunningProcess[] } | null = null
  async function take(): Promise<readonly RunningProcess[]> {
    const atMs = clock.monotonicMs()
    if (last !== null && atMs - last.atMs < LEAST_BETWEEN_MS) return last.processes
    const processes = await (read?.() ?? [])
    last = { atMs, processes }
    return processes
  }
  return {
    async record(events, began) {
      const metrics = began.filter((metric) => CAUSED.test(metric))
      if (read !== undefined && metrics.length > 0) {
        const processes = await take().catch(() => [])
        if (held.size + metrics.length > MAX_HELD) held.clear()
        for (const metric of metrics) held.set(metric, processes)
      }
      return events.map((report) => {
        const processes = held.get(report.metric)
        if (processes === undefined || report.status !== 'open' || report.change !== 1) return report
        held.delete(report.metric)
        return processes.length === 0 ? report : { ...report, processes }
      })
    },
  }
}
