import { NETWORK_METRICS } from '../../../domain/metrics/declared/network.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import type { Win32, WindowsInterface } from '../../../platform/win32.ts'
import { addSample, ratePerSecond, roundTo } from '../arithmetic.ts'
import { createUniqueNames, toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { describeInterfaces, type InterfaceSurvey, type InterfaceTraits } from './interfaces.ts'

export type InterfaceCounters = {
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly errorsReceived: number
  readonly errorsSent: number
  readonly dropsReceived: number
  readonly dropsSent: number
}

export type InterfaceState = InterfaceTraits & { readonly counters: InterfaceCounters }

export type NetworkReading = {
  /** By name, without loopback. */
  readonly interfaces: ReadonlyMap<string, InterfaceState>
  /** Null on Windows. */
  readonly survey: InterfaceSurvey | null
}

/** The most that one machine reports, besides the two totals. */
const MAX_INTERFACES = 64

/**
 * Traffic a second: in total over the interfaces through which it enters and leaves the machine, and of each
 * interface that has ever carried any. Linux: /proc/net/dev and the links in /sys/class/net. Windows:
 * GetIfTable2.
 */
export const network = defineProbe<NetworkReading>({
  name: 'network',
  metrics: NETWORK_METRICS,
  linux: (proc, _context, previous) => readNetwork(proc, previous),
  windows: readWindowsNetwork,
  samples(now, previous, seconds) {
    if (previous === null) return []
    const samples: ProbeSample[] = []
    const add = (name: string, key: keyof InterfaceCounters) =>
      addSample(samples, name, addUp(now.interfaces, previous.interfaces, key, seconds))
    add('perf.network.bytes.received', 'bytesReceived')
    add('perf.network.bytes.sent', 'bytesSent')
    let reported = 0
    const names = createUniqueNames()
    for (const [name, state] of now.interfaces) {
      const before = previous.interfaces.get(name)
      const { bytesReceived, bytesSent } = state.counters
      if (before === undefined || before.index !== state.index || bytesReceived + bytesSent === 0) continue
      if (++reported > MAX_INTERFACES) continue
      const part = names.claim(toMetricPart(name))
      addInterface(samples, `perf.network.${part}`, { now: state.counters, before: before.counters, seconds })
    }
    if (reported > MAX_INTERFACES) addSample(samples, 'perf.network.omitted', reported - MAX_INTERFACES)
    return samples
  },
})

function addInterface(
  samples: ProbeSample[],
  part: string,
  {
    now,
    before,
    seconds,
  }: { readonly now: InterfaceCounters; readonly before: InterfaceCounters; readonly seconds: number },
) {
  const add = (name: string, key: keyof InterfaceCounters, decimals: number) =>
    addSample(samples, `${part}.${name}`, ratePerSecond(now[key], before[key], seconds, decimals))
  add('bytes.received', 'bytesReceived', 0)
  add('bytes.sent', 'bytesSent', 0)
  // One error in five minutes is worth seeing, so these keep decimals.
  add('errors.received', 'errorsReceived', 3)
  add('errors.sent', 'errorsSent', 3)
  add('drops.received', 'dropsReceived', 3)
  add('drops.sent', 'dropsSent', 3)
}

/** Null when one of the counted interfaces is new or was reset: the sum of the others would be too small. */
function addUp(
  now: NetworkReading['interfaces'],
  previous: NetworkReading['interfaces'],
  key: keyof InterfaceCounters,
  seconds: number,
): number | null {
  let sum = 0
  let counted = 0
  for (const [name, state] of now) {
    if (!state.isCounted) continue
    const before = previous.get(name)
    if (before === undefined || before.index !== state.index) return null
    const rate = ratePerSecond(state.counters[key], before.counters[key], seconds, 3)
    if (rate === null) return null
    sum += rate
    counted++
  }
  return counted === 0 ? null : roundTo(sum, 0)
}

function readNetwork(proc: ProcFs, previous: NetworkReading | null): NetworkReading {
  const counters = parseNetDev(proc.readText('/proc/net/dev'))
  const traffic = (name: string) => {
    const { bytesReceived = 0, bytesSent = 0 } = counters.get(name) ?? {}
    return bytesReceived + bytesSent
  }
  const survey = describeInterfaces(proc, [...counters.keys()], previous?.survey ?? null, traffic)
  const interfaces = new Map<string, InterfaceState>()
  for (const [name, traits] of survey.traits) {
    const found = counters.get(name)
    if (found !== undefined) interfaces.set(name, { ...traits, counters: found })
  }
  return { interfaces, survey }
}

/** Loopback and tunnels (Teredo, 6to4), by IANA's ifType. */
const NOT_A_NETWORK = new Set([24, 131])

/**
 * Devices count, but not interfaces stacked on them: bridges of Hyper-V, teams, VPNs. Where there is no
 * device (a container), everything counts.
 */
function readWindowsNetwork(win32: Win32): NetworkReading {
  const found = win32
    .listInterfaces()
    .filter(({ type, isFilter, alias }) => !NOT_A_NETWORK.has(type) && !isFilter && alias !== '')
  const isAnyHardware = found.some(({ isHardware }) => isHardware)
  const states = found.map((one) => [one.alias, toState(one, one.isHardware || !isAnyHardware)] as const)
  return { interfaces: new Map(states), survey: null }
}

function toState(found: WindowsInterface, isCounted: boolean): InterfaceState {
  const { bytesReceived, bytesSent, errorsReceived, errorsSent, dropsReceived, dropsSent } = found
  return {
    index: found.luid,
    hasDevice: found.isHardware,
    isCounted,
    counters: { bytesReceived, bytesSent, errorsReceived, errorsSent, dropsReceived, dropsSent },
  }
}

/** A valid interface name for the kernel; it becomes a part of paths in /sys. */
const IS_INTERFACE = /^(?!\.{1,2}$)[^\s/\0]{1,15}$/

/** Six of the 16 columns or more: bytes, errors and drops of what was received, and then of what was sent. */
const COUNTS = (() => {
  const [kept, skipped] = [' +(\\d{1,20})', ' +\\d{1,20}']
  const half = `${kept}${skipped}${kept}${kept}${skipped.repeat(4)}`
  return new RegExp(`^${half}${half}(?:${skipped})* *$`)
})()

/** /proc/net/dev by interface. Lines without the 16 columns are left out. */
export function parseNetDev(text: string): Map<string, InterfaceCounters> {
  const found = new Map<string, InterfaceCounters>()
  for (const line of text.split('\n').slice(2)) {
    // Old kernels put no space behind the colon, and alias names have a colon of their own.
    const colon = line.lastIndexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).trim()
    const counts = COUNTS.exec(` ${line.slice(colon + 1)}`)
    if (counts === null || !IS_INTERFACE.test(name)) continue
    const [
      bytesReceived = 0,
      errorsReceived = 0,
      dropsReceived = 0,
      bytesSent = 0,
      errorsSent = 0,
      dropsSent = 0,
    ] = counts.slice(1).map(Number)
    found.set(name, { bytesReceived, bytesSent, errorsReceived, errorsSent, dropsReceived, dropsSent })
  }
  return found
}
