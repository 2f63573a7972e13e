import { expect, test } from 'bun:test'
import { memory, readMemory } from '../../../src/agent/probes/system/memory.ts'
import { pagefile } from '../../../src/agent/probes/system/pagefile.ts'
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

test('reports how much of the swap is used', async () => {
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

const GIB = 1024 ** 3
const arcstats = (size: number, minimum: number) =>
  `13 1 0x01 147 39984 5 9\nname type data\nc_min                           4    ${minimum}\nsize                            4    ${size}\n`
const server = `MemTotal: ${64 * 1024 ** 2} kB\nMemFree: ${3 * 1024 ** 2} kB\nMemAvailable: ${4 * 1024 ** 2} kB\n`

test('the cache of ZFS above its minimum is available', async () => {
  const files = {
    '/proc/meminfo': server,
    '/proc/spl/kstat/zfs/arcstats': arcstats(52 * GIB, 2 * GIB),
    '/proc/self/mountinfo': '1 0 0:1 / / rw - zfs rpool/root rw\n',
  }
  expect(await measure(memory, [fakeProc({ files })])).toMatchObject({
    'perf.memory.bytes.available': 54 * GIB,
    'perf.memory.percent.used': 15.6,
  })
  const mountinfo = `${files['/proc/self/mountinfo']}2 1 0:2 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n`
  const container = fakeProc({ files: { ...files, '/proc/self/mountinfo': mountinfo } })
  expect(await measure(memory, [container])).toMatchObject({ 'perf.memory.bytes.available': 4 * GIB })
})

test('huge pages that nobody holds are available', async () => {
  const text = `${server}HugePages_Total:    8192\nHugePages_Free:     6144\nHugePages_Rsvd:     1024\nHugepagesize:       2048 kB\n`
  expect(await measure(memory, [withMeminfo(text)])).toMatchObject({
    'perf.memory.bytes.available': 14 * GIB,
  })
})
