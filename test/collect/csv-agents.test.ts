import { afterEach, expect, test } from 'bun:test'
import { parseAddressRange } from '../../src/lib/address-range.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Client, NOW, type Rig, startRig, waitFor } from './harness.ts'

const LOCAL = ['127.0.0.0/8'].flatMap((range) => parseAddressRange(range) ?? [])
const ELSEWHERE = ['10.0.0.0/8'].flatMap((range) => parseAddressRange(range) ?? [])
/** What 0.02b sends in a minute: facts are monitors of their own, service states are not sent. */
const MINUTE = [
  `${NOW - 60};WIN01;conf.os.name;Windows`,
  `${NOW - 60};WIN01;conf.os.architecture;64bit`,
  `${NOW - 60};WIN01;conf.os.build;10.0.17763`,
  `${NOW - 60};WIN01;conf.ipaddress;10.211.55.17`,
  `${NOW - 60};WIN01;conf.domain;example.org`,
  `${NOW - 60};WIN01;conf.processors;4`,
  `${NOW - 60};WIN01;conf.memory.total;8191.0`,
  `${NOW - 60};WIN01;perf.filesystem.c.percent.free;37.0`,
  `${NOW - 60};WIN01;perf.memory.percent.used;41.75`,
  `${NOW - 60};WIN01;perf.processor.percent.used;7`,
]
const OPENING = `${NOW - 60};WIN01;event;perf.service.mssql$sqlexpress.state;Service mssql$sqlexpress state = 0 for 5 minutes;1;3`
const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')

let rig: Rig
afterEach(() => rig.engine.stop())

const start = (plainFrom = LOCAL, csvAgents = true) =>
  startRig({ csvAgents, plainFrom, limits: { csvQuietMs: 200 } })

test('samples, facts and events are stored, and Received is said after the commit', async () => {
  rig = await start()
  rig.store.hold()
  const client = await Client.connect(rig.port)
  const all = Buffer.from(text(...MINUTE, OPENING))
  // In pieces that end in the middle of lines, one of them in the middle of a number.
  for (let at = 0; at < all.length; at += 97) {
    client.write(all.subarray(at, at + 97))
    await Bun.sleep(1)
  }
  await waitFor(() => rig.store.writes === 1)
  await Bun.sleep(30)
  expect(client.received).toBe('')
  rig.store.release()
  expect(await client.all()).toBe('Received')
  expect(Object.fromEntries(rig.store.samples())).toEqual({
    [`win01 perf.filesystem.c.percent.used ${NOW - 60}`]: 63,
    [`win01 perf.memory.percent.used ${NOW - 60}`]: 41.75,
    [`win01 perf.processor.percent.used ${NOW - 60}`]: 7,
  })
  expect(rig.store.reports).toHaveLength(1)
  expect(rig.store.reports[0]).toMatchObject({
    host: 'win01',
    facts: {
      ip: '10.211.55.17',
      platform: 'Windows',
      build: '10.0.17763',
      architecture: '64bit',
      domain: 'example.org',
      processors: 4,
      memoryMb: 8191,
      agent: 'original 2018',
    },
    spellings: { 'perf.service.mssql_sqlexpress.state': 'perf.service.mssql$sqlexpress.state' },
    events: [
      {
        uid: null,
        time: NOW - 60,
        metric: 'perf.service.mssql_sqlexpress.state',
        message: 'Service mssql$sqlexpress state = 0 for 5 minutes',
        status: 'open',
        severity: 3,
      },
    ],
  })
  expect(rig.engine.counters().refused).toEqual({})
})

test('a closing has its opening in it and the time of its arrival', async () => {
  rig = await start()
  const client = await Client.connect(rig.port)
  client.write(text(OPENING.replace(/1;3$/, '0;3')))
  client.shutdown()
  expect(await client.all()).toBe('Received')
  const [event] = rig.store.reports[0]?.events ?? []
  expect(event).toMatchObject({ status: 'closed', opened: NOW - 60, time: rig.store.reports[0]?.seen })
})

