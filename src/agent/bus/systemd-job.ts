import type { Clock } from '../../lib/clock.ts'
import { type DbusConnection, withBus } from '../../platform/dbus/connection.ts'
import { type DbusDictionary, type DbusValue, isDictionary } from '../../platform/dbus/values.ts'
import {
  type BackgroundJob,
  type BackgroundResult,
  limitRun,
  nameSome,
  toReason,
} from '../background-result.ts'
import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { RestartCount } from '../restart-count.ts'

const SYSTEMD = 'org.freedesktop.systemd1'
const FAILED = 'perf.systemd.units.failed'
const RESTARTS = 'perf.systemd.restarts.hour'
const TIMEOUT_MS = 10_000
/** systemd answers for each service; large machines have some hundred. */
const MAX_SERVICES = 300
/** systemd's value for memory that it does not count: 2^64 - 1, which as a number ends in zeros. */
const UNKNOWN = 2 ** 63

export type SystemdJobOptions = {
  readonly socket: string
  /** Names of agent.services. */
  readonly services: readonly string[]
  /** Keeps counts of restarts for the next start of the agent; null keeps none. */
  readonly restartsFile?: string | null
  readonly intervalMs: number
  readonly clock: Clock
}

/** Failed units, restarts, and the services of the configuration, asked of systemd over the bus of the system. */
export function createSystemdJob({
  socket,
  services,
  restartsFile = null,
  intervalMs,
  clock,
}: SystemdJobOptions): BackgroundJob {
  const restarts = new RestartCount(clock, restartsFile)
  return {
    name: 'systemd',
    intervalMs,
    timeoutMs: limitRun(intervalMs, TIMEOUT_MS),
    run: (signal) => withBus(socket, signal, async (bus) => readUnits(bus, services, restarts)),
    fail: (failure) => ({ samples: [], reasons: new Map(), failure }),
  }
}

/** A unit that systemd has loaded. */
type SystemdUnit = {
  readonly name: string
  readonly active: string
  readonly sub: string
  readonly path: string
}

async function readUnits(
  bus: DbusConnection,
  named: readonly string[],
  restarts: RestartCount,
): Promise<BackgroundResult> {
  const [list] = await bus.call({
    destination: SYSTEMD,
    path: '/org/freedesktop/systemd1',
    interface: `${SYSTEMD}.Manager`,
    member: 'ListUnits',
  })
  const units = toUnits(list)
  const failed = units.filter(({ active }) => active === 'failed').map(({ name }) => name)
  const reasons = new Map<string, string>()
  if (failed.length > 0) reasons.set(FAILED, nameSome(failed))
  const samples: ProbeSample[] = [{ metric: FAILED, value: failed.length }]
  const loaded = units.filter(({ name }) => name.endsWith('.service'))
  const own = new Map<string, string>()
  for (const given of named) {
    const unit = await findUnit(bus, toUnitName(given), loaded)
    if (unit !== null) own.set(unit.name, given)
    else reasons.set(`perf.service.${partOf(given)}.state`, 'not loaded: it is not there, or was not started')
  }
  // Services of the configuration are read in any case.
  const asked = [...loaded].sort((a, b) => Number(own.has(b.name)) - Number(own.has(a.name)))
  const counts = new Map<string, number>()
  await Promise.all(
    asked.slice(0, MAX_SERVICES).map(async (unit) => {
      const given = own.get(unit.name)
      const found = await readService(bus, unit, given !== undefined)
      if (found === null) return
      counts.set(unit.name, found.restarts)
      if (given !== undefined) describeService(given, unit, found, { samples, reasons })
    }),
  )
  const recent = restarts.note(counts)
  for (const [unit, given] of own)
    if (counts.has(unit))
      samples.push({ metric: `perf.service.${partOf(given)}.restarts.hour`, value: recent.get(unit) ?? 0 })
  const total = [...recent.values()].reduce((sum, count) => sum + count, 0)
  samples.push({ metric: RESTARTS, value: total })
  if (total > 0)
    reasons.set(
      RESTARTS,
      nameSome([...recent].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} (${count})`)),
    )
  return { samples, reasons, failure: null }
}

function describeService(
  given: string,
  unit: SystemdUnit,
  { memory, tasks, result }: Service,
  { samples, reasons }: { readonly samples: ProbeSample[]; readonly reasons: Map<string, string> },
) {
  const part = `perf.service.${partOf(given)}`
  if (memory !== null) samples.push({ metric: `${part}.memory.bytes`, value: memory })
  if (tasks !== null) samples.push({ metric: `${part}.tasks`, value: tasks })
  if (unit.active !== 'active')
    reasons.set(
      `${part}.state`,
      toReason(`${unit.active} (${unit.sub})${result === 'success' || result === '' ? '' : `, ${result}`}`),
    )
}

/** The unit of that name, which may be another name of it: `sshd` is `ssh` on Debian. Null for none. */
async function findUnit(
  bus: DbusConnection,
  name: string,
  loaded: readonly SystemdUnit[],
): Promise<SystemdUnit | null> {
  const known = loaded.find((unit) => unit.name === name)
  if (known !== undefined) return known
  try {
    const [path] = await bus.call({
      destination: SYSTEMD,
      path: '/org/freedesktop/systemd1',
      interface: `${SYSTEMD}.Manager`,
      member: 'GetUnit',
      arguments: [name],
    })
    return loaded.find((unit) => unit.path === path) ?? null
  } catch (error) {
    if (error instanceof Error && /NoSuchUnit/.test(error.message)) return null
    throw error
  }
}

type Service = {
  readonly restarts: number
  readonly memory: number | null
  readonly tasks: number | null
  readonly result: string
}

/** Null for one that went away since it was listed. All properties cost systemd more than one. */
async function readService(
  bus: DbusConnection,
  { path }: SystemdUnit,
  isNamed: boolean,
): Promise<Service | null> {
  const call = { destination: SYSTEMD, path, interface: 'org.freedesktop.DBus.Properties' }
  try {
    if (!isNamed) {
      const [value] = await bus.call({
        ...call,
        member: 'Get',
        arguments: [`${SYSTEMD}.Service`, 'NRestarts'],
      })
      return { restarts: Number(value) || 0, memory: null, tasks: null, result: '' }
    }
    const [all] = await bus.call({ ...call, member: 'GetAll', arguments: [`${SYSTEMD}.Service`] })
    const found: DbusDictionary = isDictionary(all) ? all : {}
    return {
      restarts: numberOf(found.NRestarts) ?? 0,
      memory: numberOf(found.MemoryCurrent),
      tasks: numberOf(found.TasksCurrent),
      result: typeof found.Result === 'string' ? found.Result : '',
    }
  } catch (error) {
    if (
      error instanceof Error &&
      /NoSuchUnit|UnknownObject|UnknownMethod|UnknownProperty/.test(error.message)
    )
      return null
    throw error
  }
}

const numberOf = (value: DbusValue | undefined) =>
  typeof value === 'number' && value < UNKNOWN ? value : null

function toUnits(list: DbusValue | undefined): SystemdUnit[] {
  if (!Array.isArray(list)) throw new Error('systemd does not list its units')
  return list.flatMap((unit: DbusValue) => {
    if (!Array.isArray(unit)) return []
    const [name, , , active, sub, , path] = unit.map(String)
    return name && active && sub && path ? [{ name, active, sub, path }] : []
  })
}

const toUnitName = (name: string) => (/\.\w+$/.test(name) ? name : `${name}.service`)
const partOf = (name: string) => toMetricPart(name.replace(/\.service$/, ''))
