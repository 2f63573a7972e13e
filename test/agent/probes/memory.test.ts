import { expect, test } from 'bun:test'
import { memory, readMemory } from '../../../src/agent/probes/memory.ts'
import { pagefile } from '../../../src/agent/probes/pagefile.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const KB = 1024
const withMeminfo = (text: string) => fakeProc({ files: { '/proc/meminfo': text } })

test('used memory is what is not available', async () => {
  expect(await measure(memory, [fakeProc({ machine: 'ubuntu-lvm' })])).toEqual({
    'perf.memory.percent.used': 37.3,
    'perf.memory.bytes.total': 8167848 * KB,
    'perf.memory.bytes.used': (8167848 - 5120004) * KB,
    'perf.memory.bytes.available': 5120004 * KB,
    'perf.memory.bytes.cached': (312488 + 4210332 + 402112) * KB,
  })
})

test('estimates on kernels that do not say what is available', async () => {
  const available = (134436 + 153900 + 902060 + 110004 - 20000) * KB
  expect(readMemory(fakeProc({ machine: 'centos-6' }).readText('/proc/meminfo'))).toEqual({
    total: 1922060 * KB,
    available,
    cached: (153900 + 902060 + 110004) * KB,
  })
})

test('available memory is never more than all', () => {
  const text = 'MemTotal:  100 kB\nMemFree:  50 kB\nMemAvailable:  120 kB\n'
  expect(readMemory(text)).toEqual({ total: 100 * KB, available: 100 * KB, cached: null })
})

test.each(['', 'MemTotal: 0 kB\nMemFree: 0 kB\n', 'MemTotal: 100 kB\n', 'MemTotal: x kB\nMemFree: 1 kB\n'])(
  'throws rather than make up figures of %j',
  (text) => {
    expect(() => readMemory(text)).toThrow('/proc/meminfo')
  },
)

test('tells how much of the swap is used', async () => {
  expect(await measure(pagefile, [fakeProc({ machine: 'ubuntu-lvm' })])).toEqual({
    'perf.pagefile.percent.used': 25,
    'perf.pagefile.bytes.used': 1048575 * KB,
    'perf.pagefile.bytes.total': 4194300 * KB,
  })
})

test('a machine without swap has no such figures', async () => {
  expect(await measure(pagefile, [fakeProc({ machine: 'centos-6' })])).toBeNull()
  expect(await measure(pagefile, [fakeProc({ machine: 'debian-12' })])).toBeNull()
})

test('swap figures that contradict each other are none', async () => {
  expect(await measure(pagefile, [withMeminfo('SwapTotal: 10 kB\nSwapFree: 20 kB\n')])).toBeNull()
  expect(await measure(pagefile, [withMeminfo('SwapTotal: 10 kB\n')])).toBeNull()
})
