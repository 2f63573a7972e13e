import { expect, test } from 'bun:test'
import { disk, findDisks } from '../../../src/agent/probes/disks/disk.ts'
import { parseDiskstats } from '../../../src/agent/probes/disks/diskstats.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const line = (name: string, read: number, written: number, busy: number, device = '8 0') =>
  ` ${device} ${name} 1 0 ${read} 0 1 0 ${written} 0 0 ${busy} 0`
const at = (...lines: string[]) => fakeProc({ files: { '/proc/diskstats': `${lines.join('\n')}\n` } })

test('finds the whole disks that are used, with /sys and without', () => {
  const lvm = parseDiskstats(fakeProc({ machine: 'ubuntu-lvm' }).readText('/proc/diskstats'))
  expect([...findDisks(lvm, new Set()).keys()]).toEqual(['sda'])
  expect([...findDisks(lvm, new Set(['sda', 'dm-0', 'dm-1', 'loop0', 'sr0'])).keys()]).toEqual(['sda'])
  const names = [
    'nvme0n1',
    'nvme0n1p1',
    'mmcblk0',
    'mmcblk0p2',
    'cciss/c0d0',
    'cciss/c0d0p1',
    'md0',
    'xvda1',
    'vda',
  ]
  const all = parseDiskstats(names.map((name) => line(name, 1, 1, 1)).join('\n'))
  expect([...findDisks(all, new Set()).keys()]).toEqual(['nvme0n1', 'mmcblk0', 'cciss/c0d0', 'xvda1', 'vda'])
  expect([...findDisks(all, new Set(['cciss!c0d0', 'vda'])).keys()]).toEqual(['cciss/c0d0', 'vda'])
})

test('reports bytes a second and the share of busy time', async () => {
  const states = [at(line('sda', 1000, 2000, 500)), at(line('sda', 1100, 2400, 3000))]
  expect(await measure(disk, states)).toEqual({
    'perf.disk.sda.bytes.read': 5120,
    'perf.disk.sda.bytes.written': 20480,
    'perf.disk.sda.percent.active': 25,
    'perf.disk.sda.operations.read': 0,
    'perf.disk.sda.operations.written': 0,
    'perf.disk.sda.queue.length': 0,
  })
})

test.each([
  ['a little more than the interval is all of it', 10_200, 100],
  ['much more than the interval is no value', 20_000, undefined],
  ['less than before is no value', -1, undefined],
])('busy time: %s', async (_, gained, value) => {
  const found = await measure(disk, [at(line('sda', 1, 1, 5000)), at(line('sda', 1, 1, 5000 + gained))])
  expect(found?.['perf.disk.sda.percent.active']).toBe(value)
})

test('another device under the same name has no value', async () => {
  const states = [at(line('sda', 1, 1, 1, '8 0')), at(line('sda', 900, 900, 900, '8 16'))]
  expect(await measure(disk, states)).toEqual({})
})

test('leaves out lines without busy time', () => {
  expect(parseDiskstats('   8    1 sda1 442 3404 39 312\n')).toEqual([])
})

test.each([
  ['the kernel counts at the paths alone', line('nvme0n1', 0, 0, 0), line('nvme0n1', 0, 0, 0), 90, 51_200],
  ['the namespace lacks the busy time', line('nvme0n1', 5, 5, 0), line('nvme0n1', 505, 5, 0), 90, 25_600],
  ['the namespace counts', line('nvme0n1', 5, 5, 5), line('nvme0n1', 505, 5, 5005), 50, 25_600],
])('NVMe multipath where %s', async (_, before, now, active, read) => {
  const paths = (busy: number, sectors: number) => [
    line('nvme0c0n1', sectors, 1, busy, '8 1'),
    line('nvme0c1n1', 7, 1, 3, '8 2'),
  ]
  const found = await measure(disk, [at(before, ...paths(100, 100)), at(now, ...paths(9100, 1100))])
  expect(Object.keys(found ?? {}).filter((name) => name.includes('nvme0c'))).toEqual([])
  expect(found).toMatchObject({
    'perf.disk.nvme0n1.percent.active': active,
    'perf.disk.nvme0n1.bytes.read': read,
  })
})

test('reports operations, how long they took, and how many were under way', async () => {
  const full = (...columns: number[]) => ` 8 0 sda ${columns.join(' ')} 0 0 0 0 0 0`
  const states = [
    at(full(1000, 7, 8000, 2000, 500, 9, 4000, 1500, 0, 900, 3500)),
    at(full(1200, 7, 9000, 2600, 500, 9, 4000, 1500, 3, 1900, 8500)),
  ]
  expect(await measure(disk, states)).toEqual({
    'perf.disk.sda.bytes.read': 51_200,
    'perf.disk.sda.bytes.written': 0,
    'perf.disk.sda.percent.active': 10,
    'perf.disk.sda.operations.read': 20,
    'perf.disk.sda.operations.written': 0,
    'perf.disk.sda.latency.read': 3,
    'perf.disk.sda.queue.length': 0.5,
  })
})

test('disks beyond the most that are reported are counted', async () => {
  const lines = (read: number) => Array.from({ length: 70 }, (_, i) => line(`sd${i}x`, read, 1, 1, `8 ${i}`))
  const notes: unknown[] = []
  const context = { noteOnce: (...note: unknown[]) => notes.push(note) }
  const found = await measure(disk, [at(...lines(1)), at(...lines(2))], { context })
  expect(found?.['perf.disk.omitted']).toBe(6)
  expect(Object.keys(found ?? {}).filter((name) => name.endsWith('.percent.active'))).toHaveLength(64)
  expect(notes[0]).toEqual(['disks are left out because there are too many', { count: 6 }])
})
