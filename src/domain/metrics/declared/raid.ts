import { type MetricFamily, whenDown } from '../metric-family.ts'
import { listStatuses, POOL_STATUS } from './statuses.ts'

const FAMILIES: readonly MetricFamily[] = [
  {
    name: 'perf.raid.<array>.state',
    unit: 'state',
    doc: '1 while an mdraid array runs with all its disks, otherwise 0.',
    title: 'RAID <array>',
    section: { of: 'raid', column: 'State' },
    states: { good: 'Complete', bad: 'Degraded' },
    standard: whenDown(2, 0),
  },
  {
    name: 'perf.raid.<array>.disks.missing',
    unit: '',
    doc: 'Missing or failed disks of an mdraid array.',
    title: 'Missing disks of RAID <array>',
    section: { of: 'raid', column: 'Missing disks' },
  },
  {
    name: 'perf.raid.<array>.rebuild.percent',
    unit: '%',
    isRare: true,
    doc: 'Progress of a rebuild, check or reshape; absent while there is none.',
    title: 'Rebuild of RAID <array>',
    section: { of: 'raid', column: 'Rebuild' },
  },
  {
    name: 'perf.pool.<pool>.state',
    unit: 'state',
    doc: '1 while a ZFS pool is online, otherwise 0.',
    title: 'ZFS pool <pool>',
    section: { of: 'raid', column: 'State' },
    states: { good: 'Online', bad: 'Degraded' },
    standard: whenDown(2, 0),
  },
  {
    name: 'perf.pool.<pool>.status',
    unit: '',
    doc: `ZFS state of a pool: ${listStatuses(POOL_STATUS)}.`,
    title: 'Status of ZFS pool <pool>',
    statuses: POOL_STATUS,
  },
  {
    name: 'perf.btrfs.<filesystem>.disks.missing',
    unit: '',
    doc: 'Missing disks of a btrfs filesystem.',
    title: 'Missing disks of btrfs <filesystem>',
    section: { of: 'raid', column: 'Missing disks' },
    standard: [{ severity: 2, compare: '>', value: 0, duration: 0 }],
  },
  {
    name: 'perf.btrfs.<filesystem>.errors',
    unit: '',
    doc: 'Disk errors of a btrfs filesystem since they were last reset (`btrfs device stats --reset`).',
    title: 'Disk errors of btrfs <filesystem>',
    section: { of: 'raid', column: 'Errors' },
    standard: [{ severity: 3, compare: '>', value: 0, duration: 0 }],
  },
]

export const RAID_METRICS: readonly MetricFamily[] = FAMILIES.map((family) => ({
  ...family,
  systems: 'Linux',
}))
