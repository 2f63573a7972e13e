import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { Client } from '../collect/harness.ts'
import { makeTempDir, type RunningMonitor, startMonitor } from '../support/spawn.ts'

const PASSPHRASE = 'secure_monitoring'
/** Shifts the clock of a program; Debian package "libfaketime". */
const [FAKETIME] = new Bun.Glob('/usr/lib/*/faketime/libfaketimeMT.so.1').scanSync({ absolute: true })
if (FAKETIME === undefined) console.error('NOT TESTED HERE: a clock put right (Debian package "libfaketime")')
const PATIENCE_MS = 60_000
const MINUTES = 7 * 24 * 60
const HOUR = 3600
const log = createLog({ level: 'error', format: 'text' })

type Values = Readonly<Record<string, number | string>>
type Happening = {
  readonly time: number
  readonly monitor: string
  readonly status: 0 | 1
  readonly severity: number
}
type Packet = {
  readonly host: string
  readonly time: number
  readonly rows: readonly (readonly [time: number, values: Values])[]
  readonly events?: readonly Happening[]
  readonly passphrase?: string
}

const MESSAGE = 'Memory percent used > 85 for 15 minutes'

/** The object of a JSON agent; `asText` writes every number as text, as some of their probes do. */
function writeJson({ host, time, rows, events = [], passphrase = PASSPHRASE }: Packet, asText: boolean) {
  const show = (value: number | string) => (asText ? String(value) : value)
  return JSON.stringify({
    ...{ time: show(time), name: host, ip: '10.0.0.5', platform: 'Windows', build: '10.0.17763' },
    ...{ arch: '64bit', domain: 'example.org', procs: show(4), memory: show(7976), passphrase },
    data: rows.map(([at, values]) => ({
      time: show(at),
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(value)])),
    })),
    events: events.map((event) => ({ ...event, message: MESSAGE, status: show(event.status) })),
  })
}

