import { expect, test } from 'bun:test'
import { network, parseNetDev } from '../../../src/agent/probes/network/network.ts'
import type { ProcFs } from '../../../src/platform/proc.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const hypervisorFiles = {
  '/sys/class/net/eno1/device': '',
  '/sys/class/net/eno1/master': '',
  '/sys/class/net/eno1/ifindex': '2\n',
  '/sys/class/net/eno2/device': '',
  '/sys/class/net/eno2/ifindex': '3\n',
  '/sys/class/net/eno3/device': '',
  '/sys/class/net/bond0/bonding': '',
  '/sys/class/net/bond0/ifindex': '5\n',
  '/sys/class/net/vmbr0/bridge': '',
  '/sys/class/net/wg0/ifindex': '9\n',
}
const hypervisor = fakeProc({ machine: 'hypervisor', files: hypervisorFiles })
const text = hypervisor.readText('/proc/net/dev')

/** The hypervisor with some counters moved on. */
const later = (changes: [from: string, to: string][], files: Record<string, string> = {}) =>
  fakeProc({
    machine: 'hypervisor',
    files: {
      ...hypervisorFiles,
      ...files,
      '/proc/net/dev': changes.reduce((all, [from, to]) => all.replace(from, to), text),
    },
  })

test('reads columns also where no space is left behind the colon', () => {
  const found = parseNetDev(fakeProc({ machine: 'centos-6' }).readText('/proc/net/dev'))
  expect(found.get('eth0')).toEqual({
    bytesReceived: 4294967295,
    bytesSent: 1000000,
    errorsReceived: 2,
    errorsSent: 4,
    dropsReceived: 3,
    dropsSent: 5,
  })
})

test('counts each byte once: devices, not what is stacked on them', async () => {
  const states = [
    hypervisor,
    later([
      ['eno1: 1000000    1000    1    2', 'eno1: 1005000    1000    4    2'],
      ['eno2: 3000000', 'eno2: 3001000'],
      ['bond0: 4000000', 'bond0: 4006000'],
      ['vmbr0: 3500000', 'vmbr0: 3506000'],
      ['docker0:   70000', 'docker0:   99000'],
    ]),
  ]
  const found = await measure(network, states)
  expect(found).toMatchObject({
    'perf.network.bytes.received': 600,
    'perf.network.bytes.sent': 0,
    'perf.network.eno1.bytes.received': 500,
    'perf.network.eno1.errors.received': 0.3,
    'perf.network.eno1.drops.received': 0,
    'perf.network.bond0.bytes.received': 600,
    'perf.network.vmbr0.bytes.received': 600,
    'perf.network.wg0.bytes.sent': 0,
    'perf.network.bond0.20.bytes.sent': 0,
  })
  const names = new Set(
    Object.keys(found ?? {}).map((name) => name.replace(/\.(bytes|errors|drops)\..*/, '')),
  )
  expect([...names].sort()).toEqual(
    ['', '.bond0', '.bond0.20', '.eno1', '.eno2', '.vmbr0', '.wg0'].map((end) => `perf.network${end}`),
  )
})

test('does not count the fast path of a device twice', async () => {
  const azure = (bytes: number) =>
    fakeProc({
      files: {
        '/proc/net/dev': `\n\neth0: ${bytes} 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\nenP1: ${bytes} 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n`,
        '/sys/class/net/eth0/device': '',
        '/sys/class/net/enP1/device': '',
        '/sys/class/net/enP1/master': '',
      },
      links: { '/sys/class/net/enP1/master': '../../../net/eth0' },
    })
  expect(await measure(network, [azure(100), azure(1100)])).toMatchObject({
    'perf.network.bytes.received': 100,
  })
})

test('a container without devices counts what is not stacked', async () => {
  const before = fakeProc({ machine: 'container', files: { '/sys/class/net/eth0/ifindex': '7\n' } })
  const now = fakeProc({
    machine: 'container',
    files: {
      '/sys/class/net/eth0/ifindex': '7\n',
      '/proc/net/dev': before.readText('/proc/net/dev').replace('1000 ', '2000 '),
    },
  })
  expect(await measure(network, [before, now])).toMatchObject({ 'perf.network.bytes.received': 100 })
  expect(Object.keys((await measure(network, [before, now])) ?? {}).join()).not.toContain('tunl0')
})

test('without /sys, names show which interfaces are stacked', async () => {
  const at = (bytes: number) =>
    fakeProc({
      files: {
        '/proc/net/dev': ['', '', 'eth0', 'eth0.5', 'bond0', 'br0', 'veth1']
          .map((name) => (name === '' ? '' : `${name}: ${bytes} 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0`))
          .join('\n'),
      },
    })
  expect(await measure(network, [at(0), at(1000)])).toMatchObject({ 'perf.network.bytes.received': 100 })
})

