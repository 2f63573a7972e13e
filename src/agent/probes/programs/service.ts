import { SERVICE_METRICS } from '../../../domain/metrics/declared/programs.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe } from '../probe.ts'

/** By configured name whether the unit is up. */
export type ServiceReading = ReadonlyMap<string, boolean>

/**
 * Whether systemd services named in the configuration are up, by their full name or without `.service`;
 * templates as `getty@tty1`, escapes as systemd writes them. Linux: systemd (236 and newer) keeps a link
 * `invocation:UNIT` in /run/systemd/units for every service that is neither inactive nor failed. That is what
 * `systemctl is-active` calls active, and also the moments of starting and stopping; a oneshot with
 * RemainAfterExit=yes is up until it is stopped. A service waiting to be restarted is not. Windows: the
 * service manager, by the short name (`EventLog`); what is starting or stopping does not run. With an older
 * systemd a service is up while there are processes in its control group, which a oneshot has only while it
 * runs.
 */
export const service = defineProbe<ServiceReading>({
  name: 'service',
  metrics: SERVICE_METRICS,
  linux(proc, { services }) {
    const names = services.filter(isServiceName)
    if (names.length === 0) return null
    const isUp = openUnits(proc)
    return new Map(names.map((name) => [name, isUp(findUnit(proc, name))]))
  },
  windows(win32, { services }) {
    return services.length === 0 ? null : win32.readServices(services)
  },
  samples: (found) =>
    [...found].map(([name, isUp]) => ({
      metric: `perf.service.${toMetricPart(name.replace(/\.service$/, ''))}.state`,
      value: isUp ? 1 : 0,
    })),
})

/**
 * False for units of other kinds (`.timer`, `.mount`): they run nothing, so files do not show their state.
 */
export function isServiceName(name: string): boolean {
  return (
    name !== '' &&
    !name.includes('/') &&
    !/\.(socket|timer|mount|automount|swap|target|path|slice|scope|device)$/.test(name)
  )
}

const UNIT_FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]

/** The unit's own name: `sshd` is an alias of `ssh.service` on Debian, by a link among the unit files. */
function findUnit(proc: ProcFs, name: string): string {
  const unit = name.endsWith('.service') ? name : `${name}.service`
  for (const folder of UNIT_FOLDERS) {
    const target = proc.readLink(`${folder}/${unit}`)
    const real = target?.slice(target.lastIndexOf('/') + 1)
    // A template's instances may be links to the template, which runs under the name of the instance.
    if (real?.endsWith('.service') && !real.includes('@.')) return real
  }
  return unit
}

/** Throws where systemd is not visible: the state is unknown then, and "down" would be wrong. */
function openUnits(proc: ProcFs): (unit: string) => boolean {
  const links = new Set(proc.list('/run/systemd/units'))
  if (links.size > 0) return (unit) => links.has(`invocation:${unit}`)
  const root = CGROUP_ROOTS.find((path) => proc.list(`${path}/system.slice`).length > 0)
  if (root === undefined) throw new Error('systemd does not run here, so services can not be watched')
  return (unit) => hasProcesses(proc, root, unit)
}

const CGROUP_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']

/** Slices in slices are followed this far. */
const MAX_DEPTH = 5

/**
 * Looks for the unit's group in the slices below, then for a process in it or in the groups it made itself.
 */
function hasProcesses(proc: ProcFs, folder: string, unit: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false
  return proc
    .list(folder)
    .some((name) =>
      name === unit
        ? isPopulated(proc, `${folder}/${name}`)
        : name.endsWith('.slice') && hasProcesses(proc, `${folder}/${name}`, unit, depth + 1),
    )
}

function isPopulated(proc: ProcFs, group: string, depth = 0): boolean {
  const names = proc.list(group)
  if (names.includes('cgroup.procs') && proc.readTextIfThere(`${group}/cgroup.procs`)?.trim()) return true
  if (depth > MAX_DEPTH) return false
  return names.some(
    (name) =>
      !/^(cgroup|memory|cpu|pids|io|tasks|notify_on_release)\b/.test(name) &&
      isPopulated(proc, `${group}/${name}`, depth + 1),
  )
}
