import { type MetricFamily, whenDown } from '../metric-family.ts'
import { CONTAINER_STATUS, listStatuses } from './statuses.ts'

const FAMILIES: readonly MetricFamily[] = [
  {
    name: 'perf.containers.state',
    unit: 'state',
    doc: '1 while the container engine (Docker, Podman) answers, otherwise 0; with agent.containers.',
    states: { good: 'Answering', bad: 'Not answering' },
    standard: whenDown(3, 300),
  },
  { name: 'perf.containers.running', unit: '', doc: 'Containers that run.' },
  {
    name: 'perf.containers.left',
    unit: '',
    doc: 'Containers that are not watched because there are more than 64.',
  },
  {
    name: 'perf.container.<name>.state',
    unit: 'state',
    doc: '1 while a container runs, was never started, or has ended with code 0 and is not to be restarted; otherwise 0.',
    section: { of: 'states', column: 'container' },
    // One that has ended well is as good as one that runs.
    states: { good: 'OK', bad: 'Not running' },
    standard: whenDown(3, 300),
  },
  {
    name: 'perf.container.<name>.status',
    unit: '',
    doc: `State reported by the engine: ${listStatuses(CONTAINER_STATUS)}.`,
    section: { of: 'containers', column: 'State' },
    statuses: CONTAINER_STATUS,
  },
  {
    name: 'perf.container.<name>.healthy',
    unit: 'state',
    doc: '1 while its health check passes, otherwise 0.',
    section: { of: 'containers', column: 'Health' },
    states: { good: 'Healthy', bad: 'Unhealthy' },
    standard: whenDown(2, 60),
  },
  {
    name: 'perf.container.<name>.restarts.hour',
    unit: '',
    doc: 'Restarts by the engine in the last hour.',
    section: { of: 'containers', column: 'Restarts' },
    standard: [{ severity: 3, compare: '>=', value: 3, duration: 0 }],
  },
  {
    name: 'perf.container.<name>.processor.percent',
    unit: '%',
    doc: 'CPU time used, relative to all CPUs.',
    section: { of: 'containers', column: 'CPU' },
    chart: { of: 'container-processor', line: '<name>' },
  },
  {
    name: 'perf.container.<name>.memory.bytes',
    unit: 'B',
    doc: 'Memory used, without reclaimable page cache.',
    section: { of: 'containers', column: 'Memory' },
    chart: { of: 'container-memory', line: '<name>' },
  },
  {
    name: 'perf.container.<name>.memory.percent',
    unit: '%',
    doc: 'Memory used, relative to its limit.',
    section: { of: 'containers', column: 'Of its limit' },
  },
  {
    name: 'perf.container.<name>.network.bytes.received',
    unit: 'B/s',
    doc: 'Bytes received per second.',
    section: { of: 'containers', column: 'Received' },
  },
  {
    name: 'perf.container.<name>.network.bytes.sent',
    unit: 'B/s',
    doc: 'Bytes sent per second.',
    section: { of: 'containers', column: 'Sent' },
  },
]

export const CONTAINER_METRICS: readonly MetricFamily[] = FAMILIES.map((family) => ({
  ...family,
  systems: 'Linux',
}))
