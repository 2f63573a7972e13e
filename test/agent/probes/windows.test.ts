import { describe, expect, test } from 'bun:test'
import { probes } from '../../../src/agent/probes/index.ts'
import { createProbeRunner } from '../../../src/agent/probes/runner.ts'
import { updates } from '../../../src/agent/probes/system/updates.ts'
import { createLog } from '../../../src/lib/log.ts'
import type { Win32 } from '../../../src/platform/win32.ts'
import { fakeWin32, readStates, type WindowsState } from '../../platform/fake-win32.ts'
import { fakeClock } from '../../support/clock.ts'

/** The agent's samples of a Windows machine whose two states are 60 s apart; `change` alters the machine. */
async function measure(
  change: (win32: Win32, state: WindowsState, i: number) => Partial<Win32> = () => ({}),
  watched: { processes?: string[]; services?: string[] } = {},
) {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line.slice(25)) })
  const states = readStates('server-2022').map((state, i) => {
    const win32 = fakeWin32(state)
    return { ...win32, ...change(win32, state, i) }
  })
  let now = states[0] as Win32
  const runner = createProbeRunner({
    probes,
    platform: { system: 'windows', win32: forward(() => now) },
    context: { processes: [], services: [], ...watched },
    clock,
    log,
  })
  const first = await runner.run()
  await clock.advance(60_000)
  now = states[1] as Win32
  const second = await runner.run()
  return { first: toValues(first), second: toValues(second), failed: second.failed, lines }
}

/** The agent opens its port once; here each call goes to the state of the time. */
function forward(find: () => Win32): Win32 {
  const names = Object.keys(find()) as (keyof Win32)[]
  const entries = names.map((name) => [
    name,
    (...args: unknown[]) => Reflect.apply(find()[name] as (...given: unknown[]) => unknown, null, args),
  ])
  return Object.fromEntries(entries)
}

const toValues = ({ samples }: { samples: readonly { metric: string; value: number }[] }) =>
  Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))

