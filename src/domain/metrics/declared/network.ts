import type { MetricFamily } from '../metric-family.ts'

export const NETWORK_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.network.bytes.received',
    unit: 'B/s',
    doc: 'Bytes received per second on all interfaces except loopback.',
    chart: { of: 'network', line: 'received' },
  },
  {
    name: 'perf.network.bytes.sent',
    unit: 'B/s',
    doc: 'Bytes sent per second on all interfaces except loopback.',
    chart: { of: 'network', line: 'sent' },
  },
  {
    name: 'perf.network.omitted',
    unit: '',
    isRare: true,
    doc: 'Interfaces that are not reported because there are more than 64.',
  },
  {
    name: 'perf.network.<interface>.bytes.received',
    unit: 'B/s',
    doc: 'Bytes received per second on one interface.',
    chart: { of: 'interface-bytes', line: 'received' },
    section: { of: 'network', column: 'Received' },
  },
  {
    name: 'perf.network.<interface>.bytes.sent',
    unit: 'B/s',
    doc: 'Bytes sent per second on one interface.',
    chart: { of: 'interface-bytes', line: 'sent' },
    section: { of: 'network', column: 'Sent' },
  },
  {
    name: 'perf.network.<interface>.errors.received',
    unit: '/s',
    doc: 'Receive errors per second.',
    section: { of: 'network', column: 'Errors in' },
  },
  {
    name: 'perf.network.<interface>.errors.sent',
    unit: '/s',
    doc: 'Transmit errors per second.',
    section: { of: 'network', column: 'Errors out' },
  },
  {
    name: 'perf.network.<interface>.drops.received',
    unit: '/s',
    doc: 'Received packets dropped per second.',
    section: { of: 'network', column: 'Drops in' },
  },
  {
    name: 'perf.network.<interface>.drops.sent',
    unit: '/s',
    doc: 'Outgoing packets dropped per second.',
    section: { of: 'network', column: 'Drops out' },
  },
]
