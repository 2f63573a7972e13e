import { type MetricFamily, USED_UP } from '../metric-family.ts'

export const DISK_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.disk.<disk>.bytes.read',
    unit: 'B/s',
    doc: 'Read a second from a disk.',
    chart: { of: 'disk-bytes', line: 'read' },
  },
  {
    name: 'perf.disk.<disk>.bytes.written',
    unit: 'B/s',
    doc: 'Written a second to a disk.',
    chart: { of: 'disk-bytes', line: 'written' },
  },
  {
    name: 'perf.disk.<disk>.percent.active',
    unit: '%',
    doc: 'Time that a disk was busy.',
    chart: { of: 'disk-activity', line: '<disk>' },
  },
]

export const FILESYSTEM_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.filesystem.<filesystem>.percent.used',
    unit: '%',
    doc: 'Space in use, of what can be had.',
    section: { of: 'filesystems', column: 'Used' },
    // Its pattern fits the inodes too: perf.filesystem.NAME.inodes.percent.used.
    standard: USED_UP,
  },
  {
    name: 'perf.filesystem.<filesystem>.bytes.free',
    unit: 'B',
    doc: 'Space that programs can still have.',
    section: { of: 'filesystems', column: 'Free' },
  },
  {
    name: 'perf.filesystem.<filesystem>.inodes.percent.used',
    unit: '%',
    doc: 'Inodes in use.',
    systems: 'Linux',
    section: { of: 'filesystems', column: 'Inodes' },
  },
  {
    name: 'perf.filesystem.<filesystem>.percent.active',
    unit: '%',
    doc: 'Time that the disk below was busy.',
    section: { of: 'filesystems', column: 'Active' },
  },
  {
    name: 'perf.filesystem.omitted',
    unit: '',
    isRare: true,
    doc: 'Filesystems that are not reported because there are more than 128.',
    systems: 'Linux',
  },
]
