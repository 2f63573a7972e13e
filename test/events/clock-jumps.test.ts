import { afterEach, beforeEach, expect, test } from 'bun:test'
import { SendError } from '../../src/events/channels/channel.ts'
import { aReport } from '../storage/reports.ts'
import { aChange, type Harness, METRIC, openHarness } from './harness.ts'

const DAY = 86_400
const HOUR = 3600
const HOOK = 'http://127.0.0.1/hook'

let harness: Harness

beforeEach(async () => {
  harness = await openHarness({ check: 300 }, 60)
})
afterEach(() => harness.close())

const jump = (seconds: number) => harness.clock.jump(harness.clock.nowMs() + seconds * 1000)

const listEvents = async () =>
  (await harness.store.events.list({})).events.map(({ host, status, message, members }) =>
    [members.join() || host, status, message].join(' '),
  )

/** All hosts report, with a clock that is ahead of the server's by so many seconds. */
const report = (hosts: readonly string[], skew: number) =>
  harness.store.ingest.write(hosts.map((host) => aReport(host, { seen: harness.now(), clockSkew: skew })))

const HOSTS = ['web01', 'web02', 'web03', 'web04']

test('where most hosts are ahead, one event says that the clock of the server is behind', async () => {
  await harness.start()
  await report(HOSTS, 0)
  await report(['web05'], -3000)
  await harness.wait(61)
  expect(await listEvents()).toEqual(["web05 open The clock of web05 is 50 minutes behind the server's"])
  await report(HOSTS, 1200)
  await harness.wait(61)
  expect((await listEvents()).sort()).toEqual([
    'monitor open The clock of this server is 20 minutes behind: so say 4 of 5 hosts; their samples wait until it is set',
    "web05 open The clock of web05 is 50 minutes behind the server's",
  ])
  // A repeated report belongs to the same event.
  await report(HOSTS, 1210)
  await harness.wait(61)
  expect(await listEvents()).toHaveLength(2)
  await report([...HOSTS, 'web05'], 3)
  await harness.wait(61)
  expect((await listEvents()).map((line) => line.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
    'monitor closed',
    'web05 closed',
  ])
})

test('what hosts said of their clocks before the server started says nothing of its clock of now', async () => {
  await harness.addRule()
  await report(['web00', 'web01', 'web02', 'web03'], 1200)
  await harness.wait(30)
  await harness.start()
  await harness.wait(70)
  expect(harness.notified()).toEqual([])
  await report(['web00'], 1200)
  await harness.wait(60)
  expect(harness.notified()).toEqual(['opening web00 3'])
})

test('an event about a clock that is far ahead says that its samples wait', async () => {
  await harness.start()
  await report(['web01', 'web02'], 3600)
  await harness.wait(61)
  expect((await listEvents()).sort()).toEqual([
    "web01 open The clock of web01 is 1 hour ahead of the server's; its samples wait until the clocks agree",
    "web02 open The clock of web02 is 1 hour ahead of the server's; its samples wait until the clocks agree",
  ])
})

test('hosts that a clock two days ahead has seen are not up for two days after it is right again', async () => {
  await harness.start()
  await report(HOSTS, 0)
  jump(2 * DAY)
  await harness.wait(30)
  await report(HOSTS, -2 * DAY)
  await harness.wait(61)
  jump(-2 * DAY)
  // One of them goes on; the others are silent.
  for (let minute = 0; minute < 4; minute++) {
    await report(['web01'], 0)
    await harness.wait(60)
  }
  expect(await listEvents()).not.toContainEqual(expect.stringContaining('web01 open'))
  for (let minute = 0; minute < 4; minute++) {
    await report(['web01'], 0)
    await harness.wait(60)
  }
  const open = (await listEvents()).filter((line) => line.includes(' open '))
  expect(open).toEqual([expect.stringContaining('3 hosts fell silent at once: web02, web03, web04')])
  expect(open[0]).toStartWith('web02,web03,web04')
})

