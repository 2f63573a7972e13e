import { Database as Connection } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { ReaderGoneError, readFor, readForAll } from '../../src/lib/reader.ts'
import { TooBusyError } from '../../src/lib/too-busy-error.ts'
import { openStore } from '../../src/storage/open.ts'
import type { EventQuery, Store } from '../../src/storage/ports/store.ts'
import type { SlowReads } from '../../src/storage/reading-thread/messages.ts'
import {
  type PackedSpans,
  packOutages,
  packSpans,
  unpackSpans,
} from '../../src/storage/reading-thread/packed-outages.ts'
import { ReadCost } from '../../src/storage/reading-thread/read-cost.ts'
import { ReadingThread } from '../../src/storage/reading-thread/reading-thread.ts'
import { withSlowReads } from '../../src/storage/reading-thread/slow-reads.ts'
import type { Damage } from '../../src/storage/timeseries/damage.ts'
import { fakeClock } from '../support/clock.ts'
import { findFailure } from '../support/failure.ts'
import { makeTempDir } from '../support/spawn.ts'
import { aFrame, aReport, MIDNIGHT } from './reports.ts'

const DAY = 86_400
const lines: string[] = []
const log = createLog({ level: 'warn', format: 'text', write: (line) => lines.push(line) })

let dataDir: string
let plain: Store
let threaded: Store

