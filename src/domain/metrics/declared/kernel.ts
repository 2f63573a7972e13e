import { type MetricFamily, USED_UP, whenDown } from '../metric-family.ts'

const onLinux = (families: readonly MetricFamily[]): readonly MetricFamily[] =>
  families.map((family) => ({ ...family, systems: 'Linux' }))

export const TIME_METRICS: readonly MetricFamily[] = onLinux([
  {
    name: 'perf.time.synchronized.state',
    unit: 'state',
    doc: '1 while the clock is synchronized to a time server (as reported to the kernel), otherwise 0.',
    title: 'Clock',
    section: { of: 'system', column: 'Clock' },
    states: { good: 'Synchronized', bad: 'Not synchronized' },
    standard: whenDown(3, 3600),
  },
  {
    name: 'perf.time.offset.seconds',
    unit: 's',
    doc: 'Remaining clock offset to the time server; 0 with programs that step the clock.',
    title: 'Clock offset',
    chart: { of: 'clock', line: 'offset' },
  },
  {
    name: 'perf.time.error.seconds',
    unit: 's',
    doc: 'Maximum clock error as estimated by the kernel; it grows while the clock is not synchronized.',
    title: 'Clock error',
    section: { of: 'system', column: 'Largest error of the clock' },
  },
])

export const KERNEL_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.tcp.retransmits.percent',
    unit: '%',
    doc: 'TCP segments retransmitted, relative to those sent.',
    title: 'TCP retransmits',
    chart: { of: 'retransmits', line: 'sent again' },
  },
  ...onLinux([
    {
      name: 'perf.kernel.oom.kills',
      unit: '',
      doc: 'Processes killed by the kernel since the last reading because memory ran out (OOM).',
      title: 'Out-of-memory kills',
      section: { of: 'system', column: 'Out-of-memory kills' },
      standard: [{ severity: 3, compare: '>', value: 0, duration: 0 }],
    },
    {
      name: 'perf.swap.pages.in',
      unit: '/s',
      doc: 'Pages read back from swap per second.',
      title: 'Swap in',
      chart: { of: 'swapping', line: 'in' },
    },
    {
      name: 'perf.swap.pages.out',
      unit: '/s',
      doc: 'Pages written to swap per second.',
      title: 'Swap out',
      chart: { of: 'swapping', line: 'out' },
    },
    {
      name: 'perf.conntrack.percent.used',
      unit: '%',
      doc: 'Connection tracking entries in use; when the table is full, new connections are refused.',
      title: 'Tracked connections',
      section: { of: 'system', column: 'Tracked connections' },
      standard: USED_UP,
    },
    {
      name: 'perf.files.percent.used',
      unit: '%',
      doc: "File handles in use, relative to the kernel's limit.",
      title: 'File handles',
      section: { of: 'system', column: 'File handles' },
      standard: USED_UP,
    },
    {
      name: 'perf.files.open',
      unit: '',
      doc: 'File handles in use.',
      title: 'Open files',
      section: { of: 'system', column: 'Open files' },
    },
  ]),
]

export const LINK_METRICS: readonly MetricFamily[] = onLinux([
  {
    name: 'perf.link.<interface>.state',
    unit: 'state',
    doc: '1 while a network card that had a link since boot has one, otherwise 0.',
    title: 'Link of <interface>',
    section: { of: 'links', column: 'Link' },
    states: { good: 'Up', bad: 'Down' },
    standard: whenDown(3, 60),
  },
  {
    name: 'perf.link.<interface>.megabits',
    unit: 'Mbit/s',
    doc: 'Negotiated speed of a network card.',
    title: 'Speed of <interface>',
    section: { of: 'links', column: 'Speed' },
  },
])

export const UPDATE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.system.reboot.state',
    unit: 'state',
    doc:
      '0 while the system waits for a reboot: Debian and Ubuntu say so in /run/reboot-required, elsewhere a newer ' +
      'kernel of the same kind is installed than the one that runs; Windows has keys for it in its registry. Else 1.',
    title: 'Reboot',
    section: { of: 'system', column: 'Reboot' },
    states: { good: 'Not required', bad: 'Required' },
    standard: whenDown(4, 0),
  },
  ...onLinux([
    {
      name: 'perf.updates.pending',
      unit: '',
      doc: 'Pending updates, as counted by the update notifier of Ubuntu and Debian.',
      title: 'Pending updates',
      section: { of: 'system', column: 'Updates' },
    },
    {
      name: 'perf.updates.security',
      unit: '',
      doc: 'Pending security updates.',
      title: 'Pending security updates',
      section: { of: 'system', column: 'Security updates' },
      standard: [{ severity: 4, compare: '>', value: 0, duration: 86_400 }],
    },
  ]),
]

export const POWER_METRICS: readonly MetricFamily[] = onLinux([
  {
    name: 'perf.battery.<battery>.percent',
    unit: '%',
    doc: 'Charge of a battery.',
    title: 'Battery <battery>',
    chart: { of: 'battery', line: '<battery>' },
    section: { of: 'power', column: 'Charge' },
    standard: [
      { severity: 3, compare: '<', value: 20, duration: 60 },
      { severity: 2, compare: '<', value: 5, duration: 60 },
    ],
  },
  {
    name: 'perf.battery.<battery>.health.percent',
    unit: '%',
    doc: 'Capacity of a full battery, relative to its design capacity.',
    title: 'Health of battery <battery>',
    section: { of: 'power', column: 'Health' },
  },
  {
    name: 'perf.fan.<fan>.rpm',
    unit: 'rpm',
    doc: 'Fan speed in revolutions per minute.',
    title: 'Fan <fan>',
    chart: { of: 'fans', line: '<fan>' },
  },
])
