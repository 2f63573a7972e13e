import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { BackgroundResult } from '../../../src/agent/background-result.ts'
import { createDriveJob } from '../../../src/agent/bus/drive-job.ts'
import { createSystemdJob } from '../../../src/agent/bus/systemd-job.ts'
import { findFamily } from '../../../src/domain/metrics/catalogue.ts'
import { DRIVE_METRICS, SYSTEMD_METRICS } from '../../../src/domain/metrics/declared/systemd.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { type Answer, serveBus, startBus, type Typed } from './bus-service.ts'

/** The bus is dbus-daemon; the services on it answer as systemd 252 and UDisks2 2.10 do. */
let folder = ''
let bus: Awaited<ReturnType<typeof startBus>>
beforeAll(async () => {
  folder = makeTempDir()
  bus = await startBus(folder)
})
afterAll(async () => {
  await bus.stop()
  rmSync(folder, { recursive: true, force: true })
})

const values = ({ samples }: BackgroundResult) =>
  Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))
const soon = () => AbortSignal.timeout(5000)

describe('systemd', () => {
  const unit = (name: string, active: string, sub: string) => [
    name,
    '',
    'loaded',
    active,
    sub,
    '',
    `/org/freedesktop/systemd1/unit/${name.replace(/\W/g, '_')}`,
    0,
    '',
    '/',
  ]
  const UNITS = [
    unit('nginx.service', 'active', 'running'),
    unit('php.service', 'failed', 'failed'),
    unit('flap.service', 'activating', 'auto-restart'),
    unit('gone.service', 'active', 'running'),
    unit('data.mount', 'failed', 'failed'),
    unit('timers.target', 'active', 'active'),
  ]
  const restarts: Record<string, number> = { nginx: 0, php: 2, flap: 40 }

  function answer(call: Parameters<Answer>[0]): readonly Typed[] | Error {
    if (call.member === 'ListUnits') return [['a(ssssssouso)', UNITS]]
    if (call.member === 'GetUnit') {
      if (call.arguments[0] === 'www.service') return [['o', '/org/freedesktop/systemd1/unit/nginx_service']]
      const missing = new Error(`Unit ${call.arguments[0]} not loaded.`)
      missing.name = 'org.freedesktop.systemd1.NoSuchUnit'
      return missing
    }
    const [, name = ''] = /unit\/(\w+)_service$/.exec(call.path) ?? []
    const count = restarts[name]
    if (count === undefined) {
      const error = new Error(`Unit ${name}.service not found.`)
      error.name = 'org.freedesktop.DBus.Error.UnknownObject'
      return error
    }
    if (call.member === 'Get') return [['v', ['u', count]]]
    const memory = name === 'nginx' ? 54_525_952 : 2n ** 64n - 1n
    return [
      [
        'a{sv}',
        {
          NRestarts: ['u', count],
          MemoryCurrent: ['t', memory],
          TasksCurrent: ['t', 5],
          Result: ['s', name === 'php' ? 'exit-code' : 'success'],
          Environment: ['as', ['A=b', '']],
          ExecStart: ['a(sasbt)', []],
        },
      ],
    ]
  }

  test('failed units, restarts and the services of the configuration come over the bus', async () => {
    const service = await serveBus(bus.socket, 'org.freedesktop.systemd1', answer)
    const job = createSystemdJob({
      socket: bus.socket,
      // One is given by an alias of its unit.
      services: ['www', 'php.service', 'missing'],
      intervalMs: 60_000,
      clock: systemClock,
    })
    const first = await job.run(soon())
    expect(values(first)).toEqual({
      'perf.systemd.units.failed': 2,
      'perf.systemd.restarts.hour': 0,
      'perf.service.www.memory.bytes': 54_525_952,
      'perf.service.www.tasks': 5,
      'perf.service.www.restarts.hour': 0,
      'perf.service.php.tasks': 5,
      'perf.service.php.restarts.hour': 0,
    })
    expect(Object.fromEntries(first.reasons)).toEqual({
      'perf.systemd.units.failed': 'php.service, data.mount',
      'perf.service.php.state': 'failed (failed), exit-code',
      'perf.service.missing.state': 'not loaded: it is not there, or was not started',
    })
    Object.assign(restarts, { php: 3, flap: 46 })
    const second = await job.run(soon())
    expect(values(second)).toMatchObject({
      'perf.systemd.restarts.hour': 7,
      'perf.service.php.restarts.hour': 1,
    })
    expect(second.reasons.get('perf.systemd.restarts.hour')).toBe('flap.service (6), php.service (1)')
    for (const metric of Object.keys(values(second)))
      expect(SYSTEMD_METRICS.map(({ name }) => name)).toContain(findFamily(metric)?.family.name ?? metric)
    service.stop()
  })

  test('a bus without systemd is reported, and a call that is never answered ends with the signal', async () => {
    const job = (socket: string) =>
      createSystemdJob({ socket, services: [], intervalMs: 60_000, clock: systemClock })
    expect(job(bus.socket).run(soon())).rejects.toThrow('org.freedesktop.systemd1')
    expect(job(join(folder, 'nothing')).run(soon())).rejects.toThrow('ENOENT')
    const silent = createServer(() => {}).listen(join(folder, 'silent'))
    const from = performance.now()
    await expect(job(join(folder, 'silent')).run(AbortSignal.timeout(200))).rejects.toThrow()
    expect(performance.now() - from).toBeLessThan(2000)
    silent.close()
  })

  test.each([
    ['no message', 'OK 1\r\nHTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a message that is too long', 'OK 1\r\nl\u0002\u0001\u0001\u00ff\u00ff\u00ff\u007f\u0001\0\0\0\0\0\0\0'],
    ['a refusal', 'REJECTED EXTERNAL\r\n'],
  ])('what sends %s is left', async (name, text) => {
    const path = join(folder, `odd-${name.replaceAll(' ', '-')}`)
    const odd = createServer((socket) => socket.write(Buffer.from(text, 'latin1'))).listen(path)
    const job = createSystemdJob({ socket: path, services: [], intervalMs: 60_000, clock: systemClock })
    await expect(job.run(soon())).rejects.toThrow(/bus/)
    odd.close()
  })
})

