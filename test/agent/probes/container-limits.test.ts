import { expect, test } from 'bun:test'
import { memory } from '../../../src/agent/probes/system/memory.ts'
import { processor } from '../../../src/agent/probes/system/processor.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const MIB = 1024 * 1024
const MEMINFO = 'MemTotal: 8388608 kB\nMemFree: 1048576 kB\nMemAvailable: 6291456 kB\n'
const stat = (busy: number, idle: number) => `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\n`
const group = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]))

test("memory in a container is that of its limit, with the machine's beside it", async () => {
  const files = {
    '/proc/meminfo': MEMINFO,
    ...group({
      'memory.max': `${512 * MIB}\n`,
      'memory.current': `${384 * MIB}\n`,
      'memory.stat': `anon ${200 * MIB}\nfile ${150 * MIB}\ninactive_file ${128 * MIB}\nactive_file 5\n`,
    }),
  }
  expect(await measure(memory, [fakeProc({ files })])).toMatchObject({
    // Not the machine's, which may be more than all that the container may have.
    'perf.memory.bytes.cached': 150 * MIB,
    'perf.memory.percent.used': 50,
    'perf.memory.bytes.total': 512 * MIB,
    'perf.memory.bytes.used': 256 * MIB,
    'perf.memory.bytes.available': 256 * MIB,
    'perf.memory.host.percent.used': 25,
  })
})

test.each([
  ['the container has no limit', group({ 'memory.max': 'max\n', 'memory.current': '1000\n' })],
  ['its limit is above what there is', group({ 'memory.max': `${2 ** 50}\n`, 'memory.current': '1000\n' })],
  // The root of a machine has no such file; that of the agent's own unit is below and does not count.
  ['the agent is a service', group({ 'system.slice/monitor-agent.service/memory.max': '104857600\n' })],
])("memory is the machine's where %s", async (_, files) => {
  const found = await measure(memory, [fakeProc({ files: { '/proc/meminfo': MEMINFO, ...files } })])
  expect(found?.['perf.memory.percent.used']).toBe(25)
  expect(found).not.toHaveProperty('perf.memory.host.percent.used')
})

test("processors in a container are what it may use, with the machine's beside them", async () => {
  const at = (busy: number, idle: number, usage: number) =>
    fakeProc({
      files: {
        '/proc/stat': stat(busy, idle),
        ...group({
          'cpu.max': '50000 100000\n',
          'cpu.stat': `usage_usec ${usage}\nuser_usec ${usage / 2}\nsystem_usec ${usage / 2}\nnr_periods 0\n`,
        }),
      },
    })
  expect(await measure(processor, [at(100, 1000, 0), at(200, 1900, 4_000_000)])).toEqual({
    'perf.processor.host.percent.used': 10,
    'perf.processor.percent.used': 80,
    'perf.processor.percent.user': 40,
    'perf.processor.percent.system': 40,
    'perf.processor.percent.iowait': 0,
    'perf.processor.percent.steal': 0,
  })
})

test("processors are the machine's where the container has no limit", async () => {
  const at = (busy: number, idle: number) =>
    fakeProc({
      files: {
        '/proc/stat': stat(busy, idle),
        ...group({ 'cpu.max': 'max 100000\n', 'cpu.stat': 'usage_usec 5\n' }),
      },
    })
  const found = await measure(processor, [at(100, 1000), at(200, 1900)])
  expect(found?.['perf.processor.percent.used']).toBe(10)
  expect(found).not.toHaveProperty('perf.processor.host.percent.used')
})

const LIMITS_V1 = (nanoseconds: number, ticks: number, quota = 50_000) => ({
  '/proc/meminfo': MEMINFO,
  ...group({
    'memory/memory.limit_in_bytes': `${512 * MIB}\n`,
    'memory/memory.usage_in_bytes': `${384 * MIB}\n`,
    'memory/memory.stat': `cache 5\ninactive_file 7\ntotal_cache ${140 * MIB}\ntotal_inactive_file ${128 * MIB}\n`,
    'cpu/cpu.cfs_quota_us': `${quota}\n`,
    'cpu/cpu.cfs_period_us': '100000\n',
    'cpuacct/cpuacct.usage': `${nanoseconds}\n`,
    'cpuacct/cpuacct.stat': `user ${ticks}\nsystem ${ticks / 2}\n`,
  }),
})

test('limits of the first version of control groups are found as well', async () => {
  const [before, after] = [LIMITS_V1(1e9, 100), LIMITS_V1(4e9, 300)]
  expect(await measure(memory, [fakeProc({ files: before })])).toMatchObject({
    'perf.memory.percent.used': 50,
    'perf.memory.bytes.total': 512 * MIB,
    'perf.memory.bytes.cached': 140 * MIB,
    'perf.memory.host.percent.used': 25,
  })
  const states = [
    fakeProc({ files: { ...before, '/proc/stat': stat(1000, 9000) } }),
    fakeProc({ files: { ...after, '/proc/stat': stat(1500, 10_500) } }),
  ]
  // 3 of the 5 seconds that half a processor has in 10, of which 2 were the programs' own.
  expect(await measure(processor, states)).toMatchObject({
    'perf.processor.percent.used': 60,
    'perf.processor.percent.user': 40,
    'perf.processor.percent.system': 20,
    'perf.processor.host.percent.used': 25,
  })
})

test('the first version on a machine, and in a container without limits, is the machine', async () => {
  const files = {
    ...LIMITS_V1(1e9, 100, -1),
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/proc/stat': stat(1000, 9000),
  }
  const states = [fakeProc({ files }), fakeProc({ files: { ...files, '/proc/stat': stat(1500, 10_500) } })]
  expect(await measure(memory, states)).not.toHaveProperty('perf.memory.host.percent.used')
  expect(await measure(processor, states)).toMatchObject({ 'perf.processor.percent.used': 25 })
})

const PROCESSORS = (busy: number, idle: number) =>
  stat(busy, idle) + [0, 1, 2, 3].map((i) => `cpu${i} ${busy / 4} 0 0 ${idle / 4} 0 0 0 0 0 0\n`).join('')

test.each([
  ['a set of two', { 'cpu.max': 'max 100000\n', 'cpuset.cpus.effective': '1,3\n' }, 50],
  ['a range, with less time', { 'cpu.max': '100000 100000\n', 'cpuset.cpus.effective': '0-1\n' }, 100],
  ['all, without a limit', { 'cpu.max': 'max 100000\n', 'cpuset.cpus.effective': '0-3\n' }, null],
  ['more time than there is', { 'cpu.max': '1600000 100000\n' }, null],
  ['a set that makes no sense', { 'cpu.max': 'max 100000\n', 'cpuset.cpus.effective': 'x-\n' }, null],
])('processors of a container are %s', async (_, limits, expected) => {
  const at = (busy: number, idle: number, usage: number) =>
    fakeProc({
      files: {
        '/proc/stat': PROCESSORS(busy, idle),
        ...group({
          ...limits,
          'cpu.stat': `usage_usec ${usage}\nuser_usec ${usage}\nsystem_usec 0\n`,
        }),
      },
    })
  // Ten seconds of one processor within ten seconds.
  const found = await measure(processor, [at(100, 1000, 0), at(200, 1900, 10_000_000)])
  if (expected === null) expect(found).not.toHaveProperty('perf.processor.host.percent.used')
  else expect(found?.['perf.processor.percent.used']).toBe(expected)
})
