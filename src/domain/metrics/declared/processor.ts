import { type MetricFamily, USED_UP } from '../metric-family.ts'

export const PROCESSOR_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.processor.percent.used',
    unit: '%',
    doc: 'CPU time in use, averaged over the interval; inside a container, relative to its limit.',
    chart: { of: 'processor', line: 'used' },
    standard: USED_UP,
  },
  {
    name: 'perf.processor.host.percent.used',
    unit: '%',
    isRare: true,
    doc: 'Inside a container with a limit: the same for the host machine.',
    systems: 'Linux',
    title: 'Processors of the machine below',
  },
  {
    name: 'perf.processor.percent.user',
    unit: '%',
    doc: 'CPU time spent in programs (user space).',
    chart: { of: 'processor-states', line: 'user' },
    section: { of: 'cpu', column: 'User' },
  },
  {
    name: 'perf.processor.percent.system',
    unit: '%',
    doc: 'CPU time spent in the kernel.',
    chart: { of: 'processor-states', line: 'system' },
    section: { of: 'cpu', column: 'System' },
  },
  {
    name: 'perf.processor.percent.iowait',
    unit: '%',
    doc: 'CPU time spent waiting for disk I/O.',
    systems: 'Linux',
    chart: { of: 'processor-states', line: 'I/O wait' },
    section: { of: 'cpu', column: 'I/O wait' },
  },
  {
    name: 'perf.processor.percent.steal',
    unit: '%',
    doc: 'CPU time the hypervisor gave to other machines.',
    systems: 'Linux',
    chart: { of: 'processor-states', line: 'steal' },
    section: { of: 'cpu', column: 'Steal' },
  },
]