test('a notification that waits is neither late nor early for a jump of the clock', async () => {
  await harness.addRule({ metric: METRIC })
  harness.away.add(HOOK)
  await harness.start()
  await harness.say('web01', aChange(harness.now(), 1))
  await harness.wait(HOUR)
  const before = harness.tries.length
  jump(2 * DAY)
  await harness.wait(120)
  jump(-2 * DAY)
  await harness.wait(2 * HOUR)
  // Half an hour is the longest pause between two attempts.
  expect(harness.tries.length).toBeGreaterThanOrEqual(before + 3)
  expect(harness.tries.length).toBeLessThanOrEqual(before + 6)
  harness.away.clear()
  await harness.wait(HOUR)
  expect(harness.notified()).toEqual(['opening web01 2'])
})

test('what an engine with a clock two days ahead has planned is not left alone by the one after it', async () => {
  await harness.addRule({ metric: METRIC })
  harness.away.add(HOOK)
  jump(2 * DAY)
  await harness.start()
  await harness.say('web01', aChange(harness.now() - 2 * DAY, 1))
  await harness.wait(120)
  await harness.stop()
  jump(-2 * DAY)
  harness.away.clear()
  await harness.start()
  await harness.wait(61)
  expect(harness.notified()).toEqual(['opening web01 2'])
})

test('nothing is given up for an age that only a clock has made', async () => {
  await harness.addRule({ metric: METRIC })
  harness.refuses.set(HOOK, () => new SendError('away', { retry: true }))
  await harness.start()
  await harness.say('web01', aChange(harness.now(), 1))
  await harness.wait(11 * HOUR)
  expect(harness.tries.length).toBeGreaterThan(20)
  // While the engine runs, and at a start.
  jump(3 * DAY)
  await harness.wait(HOUR)
  await harness.stop()
  jump(3 * DAY)
  await harness.start()
  await harness.wait(HOUR / 2)
  expect(harness.lines.filter((line) => line.includes('given up'))).toEqual([])
  harness.refuses.clear()
  await harness.wait(HOUR)
  expect(harness.notified()).toEqual(['opening web01 2'])
})

test('an event from before the clock was set back is notified at once, and so is its closing', async () => {
  await harness.addRule({ metric: METRIC })
  await harness.start()
  await harness.wait(61)
  await harness.say('web01', aChange(harness.now(), 1))
  jump(-HOUR)
  await harness.wait(61)
  expect(harness.notified()).toEqual(['opening web01 2'])
  jump(HOUR)
  await harness.say('web01', aChange(harness.now(), 2))
  await harness.wait(61)
  expect(harness.notified()).toEqual(['opening web01 2', 'closing web01 2'])
})

test('a jump while the database is away is followed when it is back', async () => {
  await harness.addRule({ metric: METRIC, delay: 900 })
  await harness.start()
  await harness.wait(300)
  await harness.say('web01', aChange(harness.now(), 1))
  await harness.wait(120)
  const { outbox } = harness.store
  const { shiftTimes } = outbox
  outbox.shiftTimes = () => Promise.reject(new Error('database is locked'))
  jump(2 * DAY)
  await harness.wait(200)
  outbox.shiftTimes = shiftTimes
  await harness.wait(200)
  expect(harness.notified()).toEqual([])
  await harness.wait(600)
  expect(harness.notified()).toEqual(['opening web01 2'])
})

test('the delay of a rule does not count a jump', async () => {
  await harness.addRule({ metric: METRIC, delay: 900 })
  await harness.start()
  await harness.wait(300)
  await harness.say('web01', aChange(harness.now(), 1))
  await harness.wait(120)
  jump(2 * DAY)
  await harness.wait(300)
  expect(harness.notified()).toEqual([])
  await harness.wait(600)
  expect(harness.notified()).toEqual(['opening web01 2'])
})
