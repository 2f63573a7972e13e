import { type MetricFamily, USED_UP, whenDown } from '../metric-family.ts'

export const DISK_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.disk.<disk>.bytes.read',
    unit: 'B/s',
    doc: 'Bytes read per second.',
    chart: { of: 'disk-bytes', line: 'read' },
  },
  {
    name: 'perf.disk.<disk>.bytes.written',
    unit: 'B/s',
    doc: 'Bytes written per second.',
    chart: { of: 'disk-bytes', line: 'written' },
  },
  {
    name: 'perf.disk.<disk>.percent.active',
    unit: '%',
    doc: 'Share of time the disk was busy.',
    chart: { of: 'disk-activity', line: '<disk>' },
    section: { of: 'disks', column: 'Active' },
  },
  {
    name: 'perf.disk.<disk>.operations.read',
    unit: '/s',
    doc: 'Read requests completed per second.',
    title: 'Disk <disk> reads',
    section: { of: 'disks', column: 'Reads' },
  },
  {
    name: 'perf.disk.<disk>.operations.written',
    unit: '/s',
    doc: 'Write requests completed per second.',
    title: 'Disk <disk> writes',
    section: { of: 'disks', column: 'Writes' },
  },
  {
    name: 'perf.disk.<disk>.latency.read',
    unit: 'ms',
    doc: 'Average time of a read request, including its wait; absent where there was none.',
    title: 'Disk <disk> read latency',
    chart: { of: 'disk-latency', line: 'read' },
    section: { of: 'disks', column: 'Read latency' },
  },
  {
    name: 'perf.disk.<disk>.latency.written',
    unit: 'ms',
    doc: 'Average time of a write request, including its wait; absent where there was none.',
    title: 'Disk <disk> write latency',
    chart: { of: 'disk-latency', line: 'write' },
    section: { of: 'disks', column: 'Write latency' },
  },
  {
    name: 'perf.disk.<disk>.queue.length',
    unit: '',
    doc: 'Average number of requests waiting or in progress.',
    title: 'Disk <disk> queue',
    section: { of: 'disks', column: 'Queue' },
  },
  {
    name: 'perf.disk.omitted',
    unit: '',
    isRare: true,
    doc: 'Disks that are not reported because there are more than 64.',
    systems: 'Linux',
  },
]

export const FILESYSTEM_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.filesystem.<filesystem>.percent.used',
    unit: '%',
    doc: 'Space in use, relative to the usable size.',
    chart: { of: 'filesystems', line: '<filesystem>' },
    section: { of: 'filesystems', column: 'Used' },
    // Its pattern also matches the inodes: perf.filesystem.NAME.inodes.percent.used.
    standard: USED_UP,
  },
  {
    name: 'perf.filesystem.<filesystem>.bytes.free',
    unit: 'B',
    doc: 'Free space available to programs.',
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
    doc: 'Share of time the underlying disk was busy.',
  },
  {
    name: 'perf.filesystem.<filesystem>.writable',
    unit: 'state',
    doc:
      '1 while it takes writes, 0 since it does not, as after an error of its disk; absent where it was mounted ' +
      'read-only, or is to be by /etc/fstab.',
    title: 'Filesystem <filesystem>',
    systems: 'Linux',
    section: { of: 'filesystems', column: 'Writes' },
    states: { good: 'Writable', bad: 'Read-only' },
    standard: whenDown(2, 0),
  },
  {
    name: 'perf.filesystem.omitted',
    unit: '',
    isRare: true,
    doc: 'Filesystems that are not reported because there are more than 128.',
    systems: 'Linux',
  },
]
