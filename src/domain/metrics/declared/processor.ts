import { type MetricFamily, USED_UP } from '../metric-family.ts'

export const PROCESSOR_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.processor.percent.used',
    unit: '%',
    doc: "Time that all CPUs were busy, over the interval; inside a container, of the container's limit.",
    chart: { of: 'processor', line: 'used' },
    standard: USED_UP,
  },
  {
    name: 'perf.processor.host.percent.used',
    unit: '%',
    isRare: true,
    doc: 'Inside a container that has a limit: the same of the machine below it.',
    systems: 'Linux',
    title: 'Processors of the machine below',
  },
  {
    name: 'perf.processor.percent.user',
    unit: '%',
    doc: 'Time in programs.',
    chart: { of: 'processor-states', line: 'user' },
    section: { of: 'cpu', column: 'User' },
  },
  {
    name: 'perf.processor.percent.system',
    unit: '%',
    doc: 'Time in the kernel.',
    chart: { of: 'processor-states', line: 'system' },
    section: { of: 'cpu', column: 'System' },
  },
  {
    name: 'perf.processor.percent.iowait',
    unit: '%',
    doc: 'Time that CPUs waited for disks.',
    systems: 'Linux',
    chart: { of: 'processor-states', line: 'I/O wait' },
    section: { of: 'cpu', column: 'I/O wait' },
  },
  {
    name: 'perf.processor.percent.steal',
    unit: '%',
    doc: 'Time that the hypervisor gave to others.',
    systems: 'Linux',
    chart: { of: 'processor-states', line: 'steal' },
    section: { of: 'cpu', column: 'Steal' },
  },
]
