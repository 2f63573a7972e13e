import { describe, expect, test } from 'bun:test'
import type { Loss } from '../../../src/domain/audit/loss.ts'
import type { HostReport, Store } from '../../../src/storage/ports/store.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'
import { openEach } from './open-each.ts'
import type { Workbench } from './store.contract.ts'

const DAY = 86_400
const KEY = 'a'.repeat(64)
/** Frames of web01 begin on the day after that on which it was first seen. */
const START = MIDNIGHT + DAY

const queue = (run = 'run-00000001', started: number | null = null) => ({ id: 'queue-000001', run, started })

type Numbered = Omit<Partial<HostReport>, 'waiting'> & { waiting?: number; lost?: readonly Loss[] }

/** A batch with frames numbered from `first`, a minute apart, two samples each. */
function numbered(
  first: number,
  count: number,
  { waiting = 1, lost = [], ...more }: Numbered = {},
): HostReport {
  const numbers = Array.from({ length: count }, (_, i) => first + i)
  const frames = numbers.map((number) => aFrame(START + number * 60, { a: number, b: 1 }))
  return aReport('web01', {
    keyHash: KEY,
    queue: queue(),
    frames,
    numbers: { frames: numbers, others: [], waiting, lost },
    ...more,
  })
}

const lossOf = (first: number, last: number, reason: Loss['reason']): Loss => ({
  first,
  last,
  reason,
  from: START + first * 60,
  to: START + last * 60,
  count: last - first + 1,
})

