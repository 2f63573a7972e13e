import { afterEach, beforeEach, expect, test } from 'bun:test'
import { KEY_MISMATCH } from '../../src/domain/metrics/declared/server-events.ts'
import { aReport } from '../storage/reports.ts'
import { openWorld, type World } from './harness.ts'

const DAY = 86_400
const HOUR = 3600

let world: World

beforeEach(async () => {
  // A round takes real time, and hours of them are turned here.
  world = await openWorld({}, 300)
  await world.addRule()
})
afterEach(() => world.close())

const listEvents = async () =>
  (await world.store.events.list({})).events.map(
    ({ host, status, severity }) => `${host} ${status} ${severity}`,
  )

test('a certificate that ends soon is told also when no agent watches the server', async () => {
  world.certificates.push({ name: 'collect', ends: world.now() + 20 * DAY })
  await world.start()
  await world.wait(310)
  expect(await listEvents()).toEqual(['monitor open 3'])
  expect(world.notified()).toEqual(['opening monitor 3'])
})

test('it is one event, though an agent comes to the server later, gets worse, and ends with a new certificate', async () => {
  world.certificates.push({ name: 'collect', ends: world.now() + 7 * DAY + HOUR })
  await world.start()
  await world.say('monitor')
  await world.wait(3 * HOUR)
  expect(await listEvents()).toEqual(['monitor open 2'])
  world.certificates.splice(0, 1, { name: 'collect', ends: world.now() + 90 * DAY })
  await world.wait(HOUR + 310)
  expect(await listEvents()).toEqual(['monitor closed 2'])
  expect(world.notified()).toEqual(['opening monitor 3', 'closing monitor 2'])
})

test('where an agent watches the server, it is an event of that host', async () => {
  await world.say('monitor')
  world.certificates.push({ name: 'web', ends: world.now() + DAY })
  await world.start()
  const [event] = (await world.store.events.list({ host: 'monitor' })).events
  expect(event).toMatchObject({ severity: 2, members: [], metric: 'perf.certificate.web.state' })
})

test('the event of a name that another uses ends an hour after the last attempt', async () => {
  const say = (keyHash: string) =>
    world.store.ingest.write([aReport('web01', { seen: world.now(), keyHash })])
  const states = async () =>
    (await world.store.events.list({ metric: KEY_MISMATCH.name })).events.map(({ status }) => status)
  await world.start()
  await say('a'.repeat(64))
  for (let i = 0; i < 8; i++) {
    await say('b'.repeat(64))
    await world.wait(600)
    await say('a'.repeat(64))
  }
  expect(await states()).toEqual(['open'])
  await world.wait(HOUR + 300)
  expect(await states()).toEqual(['closed'])
  await say('b'.repeat(64))
  expect(await states()).toEqual(['open', 'closed'])
})
