import { expect, test } from 'bun:test'
import { createWindowsServiceJob } from '../../src/agent/windows-service-job.ts'
import { chooseStopped, parseServices, type ServiceStart } from '../../src/platform/win32/stopped-services.ts'

const run = (names: string[]) =>
  createWindowsServiceJob({ win32: { listStoppedServices: () => names }, intervalMs: 60_000 }).run(
    new AbortController().signal,
  )

test('services that should run are counted, and the event names them', async () => {
  expect(await run([])).toMatchObject({ samples: [{ metric: 'perf.services.stopped', value: 0 }] })
  const { samples, reasons } = await run(['W32Time', 'Spooler', 'c', 'd', 'e', 'f'])
  expect(samples).toEqual([{ metric: 'perf.services.stopped', value: 6 }])
  expect(reasons.get('perf.services.stopped')).toBe('Spooler, W32Time, c, d, e and 1 more')
})

test('services that end by themselves are no trouble', () => {
  const auto = { start: 2, isDelayed: false, isTriggered: false }
  const starts: Record<string, ServiceStart> = {
    Spooler: auto,
    crashed: auto,
    RemoteRegistry: { ...auto, isTriggered: true },
    gupdate: { ...auto, isDelayed: true },
    late: { ...auto, isDelayed: true },
    Manual: { ...auto, start: 3 },
    Disabled: { ...auto, start: 4 },
    gone: { ...auto, start: null },
  }
  const stopped = Object.keys(starts).map((name) => ({
    name,
    exitCode: name === 'crashed' || name === 'late' ? 1067 : 0,
  }))
  const readStart = (name: string) => starts[name] ?? auto
  expect(chooseStopped(stopped, readStart)).toEqual(['Spooler', 'crashed', 'late'])
})

test('the list of Windows is read by its structures, and no name outside of it', () => {
  const memory = new Uint8Array(512)
  const view = new DataView(memory.buffer)
  const address = 0x7ff0_0000_0000n
  const place = (i: number, name: bigint, state: number, exitCode: number) => {
    view.setBigUint64(i * 56, name, true)
    view.setUint32(i * 56 + 16 + 4, state, true)
    view.setUint32(i * 56 + 16 + 12, exitCode, true)
  }
  for (const [i, letter] of [...'Spooler'].entries()) view.setUint16(300 + 2 * i, letter.charCodeAt(0), true)
  place(0, address + 300n, 1, 1067)
  place(1, address + 300n, 4, 0)
  place(2, address + 4096n, 1, 0)
  expect(parseServices(memory, 3, address)).toEqual([{ name: 'Spooler', exitCode: 1067 }])
  expect(parseServices(memory, 5000, address)[0]).toEqual({ name: 'Spooler', exitCode: 1067 })
})
