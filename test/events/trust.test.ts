import { afterEach, beforeEach, expect, test } from 'bun:test'
import { KEY_MISMATCH } from '../../src/domain/metrics/declared/server-events.ts'
import { aReport } from '../storage/reports.ts'
import { type Harness, openHarness } from './harness.ts'

const DAY = 86_400
const HOUR = 3600

let harness: Harness

beforeEach(async () => {
  // A cycle takes real time, and this test runs hours of them.
  harness = await openHarness({}, 300)
  await harness.addRule()
})
afterEach(() => harness.close())

const listEvents = async () =>
  (await harness.store.events.list({})).events.map(
    ({ host, status, severity }) => `${host} ${status} ${severity}`,
  )

test('a certificate that expires soon is reported even when no agent watches the server', async () => {
  harness.certificates.push({ name: 'collect', ends: harness.now() + 20 * DAY })
  await harness.start()
  await harness.wait(310)
  expect(await listEvents()).toEqual(['monitor open 3'])
  expect(harness.notified()).toEqual(['opening monitor 3'])
})

test('it is one event, though an agent comes to the server later, gets worse, and ends with a new certificate', async () => {
  harness.certificates.push({ name: 'collect', ends: harness.now() + 7 * DAY + HOUR })
  await harness.start()
  await harness.say('monitor')
  await harness.wait(3 * HOUR)
  expect(await listEvents()).toEqual(['monitor open 2'])
  harness.certificates.splice(0, 1, { name: 'collect', ends: harness.now() + 90 * DAY })
  await harness.wait(HOUR + 310)
  expect(await listEvents()).toEqual(['monitor closed 2'])
  expect(harness.notified()).toEqual(['opening monitor 3', 'closing monitor 2'])
})

test('where an agent watches the server, it is an event of that host', async () => {
  await harness.say('monitor')
  harness.certificates.push({ name: 'web', ends: harness.now() + DAY })
  await harness.start()
  const [event] = (await harness.store.events.list({ host: 'monitor' })).events
  expect(event).toMatchObject({ severity: 2, members: [], metric: 'perf.certificate.web.state' })
})

test('the event of a name that another uses ends an hour after the last attempt', async () => {
  const say = (keyHash: string) =>
    harness.store.ingest.write([aReport('web01', { seen: harness.now(), keyHash })])
  const states = async () =>
    (await harness.store.events.list({ metric: KEY_MISMATCH.name })).events.map(({ status }) => status)
  await harness.start()
  await say('a'.repeat(64))
  for (let i = 0; i < 8; i++) {
    await say('b'.repeat(64))
    await harness.wait(600)
    await say('a'.repeat(64))
  }
  expect(await states()).toEqual(['open'])
  await harness.wait(HOUR + 300)
  expect(await states()).toEqual(['closed'])
  await say('b'.repeat(64))
  expect(await states()).toEqual(['open', 'closed'])
})