beforeEach(async () => {
  dataDir = makeTempDir()
  lines.length = 0
  const options = { dataDir, clock: systemClock, log }
  plain = await openStore('sqlite:monitor.db', options)
  threaded = await openStore('sqlite:monitor.db', { ...options, hasReadingThread: true })
  for (const [i, host] of ['web1', 'web2', 'db1'].entries())
    await plain.ingest.write([
      aReport(host, {
        frames: Array.from({ length: 40 }, (_, day) =>
          aFrame(MIDNIGHT + day * DAY, { 'perf.processor.percent.used': i * 10 + day, other: day }),
        ),
      }),
    ])
  const change = { time: MIDNIGHT, actor: 'anna', way: 'website', address: '' } as const
  await plain.audit.add({ ...change, action: 'add rule', detail: 'all' })
  await plain.events.report('web1', [
    {
      uid: 'a',
      change: 1,
      time: MIDNIGHT,
      metric: 'perf.system.availability.seconds',
      severity: 2,
      status: 'open',
      message: 'no data',
    },
  ])
})
afterEach(async () => {
  await threaded.close()
  await plain.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Reads from one store everything that the thread reads. */
async function readAll(store: Store) {
  const end = MIDNIGHT + 50 * DAY
  const spans = await store.hosts.listSpans()
  return {
    sorted: await store.hosts.list({ sort: 'processor', descending: true, upSince: 0 }),
    found: await store.hosts.list({ search: 'web', upSince: 0 }),
    events: await store.events.list({ words: ['data'] }),
    counts: await store.events.countBySeverity({ status: 'closed' }),
    outages: await store.events.listOutages(spans, MIDNIGHT - DAY, end),
    range: await store.samples.range('web2', 'other', MIDNIGHT, end),
    rows: await store.samples.summarize('web2', ['other'], { from: MIDNIGHT, to: end, points: 20 }),
    audit: await store.audit.list({ search: 'rule' }),
    // The bytes are those of the files, which reading makes longer.
    stats: { ...(await store.maintenance.stats()), bytes: 0 },
    largest: await store.maintenance.listLargestHosts(2),
    ranges: await store.samples.ranges('web2', ['other', 'none'], MIDNIGHT, end),
  }
}

describe('reads that may take long', () => {
  test('give the same on the thread', async () => {
    const expected = await readAll(plain)
    expect(expected.range.times.length).toBe(40)
    expect(expected.found.total).toBe(2)
    expect(expected.events.total).toBe(1)
    expect(expected.audit.total).toBe(1)
    expect(expected.largest).toHaveLength(2)
    expect(await readAll(threaded)).toEqual(expected)
    expect(lines).toEqual([])
  })

  test('are asked of it only where they are long: not the outages of a host of a month', async () => {
    const asked: unknown[] = []
    const thread = {
      listOutages: async (spans: PackedSpans, from: number, to: number) => {
        asked.push([spans.names.length, (to - from) / DAY])
        return packOutages(await plain.events.listOutages(unpackSpans(spans), from, to))
      },
    } as unknown as SlowReads
    const { events } = withSlowReads(plain, thread, {
      settle: async () => {},
      cost: new ReadCost(() => Promise.reject(new Error('asked')), systemClock),
    })
    const [web1, web2] = ['web1', 'web2'].map((name) => ({
      name,
      firstSeen: MIDNIGHT,
      lastSeen: MIDNIGHT + DAY,
    }))
    if (!web1 || !web2) throw new Error('there are no hosts')
    const end = MIDNIGHT + 10 * DAY
    const expected = [['web1', [{ from: MIDNIGHT, to: null }]]]
    for (const [spans, days] of [
      [[web1], 1],
      [[web1], 31],
      [[web1], 32],
      [[web1, web2], 1],
    ] as const)
      expect([...(await events.listOutages(spans, end - days * DAY, end))] as unknown[]).toEqual(expected)
    expect(asked).toEqual([
      [1, 32],
      [2, 1],
    ])
  })

  test('see what was written just before, and the last packet of a host', async () => {
    await readAll(threaded)
    await threaded.ingest.write([aReport('web3', { seen: MIDNIGHT + 99 })])
    await threaded.ingest.write([aReport('web1', { seen: MIDNIGHT + 100 })])
    const { hosts } = await threaded.hosts.list({ search: 'web', upSince: 0 })
    expect(hosts.map(({ name, lastSeen }) => [name, lastSeen - MIDNIGHT])).toEqual([
      ['web1', 100],
      ['web2', 0],
      ['web3', 99],
    ])
  })

  test('leave out what is damaged, and the other thread makes an event of it', async () => {
    const file = new Connection(join(dataDir, 'monitor.db'))
    file.run('UPDATE frame SET packed = x' + "'80800000000000030d'" + ' WHERE host = 1 AND time = ?', [
      MIDNIGHT,
    ])
    file.close()
    const { times } = await threaded.samples.range('web1', 'other', MIDNIGHT, MIDNIGHT + 50 * DAY)
    expect(times.length).toBe(39)
    await threaded.close()
    const { events } = await plain.events.list({ host: 'web1', metric: 'perf.storage.damage.state' })
    expect(events.length).toBe(1)
    threaded = await openStore('sqlite:monitor.db', { dataDir, clock: systemClock, log })
  })
})

test.each<[EventQuery, boolean]>([
  [{ status: 'open', facets: [['site']] }, false],
  [{ status: 'closed', host: 'web1', facets: [['site']] }, false],
  [{ status: 'closed', facets: [['site']] }, true],
  [{ facets: [['site']] }, true],
  [{ status: 'closed', withinGroups: ['site'] }, true],
  [{ status: 'closed', group: 'site' }, true],
  [{ status: 'closed', metric: 'a' }, false],
  [{ status: 'closed', offset: 1001 }, true],
  [{ status: 'open', words: ['a'] }, true],
])('of events %j is read aside: %p', async (query, isAside) => {
  const asked: string[] = []
  const noted =
    <Values extends unknown[], Result>(where: string, act: (...values: Values) => Result) =>
    (...values: Values) => {
      asked.push(where)
      return act(...values)
    }
  const thread = new ReadingThread({
    database: { url: 'sqlite:monitor.db', dataDir },
    note: () => {},
    clock: systemClock,
    log,
  })
  const store = withSlowReads(
    { ...plain, events: { ...plain.events, list: noted('here', plain.events.list) } },
    { ...thread, listEvents: noted('aside', thread.listEvents) },
    { settle: async () => {}, cost: new ReadCost(async () => 1, systemClock) },
  )
  await store.events.list(query)
  expect(asked).toEqual([isAside ? 'aside' : 'here'])
  await thread.close()
})

describe('the thread', () => {
  const start = (database: { url: string; dataDir: string }) =>
    new ReadingThread({ database, note: () => {}, clock: systemClock, log })

  test('says why it can not read, for each read, and nobody hangs', async () => {
    const thread = start({ url: 'sqlite:', dataDir })
    for (let i = 0; i < 2; i++)
      expect(String((await findFailure(thread.countBySeverity({})))?.error)).toContain('database.url')
    await thread.close()
  })

  test('gives up what nobody waits for any more, and nothing that is kept for others', async () => {
    const file = new Connection(join(dataDir, 'monitor.db'))
    file.run(`UPDATE frame SET packed = x'80800000000000030d' WHERE host = 1 AND time = ?`, [MIDNIGHT])
    file.close()
    const damages: Damage[] = []
    const thread = new ReadingThread({
      database: { url: 'sqlite:monitor.db', dataDir },
      note: (damage) => damages.push(damage),
      clock: systemClock,
      log,
    })
    // Any read of this host records its damage.
    const read = () => thread.range('web1', 'other', MIDNIGHT, MIDNIGHT + 50 * DAY)
    const leave = new AbortController()
    const given = Array.from({ length: 20 }, () => findFailure(readFor(leave, read)))
    const kept = readFor(leave, () =>
      readForAll(() => thread.range('web2', 'other', MIDNIGHT, MIDNIGHT + DAY)),
    )
    leave.abort()
    for (const failure of await Promise.all(given)) expect(failure?.error).toBeInstanceOf(ReaderGoneError)
    expect((await kept).times.length).toBe(2)
    expect((await findFailure(readFor(leave, read)))?.error).toBeInstanceOf(ReaderGoneError)
    await thread.countBySeverity({})
    expect(damages).toEqual([])
    expect((await readFor(new AbortController(), read)).times.length).toBe(39)
    expect(damages.length).toBe(1)
    await thread.close()
  })

  test('turns away who comes when too many wait, and answers the others', async () => {
    const thread = start({ url: 'sqlite:monitor.db', dataDir })
    const reads = Array.from({ length: 80 }, () => findFailure(thread.countBySeverity({})))
    const failures = (await Promise.all(reads)).filter((failure) => failure !== null)
    // 64 wait, and 4 are with the thread.
    expect(failures.length).toBe(12)
    expect(failures.every(({ error }) => error instanceof TooBusyError)).toBe(true)
    await thread.close()
    expect(String((await findFailure(thread.countBySeverity({})))?.error)).toContain('closed')
  })

  test('reads what the page of a host needs before all that may take longer', async () => {
    const thread = start({ url: 'sqlite:monitor.db', dataDir })
    const done: string[] = []
    const note = (what: string) => () => {
      done.push(what)
    }
    const picture = { from: MIDNIGHT, to: MIDNIGHT + DAY, points: 10 }
    const long = Array.from({ length: 64 }, () => thread.listAudit({}).then(note('long')))
    const short = [
      thread.listOutages(packSpans([{ name: 'web1', firstSeen: 0, lastSeen: MIDNIGHT }]), 0, MIDNIGHT),
      thread.summarize('web1', ['other'], picture),
    ].map((read) => read.then(note('short')))
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `h${i}`, firstSeen: 0, lastSeen: MIDNIGHT }))
    const report = thread.listOutages(packSpans(many), 0, MIDNIGHT).then(note('report'))
    await Promise.all([...long, ...short, report])
    // Four are with the thread before they come.
    expect(done.indexOf('short')).toBeLessThanOrEqual(4)
    expect(done.lastIndexOf('short')).toBeLessThanOrEqual(5)
    expect(done.at(-1)).toBe('report')
    await thread.close()
  })

  test('is ended when a read takes over a minute, and when it does not close within five seconds', async () => {
    // A database that takes connections and says nothing.
    const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const clock = fakeClock()
    const thread = new ReadingThread({
      database: { url: `mysql://monitor@127.0.0.1:${silent.port}/monitor`, dataDir },
      note: () => {},
      clock,
      log,
    })
    const slow = findFailure(thread.countBySeverity({}))
    await clock.advance(30_000)
    const later = findFailure(thread.listAudit({}))
    await clock.advance(31_000)
    for (const failure of [await slow, await later]) expect(String(failure?.error)).toContain('over 60 s')
    expect(lines.join()).toContain('the reading thread is started anew')
    const last = findFailure(thread.countBySeverity({}))
    const closing = thread.close()
    await clock.advance(5001)
    await closing
    expect(String((await last)?.error)).toContain('closed')
    silent.stop(true)
  })
})