function writeCsv({ host, time, rows, events = [] }: Packet) {
  const facts = { 'conf.os.name': 'Windows', 'conf.ipaddress': '10.0.0.5', 'conf.memory.total': '7976.0' }
  const lines = [
    ...Object.entries(facts).map(([name, value]) => `${time};${host};${name};${value}`),
    ...rows.flatMap(([at, values]) =>
      Object.entries(values).map(([name, value]) => `${at};${host};${name};${value}`),
    ),
    ...events.map(
      (event) => `${event.time};${host};event;${event.monitor};${MESSAGE};${event.status};${event.severity}`,
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

type Era = { readonly name: string; readonly saysPassphrase: boolean; write(packet: Packet): string }

const ERAS: readonly Era[] = [
  { name: '0.02b-csv', saysPassphrase: false, write: writeCsv },
  { name: '0.03b-json', saysPassphrase: true, write: (packet) => writeJson(packet, true) },
  { name: '2019-10-json', saysPassphrase: true, write: (packet) => writeJson(packet, false) },
  {
    // Spaced as Python writes it, and with the words that JSON does not have.
    name: '0.05b-json',
    saysPassphrase: true,
    write: (packet) => writeJson(packet, false).replaceAll('":', '": ').replaceAll(',"', ', "'),
  },
]

describe('agents of the original, of every age, on one server', () => {
  let folder: string
  let server: RunningMonitor
  let store: Store
  const now = systemClock.now()
  const table: string[][] = []

  const start = (env: Readonly<Record<string, string>> = {}) =>
    startMonitor(
      [
        ...['server', '--data-dir', folder],
        ...Object.entries({
          'web.address': '127.0.0.1',
          'web.port': 0,
          'collect.address': '127.0.0.1',
          'collect.port': 0,
          'collect.tls_port': 0,
          'collect.passphrase': PASSPHRASE,
          'collect.csv_agents': true,
          'events.interval': '1s',
        }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ],
      { cwd: folder, env },
    )

  beforeAll(async () => {
    folder = makeTempDir()
    server = await start()
    store = await openStore('sqlite:monitor.db', { dataDir: folder, clock: systemClock, log })
  }, PATIENCE_MS)
  afterAll(async () => {
    server.signal('SIGKILL')
    await server.exited
    await store.close()
    rmSync(folder, { recursive: true, force: true })
    console.log(
      [['era', 'what', 'sent', 'stored'], ...table]
        .map((row) => row.map((cell) => cell.padEnd(18)).join(''))
        .join('\n'),
    )
  })

  async function send(text: string, tls = false): Promise<string> {
    const client = await Client.connect(server.ports.collect ?? 0, { tls })
    client.write(text)
    await client.until(({ hasEnded, isClosed }) => hasEnded || isClosed, 30_000)
    client.close()
    return client.received
  }

  async function read(host: string, metric: string) {
    const { times, values } = await store.samples.range(host, metric, 0, Number.MAX_SAFE_INTEGER)
    return new Map([...times].map((time, i) => [time, values[i]]))
  }

  const listEvents = async (host: string) =>
    (await store.events.list({ host })).events
      .map(({ opened, closed, severity, status }) => ({ opened, closed, severity, status }))
      .sort((a, b) => a.opened - b.opened)

  const note = (era: Era, what: string, sent: string, stored: string) =>
    table.push([era.name, what, sent, stored])

  test.each(ERAS.map((era) => [era.name, era] as const))(
    '%s: samples, events, a backlog of 7 days, TLS, a wrong passphrase',
    async (_, era) => {
      const base = { time: now, rows: [] }
      const host = era.name.replace('.', '-')
      const memory = 'perf.memory.percent.used'

      const rows = [[now - 60, { [memory]: 41.75, 'perf.filesystem.c.percent.free': 12.25 }]] as const
      expect(await send(era.write({ ...base, host, rows }))).toBe('Received')
      expect([...(await read(host, memory))]).toEqual([[now - 60, 41.75]])
      expect([...(await read(host, 'perf.filesystem.c.percent.used'))]).toEqual([[now - 60, 87.75]])
      note(era, 'samples', '2', '2')

      const opening = { time: now - 1200, monitor: memory, status: 1, severity: 3 } as const
      const missed = { time: now - 9000, monitor: 'perf.service.a$b.state', status: 0, severity: 2 } as const
      expect(await send(era.write({ ...base, host, events: [opening] }))).toBe('Received')
      expect(await send(era.write({ ...base, host, events: [{ ...opening, status: 0 }, missed] }))).toBe(
        'Received',
      )
      const events = await listEvents(host)
      expect(events.map(({ opened, severity, status }) => [opened, severity, status])).toEqual([
        [now - 9000, 2, 'closed'],
        [now - 1200, 3, 'closed'],
      ])
      for (const { closed } of events) expect(closed).toBeGreaterThanOrEqual(now)
      note(era, 'events', '2', String(events.length))

      const backlog = Array.from({ length: MINUTES }, (_, i) => {
        return [now - 60 * (i + 1), { a: (i % 1000) / 100, b: i }] as const
      })
      expect(await send(era.write({ ...base, host: `${host}-backlog`, rows: backlog }))).toBe('Received')
      const [a, b] = [await read(`${host}-backlog`, 'a'), await read(`${host}-backlog`, 'b')]
      for (const [time, values] of backlog) {
        expect(a.get(time)).toBe(values.a)
        expect(b.get(time)).toBe(values.b)
      }
      note(era, 'backlog', String(2 * MINUTES), String(a.size + b.size))

      expect(await send(era.write({ ...base, host: `${host}-tls`, rows }), true)).toBe('Received')
      expect((await read(`${host}-tls`, memory)).size).toBe(1)
      note(era, 'TLS', '1', '1')

      if (era.saysPassphrase) {
        expect(await send(era.write({ ...base, host: `${host}-bad`, rows, passphrase: 'no' }))).toBe('')
        expect(await store.hosts.find(`${host}-bad`)).toBeNull()
        note(era, 'wrong passphrase', '1', '0')
      } else note(era, 'wrong passphrase', 'says none', '')
      expect((await store.hosts.find(host))?.agent).toBe(
        era.saysPassphrase ? 'original 2019' : 'original 2018',
      )
    },
    PATIENCE_MS,
  )

  test.skipIf(FAKETIME === undefined)(
    'a clock that is 2 hours fast: nothing is lost, also when the server is killed; it is there when the time has come',
    async () => {
      const ahead = now + 2 * HOUR
      for (const era of ERAS) {
        const host = `${era.name.replace('.', '-')}-fast`
        const rows = [0, 1, 2].map((i) => [ahead + 60 * i, { m: i }] as const)
        const event = { time: ahead, monitor: 'm', status: 1, severity: 1 } as const
        expect(await send(era.write({ host, time: ahead, rows, events: [event] }))).toBe('Received')
        expect((await read(host, 'm')).size).toBe(0)
        expect((await listEvents(host)).map(({ status }) => status)).toEqual(['open'])
      }
      server.signal('SIGKILL')
      await server.exited
      server = await start({ LD_PRELOAD: FAKETIME ?? '', FAKETIME: '+3h', FAKETIME_DONT_FAKE_MONOTONIC: '1' })
      await server.waitFor(/made samples of what waited/)
      for (const era of ERAS) {
        const host = `${era.name.replace('.', '-')}-fast`
        const stored = await read(host, 'm')
        expect([...stored]).toEqual([0, 1, 2].map((i) => [ahead + 60 * i, i]))
        note(era, 'fast clock', '3', String(stored.size))
      }
    },
    PATIENCE_MS,
  )

  test('none of it is damaged', async () => expect(await store.maintenance.check()).toEqual([]), PATIENCE_MS)
})