/** What is known of the completeness of what agents sent. */
export function describeDataAudit(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store
    openEach(makeWorkbench, async (opened) => {
      store = opened.store
      await store.ingest.write([
        aReport('web01', { keyHash: KEY, queue: queue('run-00000001', MIDNIGHT), isGreeting: true }),
      ])
    })

    /** The agent connects and reports what it knows: the highest number given, and what no server has confirmed. */
    const greeted = (newest: number, ranges: readonly (readonly [number, number])[]) => {
      const unconfirmed = ranges.map(([first, last]) => ({ first, last }))
      return aReport('web01', {
        keyHash: KEY,
        queue: { ...queue('run-00000001', START), known: { newest, unconfirmed } },
        isGreeting: true,
      })
    }

    /** A day is over when there are newer samples than its own. */
    const compactDay = async () => {
      await store.ingest.write([aReport('db01', { frames: [aFrame(START + DAY, { a: 1 })] })])
      await store.maintenance.compact(START + 2 * DAY, 100)
    }
    const auditOf = async (host = 'web01') => {
      await store.dataAudit.settle(START + 3 * DAY)
      const [audit] = await store.dataAudit.audit(host)
      return audit
    }
    const openEvents = async () =>
      (await store.events.list({ status: 'open' })).events.map(({ metric, severity }) => [metric, severity])

    test('agents that number nothing are not judged', async () => {
      await store.ingest.write([aReport('old01', { frames: [aFrame(START, { a: 1 })] })])
      expect(await auditOf('old01')).toMatchObject({ isNumbered: false, expected: 0, missing: {} })
      expect(await store.dataAudit.audit('nobody')).toEqual([])
    })

    test('all that was numbered is present, each once, however often it comes', async () => {
      await store.ingest.write([numbered(1, 5)])
      await store.ingest.write([numbered(4, 4, { waiting: 6 })])
      expect(await auditOf()).toMatchObject({
        isNumbered: true,
        expected: 7,
        present: 7,
        missing: {},
        repeated: 2,
      })
      expect(await openEvents()).toEqual([])
    })

    test('what is missing waits with the agent until it says otherwise', async () => {
      await store.ingest.write([numbered(1, 1), numbered(100, 1)])
      expect(await auditOf()).toMatchObject({ expected: 100, present: 2, pending: 98, missing: {} })
      await store.ingest.write([numbered(2, 48)])
      expect(await auditOf()).toMatchObject({ expected: 100, present: 50, pending: 50, missing: {} })
    })

    test('a loss has the reason that the agent reports, and an event', async () => {
      await store.ingest.write([numbered(1, 2)])
      await store.ingest.write([numbered(10, 1, { waiting: 10, lost: [lossOf(1, 9, 'size')] })])
      const audit = await auditOf()
      expect(audit).toMatchObject({ expected: 10, present: 3, pending: 0, missing: { size: 7 } })
      expect(await store.dataAudit.listGaps('web01', 10)).toMatchObject([{ reason: 'size', amount: 7 }])
      expect(await openEvents()).toEqual([['perf.agent.data.missing.size', 2]])
      // Sent again, because the answer was lost.
      await store.ingest.write([numbered(11, 1, { waiting: 10, lost: [lossOf(1, 9, 'size')] })])
      expect(await auditOf()).toMatchObject({ expected: 11, missing: { size: 7 } })
      await store.dataAudit.closeQuiet(START + 4 * DAY, START + 4 * DAY)
      expect(await openEvents()).toEqual([])
    })

    test('a loss that goes on stays one hole', async () => {
      await store.ingest.write([numbered(10, 1, { waiting: 1, lost: [lossOf(1, 4, 'age')] })])
      expect(await auditOf()).toMatchObject({ missing: { age: 4 } })
      await store.ingest.write([numbered(11, 1, { waiting: 1, lost: [lossOf(5, 8, 'age')] })])
      expect(await auditOf()).toMatchObject({ missing: { age: 8 } })
      expect(await store.dataAudit.listGaps('web01', 10)).toHaveLength(1)
    })

    test('times without samples count as cycles, also when they are reported again with more of them', async () => {
      const off = { first: 0, last: 0, reason: 'off', from: START, to: START + 540, count: 10 } as const
      await store.ingest.write([numbered(1, 1, { lost: [off] })])
      expect(await auditOf()).toMatchObject({ expected: 11, missing: { off: 10 } })
      await store.ingest.write([numbered(2, 1, { lost: [{ ...off, to: START + 600, count: 11 }] })])
      expect(await auditOf()).toMatchObject({ expected: 13, missing: { off: 11 } })
      expect(await openEvents()).toEqual([])
    })

    test('cycles that are left out one after the other are one hole, however often they are reported', async () => {
      const missed = (first: number, count: number) =>
        ({
          first: 0,
          last: 0,
          reason: 'clock',
          from: START + first * 60,
          to: START + (first + count - 1) * 60,
          count,
        }) as const
      const tell = (number: number, ...lost: Loss[]) => store.ingest.write([numbered(number, 1, { lost })])
      await tell(1, missed(1, 1))
      await tell(2, missed(2, 1))
      expect(await auditOf()).toMatchObject({ missing: { clock: 2 } })
      await tell(3, missed(2, 1), missed(3, 3))
      await tell(4, missed(3, 5))
      await tell(5, missed(3, 5))
      expect(await auditOf()).toMatchObject({ missing: { clock: 7 } })
      expect(await store.dataAudit.listGaps('web01', 10)).toMatchObject([
        { reason: 'clock', amount: 7, from: START + 60, to: START + 7 * 60 },
      ])
      await tell(6, missed(30, 2))
      expect(await auditOf()).toMatchObject({ missing: { clock: 9 } })
      expect(await store.dataAudit.listGaps('web01', 10)).toHaveLength(2)
    })

    test('what was acknowledged and is not there is a hole without a reason, until it comes', async () => {
      await store.ingest.write([numbered(1, 3)])
      await store.ingest.write([numbered(8, 1, { waiting: 8 })])
      expect(await auditOf()).toMatchObject({ expected: 8, present: 4, missing: { unexplained: 4 } })
      expect(await openEvents()).toEqual([['perf.agent.data.missing.unexplained', 1]])
      await store.ingest.write([numbered(4, 2, { waiting: 8 })])
      expect(await auditOf()).toMatchObject({
        expected: 8,
        present: 6,
        missing: { unexplained: 2 },
        repeated: 0,
      })
      await store.ingest.write([numbered(9, 1, { waiting: 9, lost: [lossOf(1, 8, 'queue')] })])
      expect(await auditOf()).toMatchObject({ expected: 9, present: 7, missing: { queue: 2 } })
    })

    test('what was confirmed to an agent and is not there was lost with a later database, and nothing else', async () => {
      await store.ingest.write([numbered(1, 3)])
      await store.ingest.write([greeted(60, [[9, 20]])])
      expect(await auditOf()).toMatchObject({
        expected: 60,
        present: 3,
        pending: 12,
        missing: { restored: 45 },
      })
      expect(await openEvents()).toEqual([['perf.agent.data.missing.restored', 2]])
      await store.ingest.write([numbered(9, 10, { waiting: 9 }), numbered(61, 1, { waiting: 9 })])
      expect(await auditOf()).toMatchObject({ expected: 61, present: 14, missing: { restored: 45 } })
      // Of the two that waited with the agent then and never came, nothing is known.
      await store.ingest.write([greeted(61, []), numbered(62, 1, { waiting: 62 })])
      expect(await auditOf()).toMatchObject({
        expected: 62,
        present: 15,
        missing: { restored: 45, unexplained: 2 },
      })
    })

    test('what vanishes while the agent is not ahead of the server has no reason', async () => {
      await store.ingest.write([numbered(1, 3), numbered(40, 1)])
      await store.ingest.write([
        greeted(45, [
          [10, 39],
          [41, 45],
        ]),
      ])
      expect(await auditOf()).toMatchObject({ expected: 40, present: 4, pending: 36, missing: {} })
      await store.ingest.write([numbered(10, 30, { waiting: 10 })])
      expect(await auditOf()).toMatchObject({
        expected: 40,
        present: 34,
        pending: 0,
        missing: { unexplained: 6 },
      })
    })

    test('what an agent has sent to another server is not missing here', async () => {
      await store.ingest.write([
        greeted(20, [
          [5, 9],
          [15, 16],
        ]),
      ])
      expect(await auditOf()).toMatchObject({ expected: 7, present: 0, pending: 7, missing: {} })
      await store.ingest.write([numbered(5, 5, { waiting: 5 }), numbered(15, 2, { waiting: 15 })])
      await store.ingest.write([greeted(20, []), numbered(21, 1, { waiting: 21 })])
      expect(await auditOf()).toMatchObject({ expected: 8, present: 8, pending: 0, missing: {} })
      expect(await openEvents()).toEqual([])
    })

    test('numbers that were never used are not missing', async () => {
      await store.ingest.write([numbered(1, 1)])
      await store.ingest.write([numbered(1002, 1, { waiting: 1002, lost: [lossOf(2, 1001, 'unused')] })])
      expect(await auditOf()).toMatchObject({ expected: 2, present: 2, missing: {} })
    })

    test('the samples of a compacted day are counted again', async () => {
      await store.ingest.write([numbered(1, 600)])
      await compactDay()
      expect(await auditOf()).toMatchObject({
        samples: { acknowledged: 1200, counted: 1200, days: 1, doubled: 0, differences: [] },
      })
      // Late, and some of it for the second time.
      await store.ingest.write([numbered(595, 10)])
      expect((await auditOf())?.samples).toMatchObject({ days: 0 })
      await compactDay()
      expect((await auditOf())?.samples).toMatchObject({ acknowledged: 1208, counted: 1208, differences: [] })
    })

    test('many agents are settled together, one with a hole and one with a new day apart from the others', async () => {
      const hosts = ['app01', 'app02', 'app03', 'app04', 'app05', 'app06']
      /** The next frame of each host, numbered and timed in minutes since `START`. */
      const sendAll = (number: number, minuteOf: (host: string) => number) =>
        store.ingest.write(
          hosts.map((host) =>
            numbered(number, 1, {
              host,
              waiting: number,
              queue: { ...queue('run-00000001', number === 1 ? MIDNIGHT : null), id: `queue-of-${host}` },
              frames: [aFrame(START + minuteOf(host) * 60, { a: number, b: 1 })],
            }),
          ),
        )
      for (const [number, minuteOf] of [
        [1, () => 1],
        [2, () => 2],
        [3, () => 3],
        // Number 4 is lost on the way of one host alone; the day of another is over for it already.
        [5, (host: string) => (host === 'app05' ? 1441 : 5)],
      ] as const) {
        if (number === 5)
          await store.ingest.write([
            ...hosts
              .filter((host) => host !== 'app03')
              .map((host) =>
                numbered(4, 1, {
                  host,
                  waiting: 4,
                  queue: { ...queue(), id: `queue-of-${host}` },
                  frames: [aFrame(START + 240, { a: 4, b: 1 })],
                }),
              ),
          ])
        await sendAll(number, minuteOf)
        await store.dataAudit.settle(START + 3 * DAY)
      }
      await compactDay()
      await store.ingest.write([aReport('db01', { frames: [aFrame(START + 2 * DAY, { a: 1 })] })])
      await store.maintenance.compact(START + 3 * DAY, 100)
      for (const host of hosts)
        expect(await auditOf(host), host).toMatchObject({
          expected: 5,
          present: host === 'app03' ? 4 : 5,
          pending: 0,
          missing: host === 'app03' ? { unexplained: 1 } : {},
          repeated: 0,
          samples: {
            acknowledged: host === 'app03' ? 8 : 10,
            counted: host === 'app03' ? 8 : 10,
            differences: [],
          },
        })
    })

    test('two frames of one time, after a queue was lost, are no missing samples', async () => {
      await store.ingest.write([numbered(1, 10)])
      const again = numbered(10, 1)
      await store.ingest.write([
        {
          ...again,
          queue: { ...queue('run-00000002', MIDNIGHT + 1000), id: 'queue-000002' },
          frames: [aFrame(START + 600, { a: 77, b: 78 })],
          numbers: { frames: [1], others: [], waiting: 1, lost: [] },
        },
      ])
      await compactDay()
      expect((await auditOf())?.samples).toMatchObject({ acknowledged: 20, counted: 20, differences: [] })
    })

    test('what was lost with a queue of which the agent knows nothing any more has its reason', async () => {
      // The numbers 11 to 14 wait when the queue is lost, and nothing is measured for six minutes.
      await store.ingest.write([numbered(1, 10), numbered(15, 6, { waiting: 11 })])
      expect(await auditOf()).toMatchObject({ present: 16, pending: 4, missing: {} })
      const lost = { ...queue('run-00000002', START + 1500), id: 'queue-000002' }
      const unconfirmed = [{ first: 1, last: 4 }]
      const send = (first: number, count: number, from: number) =>
        aReport('web01', {
          keyHash: KEY,
          queue: lost,
          frames: Array.from({ length: count }, (_, i) =>
            aFrame(START + (from + i) * 60, { a: first + i, b: 1 }),
          ),
          numbers: {
            frames: Array.from({ length: count }, (_, i) => first + i),
            others: [],
            waiting: 1,
            lost: [],
          },
        })
      await store.ingest.write([
        aReport('web01', {
          keyHash: KEY,
          queue: { ...lost, known: { newest: 4, unconfirmed } },
          isGreeting: true,
        }),
      ])
      // The newest first: what comes behind it makes the hole shorter.
      await store.ingest.write([send(3, 2, 29)])
      expect(await auditOf()).toMatchObject({ missing: { queue: 4 + 8 } })
      await store.ingest.write([send(1, 2, 27)])
      const audit = await auditOf()
      expect(audit).toMatchObject({ expected: 30, present: 20, pending: 0, missing: { queue: 4 + 6 } })
      expect(
        (await store.dataAudit.listGaps('web01', 10)).map(({ reason, from, to, amount }) => [
          reason,
          from,
          to,
          amount,
        ]),
      ).toEqual([
        ['queue', START + 21 * 60, START + 26 * 60, 6],
        ['queue', START + 20 * 60, START + 20 * 60, 4],
      ])
      expect(await openEvents()).toEqual([['perf.agent.data.missing.queue', 2]])
      // What was thought to be lost comes after all.
      await store.ingest.write([
        numbered(11, 4, { queue: { ...queue('run-00000003', START + 2000) }, waiting: 11, isGreeting: true }),
      ])
      expect(await auditOf()).toMatchObject({ present: 24, missing: { queue: 6 } })
    })

    test('an agent whose host was deleted has to greet again', async () => {
      const at = START + 10_000
      const greeting = aReport('web01', {
        keyHash: KEY,
        queue: queue('run-first', at),
        seen: at,
        isGreeting: true,
      })
      const frames = numbered(1, 1, { queue: queue('run-first'), seen: at })
      const write = async (report: HostReport) => (await store.ingest.write([report])).get(report) ?? 'stored'
      expect([await write(greeting), await write(frames)]).toEqual(['stored', 'stored'])
      expect(await store.hosts.delete('web01')).toBe(true)
      expect(await write(frames)).toBe('stale')
      expect(await store.hosts.find('web01')).toBe(null)
      expect([await write(greeting), await write(frames)]).toEqual(['stored', 'stored'])
    })

    test('of two agents with one key the one that ran first is kept', async () => {
      const at = START + 10_000
      const greet = (run: string, started: number, seen: number) =>
        aReport('web01', { keyHash: KEY, queue: queue(run, started), seen, isGreeting: true })
      const send = (run: string, seen: number) => numbered(1, 1, { queue: queue(run), seen })
      const write = async (report: HostReport) => (await store.ingest.write([report])).get(report) ?? 'stored'
      expect(await write(greet('run-first', at - 5000, at))).toBe('stored')
      expect(await write(send('run-first', at + 60))).toBe('stored')
      // A copy that starts looks like a restart.
      expect(await write(greet('run-second', at + 70, at + 75))).toBe('stored')
      expect(await write(send('run-second', at + 76))).toBe('stored')
      expect(await openEvents()).toEqual([])
      // The first has not ended: it greets again, and is the first.
      expect(await write(send('run-first', at + 120))).toBe('stale')
      await store.hosts.find('web01')
      expect(await write(greet('run-first', at - 5000, at + 121))).toBe('stored')
      expect(await openEvents()).toEqual([['perf.agent.copy.state', 2]])
      expect(await write(send('run-first', at + 122))).toBe('stored')
      expect(await write(send('run-second', at + 136))).toBe('stale')
      await store.hosts.find('web01')
      expect(await write(greet('run-second', at + 70, at + 140))).toBe('copy')
      const [event] = (await store.events.list({ status: 'open' })).events
      expect(event?.message).toContain('--new-identity')
      // A restart of the one that is kept, and then the other alone.
      expect(await write(greet('run-third', at + 200, at + 201))).toBe('stored')
      expect(await write(send('run-third', at + 260))).toBe('stored')
      await store.hosts.find('web01')
      expect(await write(greet('run-second', at + 70, at + 300))).toBe('copy')
      expect(await write(greet('run-second', at + 70, at + 1200))).toBe('stored')
      expect(await store.watch.resolveAttempts(at + 10_000, at + 10_000)).toBe(1)
    })

    test('two agents that started within seconds take turns once', async () => {
      const at = START + 10_000
      const greet = (run: string, started: number, seen: number) =>
        aReport('web01', { keyHash: KEY, queue: queue(run, started), seen, isGreeting: true })
      const send = (run: string, seen: number) => numbered(1, 1, { queue: queue(run), seen })
      const write = async (report: HostReport) => (await store.ingest.write([report])).get(report) ?? 'stored'
      const taken = [
        greet('run-first', at, at),
        send('run-first', at + 3),
        greet('run-second', at + 4, at + 4),
      ]
      for (const report of [...taken, send('run-second', at + 5)]) expect(await write(report)).toBe('stored')
      expect(await write(send('run-first', at + 6))).toBe('stale')
      await store.hosts.find('web01')
      expect(await write(greet('run-first', at, at + 6))).toBe('stored')
      expect(await openEvents()).toEqual([['perf.agent.copy.state', 2]])
      expect(await write(send('run-first', at + 7))).toBe('stored')
      expect(await write(send('run-second', at + 7))).toBe('stale')
      await store.hosts.find('web01')
      expect(await write(greet('run-second', at + 4, at + 8))).toBe('copy')
    })

    test('a greeting that comes after that of the next run keeps nobody out', async () => {
      const at = START + 10_000
      const greet = (run: string, started: number, seen: number) =>
        aReport('web01', { keyHash: KEY, queue: queue(run, started), seen, isGreeting: true })
      const send = (run: string, seen: number) => numbered(1, 1, { queue: queue(run), seen })
      const write = async (report: HostReport) => (await store.ingest.write([report])).get(report) ?? 'stored'
      expect(await write(greet('run-next', at + 5, at + 10))).toBe('stored')
      expect(await write(greet('run-dead', at, at + 10))).toBe('stored')
      expect(await write(send('run-next', at + 11))).toBe('stale')
      await store.hosts.find('web01')
      expect(await write(greet('run-next', at + 5, at + 12))).toBe('stored')
      expect(await write(send('run-next', at + 13))).toBe('stored')
    })

    test('rejections are kept by reason, host and minute', async () => {
      await store.ingest.write([numbered(1, 1)])
      const rejection = { host: 'web01', minute: START, reason: 'value', amount: 2 }
      await store.dataAudit.addRejections([rejection, { ...rejection, host: null, reason: 'passphrase' }])
      await store.dataAudit.addRejections([
        rejection,
        { ...rejection, minute: START + 60 },
        { ...rejection, host: 'unknown' },
      ])
      expect(await store.dataAudit.listRejections('web01', 10)).toEqual([
        { ...rejection, minute: START + 60 },
        { ...rejection, amount: 4 },
      ])
      expect(await store.dataAudit.listRejections(null, 10)).toEqual([
        { ...rejection, host: null, reason: 'passphrase' },
        { ...rejection, host: null },
      ])
      expect((await auditOf())?.refused).toEqual({ value: 6 })
      // More of one minute than are dropped at once: they go all the same.
      await store.dataAudit.prune(START + 60, 1)
      expect(await store.dataAudit.listRejections(null, 10)).toEqual([])
      expect(await store.dataAudit.listRejections('web01', 10)).toHaveLength(1)
    })

    test('a host that is deleted takes all of it along', async () => {
      await store.ingest.write([numbered(1, 3), numbered(9, 1, { waiting: 9 })])
      await store.ingest.write([numbered(10, 1, { waiting: 9 })])
      expect(await store.hosts.delete('web01')).toBe(true)
      await store.dataAudit.settle(START + DAY)
      await store.ingest.write([numbered(20, 1, { waiting: 20, queue: queue('run-00000001', START) })])
      expect(await auditOf()).toMatchObject({ expected: 1, present: 1, missing: {} })
      expect(await store.maintenance.check()).toEqual([])
    })
  })
}