describe('drives', () => {
  const DRIVES = '/org/freedesktop/UDisks2/drives'
  const BLOCKS = '/org/freedesktop/UDisks2/block_devices'
  const block = (drive: string, more: Record<string, unknown> = {}) => ({
    'org.freedesktop.UDisks2.Block': { Drive: ['o', drive], Size: ['t', 5] },
    ...more,
  })
  const OBJECTS = {
    [`${BLOCKS}/loop0`]: block('/'),
    [`${BLOCKS}/sda`]: block(`${DRIVES}/WDC_WD40EFRX_1`),
    [`${BLOCKS}/sda1`]: block(`${DRIVES}/WDC_WD40EFRX_1`, { 'org.freedesktop.UDisks2.Partition': {} }),
    [`${BLOCKS}/nvme0n1`]: block(`${DRIVES}/Samsung_SSD_980`),
    [`${DRIVES}/WDC_WD40EFRX_1`]: {
      'org.freedesktop.UDisks2.Drive': { Model: ['s', 'WDC'] },
      'org.freedesktop.UDisks2.Drive.Ata': {
        SmartSupported: ['b', true],
        SmartEnabled: ['b', true],
        SmartUpdated: ['t', 1_700_000_000],
        SmartFailing: ['b', true],
        SmartTemperature: ['d', 310.15],
        SmartNumBadSectors: ['x', 8],
        SmartPowerOnSeconds: ['t', 3600],
      },
    },
    [`${DRIVES}/Samsung_SSD_980`]: {
      'org.freedesktop.UDisks2.NVMe.Controller': {
        SmartUpdated: ['t', 1_700_000_000],
        SmartCriticalWarning: ['as', []],
        SmartTemperature: ['q', 315],
        SmartPowerOnHours: ['t', 100],
      },
    },
    [`${BLOCKS}/sdb`]: block(`${DRIVES}/CT500MX500SSD1`),
    [`${DRIVES}/CT500MX500SSD1`]: {
      'org.freedesktop.UDisks2.Drive': { RotationRate: ['i', 0] },
      'org.freedesktop.UDisks2.Drive.Ata': {
        SmartSupported: ['b', true],
        SmartEnabled: ['b', true],
        SmartUpdated: ['t', 1_700_000_000],
        SmartFailing: ['b', false],
        SmartTemperature: ['d', 0],
        SmartNumBadSectors: ['x', -1],
        SmartPowerOnSeconds: ['t', 7200],
      },
    },
    // No drive is 65,262 °C hot, or as old as 10,000 years.
    [`${BLOCKS}/nvme1n1`]: block(`${DRIVES}/Odd`),
    [`${DRIVES}/Odd`]: {
      'org.freedesktop.UDisks2.NVMe.Controller': {
        SmartUpdated: ['t', 1_700_000_000],
        SmartCriticalWarning: ['as', ['spare']],
        SmartTemperature: ['q', 65_535],
        SmartPowerOnHours: ['t', 2 ** 40],
      },
    },
    [`${BLOCKS}/sdc`]: block(`${DRIVES}/Odder`),
    [`${DRIVES}/Odder`]: {
      'org.freedesktop.UDisks2.Drive.Ata': {
        SmartSupported: ['b', true],
        SmartEnabled: ['b', true],
        SmartUpdated: ['t', 1_700_000_000],
        SmartFailing: ['b', false],
        SmartTemperature: ['d', 1e30],
        SmartNumBadSectors: ['x', 0],
        SmartPowerOnSeconds: ['t', 2 ** 50],
      },
    },
    [`${DRIVES}/QEMU_HARDDISK`]: {
      'org.freedesktop.UDisks2.Drive.Ata': { SmartSupported: ['b', false], SmartEnabled: ['b', false] },
    },
  }

  /** As a Crucial MX500 says them: number, name, flags, value, worst, threshold, pretty value and unit, and more. */
  const MX500 = [
    [5, 'reallocated-sector-count', 50, 100, 100, 10, 0n, 1, {}],
    [173, 'wear-leveling-count', 50, 83, 83, 0, 251n, 1, {}],
    [202, 'percent-lifetime-remaining', 48, 83, 83, 1, 17n, 1, {}],
  ]

  test('say how they are, by the name of their disk', async () => {
    const service = await serveBus(bus.socket, 'org.freedesktop.UDisks2', ({ member, path }) => {
      if (member === 'GetManagedObjects') return [['a{oa{sa{sv}}}', OBJECTS]]
      if (path.endsWith('MX500SSD1')) return [['a(ysqiiixia{sv})', MX500]]
      if (path.endsWith('Odd')) return [['a{sv}', { percent_used: ['y', 255] }]]
      return path.endsWith('980') ? [['a{sv}', { percent_used: ['y', 93], avail_spare: ['y', 9] }]] : null
    })
    const job = createDriveJob({ socket: bus.socket, intervalMs: 300_000 })
    expect(values(await job.run(soon()))).toEqual({
      'perf.drive.sda.state': 0,
      'perf.drive.sda.celsius': 37,
      'perf.drive.sda.sectors.bad': 8,
      'perf.drive.sda.age.seconds': 3600,
      'perf.drive.sdb.state': 1,
      'perf.drive.sdb.age.seconds': 7200,
      'perf.drive.sdb.wear.percent': 17,
      'perf.drive.nvme1n1.state': 0,
      'perf.drive.nvme1n1.wear.percent': 255,
      'perf.drive.sdc.state': 1,
      'perf.drive.sdc.sectors.bad': 0,
      'perf.drive.nvme0n1.state': 1,
      'perf.drive.nvme0n1.celsius': 41.9,
      'perf.drive.nvme0n1.age.seconds': 360_000,
      'perf.drive.nvme0n1.wear.percent': 93,
    })
    expect(DRIVE_METRICS).toHaveLength(5)
    service.stop()
  })

  test('say nothing where UDisks2 does not run, and that is no failure', async () => {
    const job = createDriveJob({ socket: bus.socket, intervalMs: 300_000 })
    expect(await job.run(soon())).toEqual({ samples: [], reasons: new Map(), failure: null })
  })
})
