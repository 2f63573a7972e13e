import { describe, expect, test } from 'bun:test'
import { processes } from '../../../src/agent/probes/programs/processes.ts'
import { load } from '../../../src/agent/probes/system/load.ts'
import { pressure } from '../../../src/agent/probes/system/pressure.ts'
import { uptime } from '../../../src/agent/probes/system/uptime.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { expectFailure } from '../../support/failure.ts'
import { measure } from './measure.ts'

const withFile = (path: string, text: string | Error) => fakeProc({ files: { [path]: text } })

test('reports the three load averages', async () => {
  expect(await measure(load, [withFile('/proc/loadavg', '0.50 12.25 3.00 3/99 8364\n')])).toEqual({
    'perf.system.load.1': 0.5,
    'perf.system.load.5': 12.25,
    'perf.system.load.15': 3,
  })
  await expectFailure(measure(load, [withFile('/proc/loadavg', 'NaN 1 2 3/99 1\n')]), '/proc/loadavg')
})

test('reports whole seconds since the start', async () => {
  const found = await measure(uptime, [withFile('/proc/uptime', '795.94 1507.56\n')])
  expect(found).toEqual({ 'perf.system.uptime.seconds': 795 })
  await expectFailure(measure(uptime, [withFile('/proc/uptime', '')]), '/proc/uptime')
})

const psi = (some: number, full: number) =>
  `some avg10=9.99 avg60=0.00 avg300=0.00 total=${some}\nfull avg10=9.99 avg60=0.00 avg300=0.00 total=${full}\n`
const withPressure = (cpu: string, memory: string, io: string) =>
  fakeProc({ files: { '/proc/pressure/cpu': cpu, '/proc/pressure/memory': memory, '/proc/pressure/io': io } })

test('pressure is the share of the interval, from the totals', async () => {
  const states = [
    withPressure(psi(100, 0), psi(0, 0), psi(9, 9)),
    withPressure(psi(2_500_100, 0), psi(12_345, 1000), psi(9, 8)),
  ]
  expect(await measure(pressure, states)).toEqual({
    'perf.pressure.cpu.some.percent': 25,
    'perf.pressure.memory.some.percent': 0.12,
    'perf.pressure.memory.full.percent': 0.01,
    'perf.pressure.io.some.percent': 0,
  })
})

test('kernels before 5.13 have no full line for the processor', async () => {
  const line = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n'
  expect(await measure(pressure, [withPressure(line, '', ''), withPressure(line, '', '')])).toEqual({
    'perf.pressure.cpu.some.percent': 0,
  })
})

test('a kernel without pressure, or with it switched off, is no failure', async () => {
  expect(await measure(pressure, [fakeProc({})])).toBeNull()
  const off = new Error('EOPNOTSUPP: operation not supported on socket, read')
  const files = { '/proc/pressure/cpu': off, '/proc/pressure/memory': off, '/proc/pressure/io': off }
  expect(await measure(pressure, [fakeProc({ files })])).toBeNull()
  await expectFailure(measure(pressure, [withFile('/proc/pressure/cpu', new Error('EIO'))]), 'EIO')
})

test('counts processes', async () => {
  const files = {
    '/proc/1/comm': '',
    '/proc/77/comm': '',
    '/proc/self/comm': '',
    '/proc/stat': '',
    '/proc/0x': '',
  }
  expect(await measure(processes, [fakeProc({ files })])).toEqual({ 'perf.system.processes': 2 })
})

describe('the links of /proc', () => {
  const files = { '/proc/1/comm': '', '/proc/77/comm': '', '/proc/tty/drivers': '' }
  const proc = (links: number) => ({ ...fakeProc({ files }), countLinks: () => links })
  const count = async (...links: number[]) =>
    (await measure(processes, links.map(proc)))?.['perf.system.processes']

  test('count the processes once they agree with the list', async () => {
    expect(await count(5, 9)).toBe(6)
  })

  test('are not used where they belong to the machine around a container', async () => {
    expect(await count(90, 94)).toBe(2)
  })

  test('are held to the list again and again', async () => {
    expect(await count(5, ...new Array(9).fill(9))).toBe(6)
    expect(await count(5, ...new Array(10).fill(9))).toBe(2)
  })
})

test('does not count what it can not see', async () => {
  expect(await measure(processes, [withFile('/proc/77/comm', '')])).toBeNull()
})
