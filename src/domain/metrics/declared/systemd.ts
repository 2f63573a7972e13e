import type { MetricFamily } from '../metric-family.ts'

const onLinux = (families: readonly MetricFamily[]): readonly MetricFamily[] =>
  families.map((family) => ({ ...family, systems: 'Linux' }))

export const SYSTEMD_METRICS: readonly MetricFamily[] = onLinux([
  {
    name: 'perf.systemd.units.failed',
    unit: '',
    doc: 'Failed systemd units; the event names them.',
    title: 'Failed units',
    section: { of: 'system', column: 'Failed units' },
    standard: [{ severity: 3, compare: '>', value: 0, duration: 300 }],
  },
  {
    name: 'perf.systemd.restarts.hour',
    unit: '',
    doc: 'Automatic restarts by systemd in the last hour; the event names the services.',
    title: 'Restarts of services in an hour',
    section: { of: 'system', column: 'Restarts of services' },
    standard: [{ severity: 3, compare: '>=', value: 5, duration: 0 }],
  },
  {
    name: 'perf.service.<name>.memory.bytes',
    unit: 'B',
    doc: 'Memory used by a service of agent.services, as counted by its control group.',
    title: 'Memory of service <name>',
    section: { of: 'services', column: 'Memory' },
    chart: { of: 'service-memory', line: '<name>' },
  },
  {
    name: 'perf.service.<name>.tasks',
    unit: '',
    doc: 'Threads of a service of agent.services.',
    title: 'Tasks of service <name>',
    section: { of: 'services', column: 'Tasks' },
  },
  {
    name: 'perf.service.<name>.restarts.hour',
    unit: '',
    doc: 'Automatic restarts by systemd in the last hour.',
    title: 'Restarts of service <name> in an hour',
    section: { of: 'services', column: 'Restarts' },
  },
])

export const WINDOWS_SERVICE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.services.stopped',
    unit: '',
    doc:
      'Services that start with Windows and do not run; the event names them. Those with a trigger, and those ' +
      'with a delayed start that ended well, are left out: they end by themselves.',
    title: 'Stopped services',
    systems: 'Windows',
    section: { of: 'system', column: 'Stopped services' },
    standard: [{ severity: 3, compare: '>', value: 0, duration: 900 }],
  },
]

export const DRIVE_METRICS: readonly MetricFamily[] = onLinux([
  {
    name: 'perf.drive.<drive>.state',
    unit: 'state',
    doc: "1 while a drive's SMART self-assessment passes, otherwise 0; where UDisks2 runs.",
    title: 'Drive <drive>',
    section: { of: 'drives', column: 'Health' },
    states: { good: 'Healthy', bad: 'Failing' },
    standard: [{ severity: 1, compare: '=', value: 0, duration: 0 }],
  },
  {
    name: 'perf.drive.<drive>.celsius',
    unit: '°C',
    doc: 'Temperature of a drive.',
    title: 'Temperature of drive <drive>',
    section: { of: 'drives', column: 'Temperature' },
  },
  {
    name: 'perf.drive.<drive>.sectors.bad',
    unit: '',
    doc: 'Unreadable and reallocated sectors of a SATA drive.',
    title: 'Bad sectors of drive <drive>',
    section: { of: 'drives', column: 'Bad sectors' },
    standard: [{ severity: 3, compare: '>', value: 0, duration: 0 }],
  },
  {
    name: 'perf.drive.<drive>.wear.percent',
    unit: '%',
    doc: 'Used share of the life of an NVMe drive or SATA SSD, by its own estimate.',
    title: 'Wear of drive <drive>',
    section: { of: 'drives', column: 'Wear' },
    standard: [
      { severity: 3, compare: '>=', value: 90, duration: 0 },
      { severity: 2, compare: '>=', value: 100, duration: 0 },
    ],
  },
  {
    name: 'perf.drive.<drive>.age.seconds',
    unit: 's',
    doc: 'Power-on time of a drive.',
    title: 'Time that drive <drive> was on',
    section: { of: 'drives', column: 'Age' },
  },
])
