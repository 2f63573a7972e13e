import { above, type MetricFamily } from '../metric-family.ts'
import { describeSensor } from '../sensor-name.ts'

export const LOAD_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.system.load.1',
    unit: '',
    doc: 'Running and waiting tasks, averaged over 1 minute.',
    systems: 'Linux',
    chart: { of: 'load', line: '1 min' },
    section: { of: 'cpu', column: 'Load, 1 min' },
  },
  {
    name: 'perf.system.load.5',
    unit: '',
    doc: 'Running and waiting tasks, averaged over 5 minutes.',
    systems: 'Linux',
    chart: { of: 'load', line: '5 min' },
    section: { of: 'cpu', column: 'Load, 5 min' },
  },
  {
    name: 'perf.system.load.15',
    unit: '',
    doc: 'Running and waiting tasks, averaged over 15 minutes.',
    systems: 'Linux',
    chart: { of: 'load', line: '15 min' },
    // Slow disks raise it too: it never counts as critical.
    standard: above(
      [
        [2, 4],
        [4, 3],
        [8, 2],
      ],
      900,
    ).map((step) => ({ ...step, isPerProcessor: true as const })),
    section: { of: 'cpu', column: 'Load, 15 min' },
  },
]

export const UPTIME_METRICS: readonly MetricFamily[] = [
  { name: 'perf.system.uptime.seconds', unit: 's', doc: 'Time since the system was started.' },
]

export const PROCESSES_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.system.processes',
    unit: '',
    doc: 'Number of processes.',
    chart: { of: 'processes', line: 'all' },
    section: { of: 'cpu', column: 'Processes' },
  },
]

/**
 * The resources that tasks wait for: the kernel's name, our name, and whether all tasks can wait for it at
 * once.
 */
const RESOURCES = [
  ['cpu', 'CPU', false],
  ['memory', 'memory', true],
  ['io', 'I/O', true],
] as const

export const PRESSURE_METRICS: readonly MetricFamily[] = RESOURCES.flatMap(
  ([resource, line, isForAll]): MetricFamily[] => {
    const some: MetricFamily = {
      name: `perf.pressure.${resource}.some.percent`,
      unit: '%',
      doc: `Share of time at least one task waited for ${line}.`,
      systems: 'Linux',
      chart: { of: 'pressure', line },
      section: {
        of: resource === 'memory' ? 'memory' : 'cpu',
        column: `${line.charAt(0).toUpperCase()}${line.slice(1)} pressure`,
      },
    }
    const full: MetricFamily = {
      name: `perf.pressure.${resource}.full.percent`,
      unit: '%',
      doc: `Share of time all tasks waited for ${line} at once.`,
      systems: 'Linux',
    }
    return isForAll ? [some, full] : [some]
  },
)

export const TEMPERATURE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.temperature.<sensor>.celsius',
    unit: '°C',
    doc: 'Temperature of a sensor.',
    systems: 'Linux',
    chart: { of: 'temperature', line: '<sensor>' },
    sayThing: describeSensor,
  },
]
