import { above, type MetricFamily, USED_UP } from '../metric-family.ts'

export const MEMORY_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.memory.percent.used',
    unit: '%',
    doc: 'Memory in use (not available to programs); inside a container, relative to its limit.',
    chart: { of: 'memory', line: 'memory' },
    standard: USED_UP,
  },
  {
    name: 'perf.memory.host.percent.used',
    unit: '%',
    isRare: true,
    doc: 'Inside a container with a limit: the same for the host machine.',
    systems: 'Linux',
    title: 'Memory of the machine below',
  },
  {
    name: 'perf.memory.bytes.total',
    unit: 'B',
    doc: 'Total memory of the machine.',
    section: { of: 'memory', column: 'Total' },
  },
  {
    name: 'perf.memory.bytes.used',
    unit: 'B',
    doc: 'Memory in use (not available to programs).',
    section: { of: 'memory', column: 'Used' },
  },
  {
    name: 'perf.memory.bytes.available',
    unit: 'B',
    doc: 'Memory available to programs.',
    section: { of: 'memory', column: 'Available' },
  },
  {
    name: 'perf.memory.bytes.cached',
    unit: 'B',
    doc: 'Page cache and other reclaimable memory.',
    section: { of: 'memory', column: 'Cached' },
  },
  {
    name: 'perf.memory.bytes.committed',
    unit: 'B',
    doc: 'Committed memory.',
    systems: 'Windows',
  },
  {
    name: 'perf.memory.bytes.commit.limit',
    unit: 'B',
    doc: 'Commit limit.',
    systems: 'Windows',
  },
  {
    name: 'perf.memory.percent.committed',
    unit: '%',
    doc: 'Committed memory, relative to the commit limit.',
    systems: 'Windows',
    section: { of: 'memory', column: 'Committed' },
  },
]

export const PAGEFILE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.pagefile.percent.used',
    unit: '%',
    doc: 'Swap, or the paging file, in use; absent where there is none.',
    chart: { of: 'memory', line: 'swap' },
    // A full paging file alone stops nothing: it never counts as critical.
    standard: above(
      [
        [85, 4],
        [90, 3],
        [95, 2],
      ],
      900,
    ),
  },
  {
    name: 'perf.pagefile.bytes.used',
    unit: 'B',
    doc: 'Swap, or the paging file, in use.',
    section: { of: 'memory', column: 'Swap used' },
  },
  {
    name: 'perf.pagefile.bytes.total',
    unit: 'B',
    doc: 'Size of swap, or of the paging file.',
    section: { of: 'memory', column: 'Swap, total' },
  },
]
