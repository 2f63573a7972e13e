import { afterEach, beforeEach, expect, test } from 'bun:test'
import { SendError } from '../../src/events/channels/channel.ts'
import { aReport } from '../storage/reports.ts'
import { aChange, METRIC, openWorld, type World } from './harness.ts'

const DAY = 86_400
const HOUR = 3600
const HOOK = 'http://127.0.0.1/hook'

let world: World

beforeEach(async () => {
  world = await openWorld({ check: 300 }, 60)
})
afterEach(() => world.close())

const jump = (seconds: number) => world.clock.jump(world.clock.nowMs() + seconds * 1000)

const listEvents = async () =>
  (await world.store.events.list({})).events.map(({ host, status, message, members }) =>
    [members.join() || host, status, message].join(' '),
  )

/** All hosts report, with a clock that is ahead of the server's by so many seconds. */
const report = (hosts: readonly string[], skew: number) =>
  world.store.ingest.write(hosts.map((host) => aReport(host, { seen: world.now(), clockSkew: skew })))

const HOSTS = ['web01', 'web02', 'web03', 'web04']

test('where most hosts are ahead, one event says that the clock of the server is behind', async () => {
  await world.start()
  await report(HOSTS, 0)
  await report(['web05'], -3000)
  await world.wait(61)
  expect(await listEvents()).toEqual(["web05 open The clock of web05 is 50 minutes behind the server's"])
  await report(HOSTS, 1200)
  await world.wait(61)
  expect((await listEvents()).sort()).toEqual([
    'monitor open The clock of this server is 20 minutes behind: so say 4 of 5 hosts; their samples wait until it is set',
    "web05 open The clock of web05 is 50 minutes behind the server's",
  ])
  // Said again it is the same event.
  await report(HOSTS, 1210)
  await world.wait(61)
  expect(await listEvents()).toHaveLength(2)
  await report([...HOSTS, 'web05'], 3)
  await world.wait(61)
  expect((await listEvents()).map((line) => line.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
    'monitor closed',
    'web05 closed',
  ])
})

test('what hosts said of their clocks before the server started says nothing of its clock of now', async () => {
  await world.addRule()
  await report(['web00', 'web01', 'web02', 'web03'], 1200)
  await world.wait(30)
  await world.start()
  await world.wait(70)
  expect(world.notified()).toEqual([])
  await report(['web00'], 1200)
  await world.wait(60)
  expect(world.notified()).toEqual(['opening web00 3'])
})

test('an event about a clock that is far ahead says that its samples wait', async () => {
  await world.start()
  await report(['web01', 'web02'], 3600)
  await world.wait(61)
  expect((await listEvents()).sort()).toEqual([
    "web01 open The clock of web01 is 1 hour ahead of the server's; its samples wait until the clocks agree",
    "web02 open The clock of web02 is 1 hour ahead of the server's; its samples wait until the clocks agree",
  ])
})

test('hosts that a clock two days ahead has seen are not up for two days after it is right again', async () => {
  await world.start()
  await report(HOSTS, 0)
  jump(2 * DAY)
  await world.wait(30)
  await report(HOSTS, -2 * DAY)
  await world.wait(61)
  jump(-2 * DAY)
  // One of them goes on; the others are silent.
  for (let minute = 0; minute < 4; minute++) {
    await report(['web01'], 0)
    await world.wait(60)
  }
  expect(await listEvents()).not.toContainEqual(expect.stringContaining('web01 open'))
  for (let minute = 0; minute < 4; minute++) {
    await report(['web01'], 0)
    await world.wait(60)
  }
  const open = (await listEvents()).filter((line) => line.includes(' open '))
  expect(open).toEqual([expect.stringContaining('3 hosts fell silent at once: web02, web03, web04')])
  expect(open[0]).toStartWith('web02,web03,web04')
})

test('a notification that waits is neither late nor early for a jump of the clock', async () => {
  await world.addRule({ metric: METRIC })
  world.away.add(HOOK)
  await world.start()
  await world.say('web01', aChange(world.now(), 1))
  await world.wait(HOUR)
  const before = world.tries.length
  jump(2 * DAY)
  await world.wait(120)
  jump(-2 * DAY)
  await world.wait(2 * HOUR)
  // Half an hour is the longest pause between two attempts.
  expect(world.tries.length).toBeGreaterThanOrEqual(before + 3)
  expect(world.tries.length).toBeLessThanOrEqual(before + 6)
  world.away.clear()
  await world.wait(HOUR)
  expect(world.notified()).toEqual(['opening web01 2'])
})

test('what an engine with a clock two days ahead has planned is not left alone by the one after it', async () => {
  await world.addRule({ metric: METRIC })
  world.away.add(HOOK)
  jump(2 * DAY)
  await world.start()
  await world.say('web01', aChange(world.now() - 2 * DAY, 1))
  await world.wait(120)
  await world.stop()
  jump(-2 * DAY)
  world.away.clear()
  await world.start()
  await world.wait(61)
  expect(world.notified()).toEqual(['opening web01 2'])
})

test('nothing is given up for an age that only a clock has made', async () => {
  await world.addRule({ metric: METRIC })
  world.refuses.set(HOOK, () => new SendError('away', { retry: true }))
  await world.start()
  await world.say('web01', aChange(world.now(), 1))
  await world.wait(11 * HOUR)
  expect(world.tries.length).toBeGreaterThan(20)
  // While it runs, and at a start.
  jump(3 * DAY)
  await world.wait(HOUR)
  await world.stop()
  jump(3 * DAY)
  await world.start()
  await world.wait(HOUR / 2)
  expect(world.lines.filter((line) => line.includes('given up'))).toEqual([])
  world.refuses.clear()
  await world.wait(HOUR)
  expect(world.notified()).toEqual(['opening web01 2'])
})

test('what was noted before the clock was set back is told at once, and so is its end', async () => {
  await world.addRule({ metric: METRIC })
  await world.start()
  await world.wait(61)
  await world.say('web01', aChange(world.now(), 1))
  jump(-HOUR)
  await world.wait(61)
  expect(world.notified()).toEqual(['opening web01 2'])
  jump(HOUR)
  await world.say('web01', aChange(world.now(), 2))
  await world.wait(61)
  expect(world.notified()).toEqual(['opening web01 2', 'closing web01 2'])
})

test('a jump while the database is away is followed when it is back', async () => {
  await world.addRule({ metric: METRIC, delay: 900 })
  await world.start()
  await world.wait(300)
  await world.say('web01', aChange(world.now(), 1))
  await world.wait(120)
  const { outbox } = world.store
  const { shiftTimes } = outbox
  outbox.shiftTimes = () => Promise.reject(new Error('database is locked'))
  jump(2 * DAY)
  await world.wait(200)
  outbox.shiftTimes = shiftTimes
  await world.wait(200)
  expect(world.notified()).toEqual([])
  await world.wait(600)
  expect(world.notified()).toEqual(['opening web01 2'])
})

test('the delay of a rule does not count a jump', async () => {
  await world.addRule({ metric: METRIC, delay: 900 })
  await world.start()
  await world.wait(300)
  await world.say('web01', aChange(world.now(), 1))
  await world.wait(120)
  jump(2 * DAY)
  await world.wait(300)
  expect(world.notified()).toEqual([])
  await world.wait(600)
  expect(world.notified()).toEqual(['opening web01 2'])
})
