import { UPDATE_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import { type ProcFs, readTextOrNothing } from '../../../platform/proc.ts'
import { addSample } from '../arithmetic.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'

export type UpdateReading = {
  readonly isRebootRequired: boolean
  /** Null where no program counts them. */
  readonly pending: number | null
  readonly security: number | null
  /** Cycles since the files were read. */
  readonly age: number
}

/** They change once a day. */
const READ_EVERY = 10

/**
 * Whether the system waits for a reboot or for updates, from files that the system keeps; no package manager
 * is run. Windows: the keys that it makes in its registry when a restart is due.
 */
export const updates = defineProbe<UpdateReading>({
  name: 'updates',
  metrics: UPDATE_METRICS,
  keepSeconds: 10,
  linux(proc, _context, previous) {
    if (previous !== null && previous.age + 1 < READ_EVERY) return { ...previous, age: previous.age + 1 }
    const counted = readTextOrNothing(proc, '/var/lib/update-notifier/updates-available')
    return { isRebootRequired: isRebootRequired(proc), ...parseAvailable(counted), age: 0 }
  },
  windows: (win32) => ({
    isRebootRequired: win32.isRebootPending(),
    pending: null,
    security: null,
    age: 0,
  }),
  samples({ isRebootRequired: isRequired, pending, security }) {
    const samples: ProbeSample[] = []
    addSample(samples, 'perf.system.reboot.state', isRequired ? 0 : 1)
    addSample(samples, 'perf.updates.pending', pending)
    addSample(samples, 'perf.updates.security', security)
    return samples
  },
})

function isRebootRequired(proc: ProcFs): boolean {
  if (proc.has('/run/reboot-required') || proc.has('/var/run/reboot-required')) return true
  const running = readTextOrNothing(proc, '/proc/sys/kernel/osrelease').trim()
  const installed = proc
    .list('/lib/modules')
    .filter((name) => proc.has(`/boot/vmlinuz-${name}`) || proc.has(`/lib/modules/${name}/vmlinuz`))
  return isNewerInstalled(running, installed)
}

/**
 * Whether a newer version of the running kind of kernel (`-amd64`, `-generic`, `.el9.x86_64`) is installed.
 * Null where the running one is not among them, as in a container.
 */
export function isNewerInstalled(running: string, installed: readonly string[]): boolean {
  if (!installed.includes(running)) return false
  const kind = kindOf(running)
  return installed.some((other) => kindOf(other) === kind && compareVersions(other, running) > 0)
}

/** Version and build, which are compared; what follows them is the kind, in which releases differ by numbers. */
const VERSION = /^[\d.]+(-\d[\d.]*)?/
const kindOf = (version: string) => version.replace(VERSION, '').replace(/\d+/g, '#')
const numbersOf = (version: string) => VERSION.exec(version)?.[0].match(/\d+/g)?.map(Number) ?? []

function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The sentences of the update notifier, of every release since Ubuntu 12.04. */
export function parseAvailable(text: string): { pending: number | null; security: number | null } {
  const pending = /^(\d{1,6}) (?:updates?|packages?) can be (?:applied|updated|installed)/m.exec(text)?.[1]
  const security =
    /^(\d{1,6}) (?:of these )?(?:updates?|is|are)[^\n]*(?:standard )?security update/m.exec(text)?.[1] ?? null
  if (pending === undefined) return { pending: null, security: null }
  return { pending: Number(pending), security: security === null ? 0 : Number(security) }
}