test('7 days of a backlog are stored whole, and what lies ahead of the clock waits', async () => {
  rig = await start()
  // That of the harness may be a minute old: all files of a run share it.
  const now = systemClock.now()
  const client = await Client.connect(rig.port)
  const minutes = 7 * 24 * 60
  const times = Array.from({ length: minutes }, (_, i) => now + 3600 - 60 * i)
  client.write(text(...times.flatMap((time) => [`${time};win01;a;${time % 1000}`, `${time};win01;b;1.5`])))
  expect(await client.all()).toBe('Received')
  const stored = rig.store.samples()
  const waiting = rig.store.reports.flatMap((report) => report.waiting ?? [])
  expect(waiting.map(({ time }) => time)).toEqual(times.filter((time) => time > now + 610))
  expect(stored.size + 2 * waiting.length).toBe(2 * minutes)
  for (const time of times.slice(100)) expect(stored.get(`win01 a ${time}`)).toBe(time % 1000)
})

test('lines that are wrong are counted, and the others of the same packet are kept', async () => {
  rig = await start()
  const client = await Client.connect(rig.port)
  client.write(
    text(
      `${NOW};win01;a;1`,
      `${NOW};win01;a`,
      `${NOW};no/host;a;1`,
      `${NOW};win01;b;much`,
      `5;win01;a;1`,
      `${NOW};win01;event;a;what; a message;1;2`,
      `${NOW};win01;event;a;too short;1`,
      '',
      `${NOW};win01;c;2\r`,
    ),
  )
  expect(await client.all()).toBe('Received')
  expect(Object.fromEntries(rig.store.samples())).toEqual({ [`win01 a ${NOW}`]: 1, [`win01 c ${NOW}`]: 2 })
  expect(rig.store.reports[0]?.events.map(({ message }) => message)).toEqual(['what; a message'])
  expect(rig.engine.counters().refused).toEqual({ line: 3, value: 1, time: 1 })
})

test.each([
  ['switched off', () => start(LOCAL, false), 'collect.csv_agents = true takes them'],
  ['elsewhere', () => start(ELSEWHERE), 'not in collect.plain_from'],
  ['without plain_from', () => start([]), 'collect.csv_agents takes them from collect.plain_from alone'],
])('is refused when %s, with a line in the log that names the setting', async (_, startThere, said) => {
  rig = await startThere()
  const client = await Client.connect(rig.port)
  client.write(text(...MINUTE))
  expect(await client.all()).toBe('')
  expect(rig.store.writes).toBe(0)
  expect(rig.lines.join('\n')).toContain(said)
})

test.each([
  ['is cut off within a line', `${text(...MINUTE)}${NOW};win01;perf.mem`, { cut_off: 1 }],
  ['is none', '12 drummers drumming\n', { malformed: 1 }],
  ['has a line without an end', `${NOW};win01;a;${'1'.repeat(9000)}`, { oversized: 1 }],
])('gets no receipt when it %s', async (_, lines, refused) => {
  rig = await start()
  const client = await Client.connect(rig.port)
  client.write(lines)
  client.shutdown()
  expect(await client.all()).toBe('')
  expect(rig.engine.counters().refused).toEqual(refused)
})

test('a last line without an end is taken after a longer wait, if it is whole', async () => {
  rig = await start()
  const whole = await Client.connect(rig.port)
  whole.write(text(...MINUTE, OPENING).trimEnd())
  const cut = await Client.connect(rig.port)
  cut.write(`${text(...MINUTE)}${NOW - 60};WIN01;perf.mem`)
  expect(await whole.all()).toBe('Received')
  expect(rig.store.reports.flatMap(({ events }) => events)).toHaveLength(1)
  await Bun.sleep(1500)
  expect(cut.received).toBe('')
  expect(rig.store.reports).toHaveLength(1)
  cut.close()
})

test('gets no receipt when more follows what was thought to be all, so that the agent sends it again', async () => {
  rig = await start()
  rig.store.hold()
  const client = await Client.connect(rig.port)
  client.write(text(...MINUTE))
  await waitFor(() => rig.store.writes === 1)
  client.write(text(OPENING))
  await Bun.sleep(30)
  rig.store.release()
  expect(await client.all()).toBe('')
})