describe('a Windows server', () => {
  test('has the metrics of the original by their names, and the counterparts of those of Linux', async () => {
    const { second, failed, lines } = await measure(undefined, {
      processes: ['sqlservr', 'W3WP.exe', 'notepad'],
      services: ['W32Time', 'Spooler', 'Gone'],
    })
    expect({ failed, lines }).toEqual({ failed: 0, lines: [] })
    expect(second).toEqual({
      'perf.processor.percent.used': 25,
      'perf.processor.percent.user': 15,
      'perf.processor.percent.system': 10,
      'perf.memory.percent.used': 60,
      'perf.memory.bytes.total': 8589398016,
      'perf.memory.bytes.used': 8589398016 - 3435759206,
      'perf.memory.bytes.available': 3435759206,
      'perf.memory.bytes.cached': 2147483648,
      'perf.memory.bytes.committed': 6442450944,
      'perf.memory.bytes.commit.limit': 12884901888,
      'perf.memory.percent.committed': 50,
      'perf.pagefile.percent.used': 12.5,
      'perf.pagefile.bytes.used': 131072 * 4096,
      'perf.pagefile.bytes.total': 1048576 * 4096,
      'perf.system.uptime.seconds': 8640060,
      'perf.system.processes': 138,
      'perf.system.reboot.state': 1,
      'perf.network.bytes.received': 125000,
      'perf.network.bytes.sent': 25000,
      'perf.network.Ethernet.bytes.received': 125000,
      'perf.network.Ethernet.bytes.sent': 25000,
      'perf.network.Ethernet.errors.received': 0,
      'perf.network.Ethernet.errors.sent': 0,
      'perf.network.Ethernet.drops.received': 0.05,
      'perf.network.Ethernet.drops.sent': 0,
      'perf.network.vEthernet_(Default_Switch).bytes.received': 10,
      'perf.network.vEthernet_(Default_Switch).bytes.sent': 0,
      'perf.network.vEthernet_(Default_Switch).errors.received': 0,
      'perf.network.vEthernet_(Default_Switch).errors.sent': 0,
      'perf.network.vEthernet_(Default_Switch).drops.received': 0,
      'perf.network.vEthernet_(Default_Switch).drops.sent': 0,
      'perf.disk.c.bytes.read': 1048576,
      'perf.disk.c.bytes.written': 2097152,
      'perf.disk.c.percent.active': 12.5,
      'perf.disk.c.operations.read': 20,
      'perf.disk.c.operations.written': 10,
      'perf.disk.c.latency.read': 4,
      'perf.disk.c.latency.written': 10,
      'perf.disk.c.queue.length': 0.18,
      'perf.disk.d.bytes.read': 0,
      'perf.tcp.retransmits.percent': 1,
      'perf.filesystem.c.percent.used': 70,
      'perf.filesystem.c.bytes.free': 41051434598,
      'perf.filesystem.c.percent.active': 12.5,
      // Percent of what this account may use, as df counts; the quota withholds the other half.
      'perf.filesystem.d.percent.used': 0.04,
      'perf.filesystem.d.bytes.free': 1000000000000,
      'perf.process.sqlservr.state': 1,
      'perf.process.W3WP.exe.state': 1,
      'perf.process.notepad.state': 0,
      'perf.service.W32Time.state': 1,
      'perf.service.Spooler.state': 0,
      'perf.service.Gone.state': 0,
    })
  })

  test('has no averages before the second look', async () => {
    const { first } = await measure()
    expect(Object.keys(first).filter((name) => /processor|network|disk|active/.test(name))).toEqual([])
    expect(first['perf.filesystem.c.percent.used']).toBe(70)
  })

  test('without performance counters lacks their metrics, and nothing else', async () => {
    const { second, failed } = await measure((_, state) => fakeWin32({ ...state, counters: {} }))
    expect(failed).toBe(0)
    expect(Object.keys(second).filter((name) => /disk|active|pagefile/.test(name))).toEqual([])
    expect(second['perf.filesystem.c.percent.used']).toBe(70)
    expect(second['perf.processor.percent.used']).toBe(25)
  })

  test('a figure of memory that is 0 is not known, and without the whole there are none', async () => {
    const none = { cached: 0, committed: 0, commitLimit: 0 }
    const { second } = await measure((win32) => ({
      readMemory: () => ({ ...win32.readMemory(), ...none }),
    }))
    expect(Object.keys(second).filter((name) => name.startsWith('perf.memory.'))).toEqual(
      ['percent.used', 'bytes.total', 'bytes.used', 'bytes.available'].map((name) => `perf.memory.${name}`),
    )
    const { lines, failed } = await measure(() => ({
      readMemory: () => ({ ...none, total: 0, available: 0 }),
    }))
    expect([failed, lines]).toEqual([
      1,
      ['warn  probe fails probe=memory reason="Windows reports no memory"'],
    ])
  })

  test('counters that throw cost the figures of disks, not the space', async () => {
    const broken = () => {
      throw new Error('PDH is out of order')
    }
    const { second, failed, lines } = await measure(() => ({ readDriveCounters: broken }))
    expect(failed).toBe(1)
    expect(lines).toEqual(['warn  probe fails probe=disk reason="PDH is out of order"'])
    expect(second['perf.filesystem.c.percent.used']).toBe(70)
    expect(second['perf.filesystem.c.percent.active']).toBeUndefined()
  })

  test('asks for drives and their counters once a cycle, though two probes want them', async () => {
    const calls: string[] = []
    await measure((win32) => ({
      listDrives() {
        calls.push('drives')
        return win32.listDrives()
      },
      readDriveCounters(letters) {
        calls.push('counters')
        return win32.readDriveCounters(letters)
      },
    }))
    expect(calls.sort()).toEqual(['counters', 'counters', 'drives', 'drives'])
  })

  test('in a container, where no interface is a device, counts them all', async () => {
    const { second } = await measure((win32) => ({
      listInterfaces: () =>
        win32
          .listInterfaces()
          .filter(({ isHardware }) => !isHardware)
          .map((found) => ({ ...found })),
    }))
    expect(second['perf.network.bytes.received']).toBe(10)
  })

  test('a paging file that contradicts itself has no figures', async () => {
    const { second } = await measure((_, state) =>
      fakeWin32({
        ...state,
        counters: { '\\Paging File(_Total)\\% Usage': { first: '5', second: '4' } },
      }),
    )
    expect(second['perf.pagefile.percent.used']).toBeUndefined()
  })
})

test('a pending restart is reported', () => {
  const [state] = readStates('server-2022')
  if (state === undefined) throw new Error('no fixture')
  const say = (isRebootPending: boolean) => {
    const reading = updates.windows?.(fakeWin32({ ...state, isRebootPending }), {
      processes: [],
      services: [],
    })
    return updates.samples(reading, null, 0)
  }
  expect(say(true)).toEqual([{ metric: 'perf.system.reboot.state', value: 0 }])
  expect(say(false)).toEqual([{ metric: 'perf.system.reboot.state', value: 1 }])
})