test('a counter that went backwards has no value and takes the total with it', async () => {
  const found = await measure(network, [hypervisor, later([['eno1: 1000000', 'eno1: 999999']])])
  expect(found).not.toHaveProperty(['perf.network.bytes.received'])
  expect(found).not.toHaveProperty(['perf.network.eno1.bytes.received'])
  expect(found).toHaveProperty(['perf.network.eno1.bytes.sent'], 0)
  expect(found).toHaveProperty(['perf.network.bytes.sent'], 0)
  expect(found).toHaveProperty(['perf.network.eno2.bytes.received'], 0)
})

test('an interface that was made anew under its old name has no value', async () => {
  const states = [
    hypervisor,
    later([['eno1: 1000000', 'eno1: 9000000']], { '/sys/class/net/eno1/ifindex': '22\n' }),
  ]
  const found = await measure(network, states)
  expect(found).not.toHaveProperty(['perf.network.bytes.received'])
  expect(found).not.toHaveProperty(['perf.network.eno1.bytes.received'])
  expect(found).toHaveProperty(['perf.network.eno2.bytes.received'], 0)
})

/** The same, and how often folders were listed in it. */
function countLists(proc: ProcFs, counts: { lists: number }): ProcFs {
  return {
    ...proc,
    list(path) {
      counts.lists++
      return proc.list(path)
    },
  }
}

test('what changes without a new name is looked for every tenth time', async () => {
  const counts = { lists: 0 }
  const proc = countLists(hypervisor, counts)
  const listsIn = async (cycles: number) => {
    counts.lists = 0
    await measure(network, new Array(cycles).fill(proc))
    return counts.lists
  }
  const once = await listsIn(1)
  expect(once).toBeGreaterThan(3)
  expect([await listsIn(10), await listsIn(11)]).toEqual([once, 2 * once])
})

test('containers that come and go do not make all interfaces be looked at', async () => {
  const counts = { lists: 0 }
  const withEnd = (end: string) =>
    countLists(later([['docker0:', `${end}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\ndocker0:`]]), counts)
  await measure(network, [withEnd('veth1')])
  const once = counts.lists
  await measure(network, [withEnd('veth1'), withEnd('veth2')])
  expect(counts.lists).toBe(2 * once)
})

test('a card behind many interfaces of containers has its series, and the total is its own', async () => {
  const ends = Array.from({ length: 4999 }, (_, i) => `pod${i}`)
  const files: Record<string, string> = {
    '/sys/class/net/eth9/device': '',
    '/sys/class/net/eth9/ifindex': '2\n',
  }
  for (const [i, name] of ends.entries()) {
    files[`/sys/class/net/${name}/ifindex`] = `${i + 10}\n`
    files[`/sys/class/net/${name}/iflink`] = `${i + 10_000}\n`
  }
  const base = fakeProc({ files: {} })
  const at = (bytes: number) => ({
    ...base,
    list: (path: string) =>
      path === '/sys/devices/virtual/net'
        ? ends
        : path.endsWith('/eth9')
          ? ['device', 'ifindex']
          : ['ifindex', 'iflink'],
    has: (path: string) => path in files,
    readTextIfThere: (path: string) => files[path] ?? null,
    readText: () =>
      ['', '', ...[...ends, 'eth9'].map((name) => `${name}: ${bytes} 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0`)].join(
        '\n',
      ),
  })
  const found = (await measure(network, [at(0), at(1000)])) ?? {}
  expect(found).toMatchObject({
    'perf.network.bytes.received': 100,
    'perf.network.eth9.bytes.received': 100,
  })
  expect(Object.keys(found)).toHaveLength(8)
})

test('in a container, the interface that carries the traffic is not lost behind hundreds of others', async () => {
  const ends = Array.from({ length: 2500 }, (_, i) => `pod${i}`)
  const base = fakeProc({ files: {} })
  const at = (bytes: number) => ({
    ...base,
    list: (path: string) => (path === '/sys/devices/virtual/net' ? [...ends, 'eth0'] : ['ifindex']),
    has: () => false,
    readTextIfThere: () => null,
    readText: () => {
      const line = (name: string, count: number) => `${name}: ${count} 1 0 0 0 0 0 0 ${count} 1 0 0 0 0 0 0`
      return ['', '', ...ends.map((name) => line(name, 0)), line('eth0', bytes)].join('\n')
    },
  })
  expect(await measure(network, [at(1000), at(2000)])).toMatchObject({
    'perf.network.bytes.received': 100,
    'perf.network.eth0.bytes.received': 100,
  })
})
