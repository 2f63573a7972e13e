import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { startTestSite, type TestSite, USERS } from '../../site.ts'

const OTHER = 'perf.memory.percent.used'
const METRIC = 'perf.filesystem.dev.sda1.percent.used'
let site: TestSite
let cookie = ''
let csrf = ''
let id = 0

beforeAll(async () => {
  site = await startTestSite()
  cookie = (await site.as('operator')).cookie
  csrf = await site.csrf(cookie)
})
afterAll(() => site.stop())
beforeEach(async () => {
  await site.clock.advance(60_000)
  const now = site.clock.now()
  await site.report('web01', now, { [METRIC]: 96.4 }, { mounts: { 'dev.sda1': '/var' } })
  await site.store.events.report('web01', [
    {
      uid: crypto.randomUUID(),
      change: 1,
      time: now,
      metric: METRIC,
      severity: 1,
      status: 'open',
      message: 'Filesystem dev.sda1 percent used > 95 for 15 minutes',
    },
  ])
  id = (await site.store.events.list({ status: 'open', limit: 1 })).events[0]?.id ?? 0
})

const get = async (path: string) => (await site.send(path, { headers: { cookie } })).text()
const post = (path: string, fields: Record<string, string> = {}, accept?: string) =>
  site.post(path, { csrf, ...fields }, { cookie, ...(accept && { accept }) })
const ask = async (path: string, fields: Record<string, string> = {}) => {
  const response = await post(path, fields, 'application/json')
  return { status: response.status, ...(await response.json()) }
}
const find = () => site.store.events.find(id)

describe('an action from a list', () => {
  test('leads back to it, which says what was done and offers to undo it', async () => {
    const to = (await post(`/events/${id}/acknowledge`, { back: '/events?severity=1' })).headers.get(
      'location',
    )
    expect(to).toBe(`/events?severity=1&did=acknowledge.${site.clock.now()}.${id}`)
    const markup = await get(to ?? '')
    expect(markup).toContain('Acknowledged: web01, /var is 96.4 % full')
    const what = /name="what" value="([^"]+)"/.exec(markup)?.[1] ?? ''
    await site.clock.advance(5000)
    const back = (await post('/events/undo', { what, back: to ?? '' })).headers.get('location') ?? ''
    expect((await find())?.acknowledgedBy).toBeNull()
    expect(back).toStartWith('/events?severity=1&undid=')
    expect(await get(back)).toContain('Undone.')
  })

  test('is answered in words for scripts', async () => {
    const done = await ask(`/events/${id}/close`)
    expect(done).toMatchObject({ status: 200, isDone: true, words: 'Closed: web01, /var is 96.4 % full' })
    await site.clock.advance(3000)
    expect(await ask('/events/undo', { what: done.undo })).toMatchObject({ isDone: true, words: 'Undone.' })
    expect((await find())?.status).toBe('open')
  })

  test('of several can be undone together', async () => {
    const done = await ask('/events/change', { action: 'acknowledge', id: String(id) })
    expect(await ask('/events/undo', { what: done.undo })).toMatchObject({ isDone: true })
    expect((await find())?.acknowledgedBy).toBeNull()
  })
})

describe('two users act on one event', () => {
  test('the second sees what the first did, and changes nothing', async () => {
    await site.store.events.acknowledge(id, 'vera', site.clock.now())
    await site.clock.advance(30_000)
    expect(await ask(`/events/${id}/acknowledge`)).toMatchObject({
      isDone: false,
      words: `Not changed: event #${id} was acknowledged by vera 30\u202fs ago.`,
    })
    const to = (await post(`/events/${id}/acknowledge`, { back: '/' })).headers.get('location') ?? ''
    expect(await get(to.replace('/?', '/events?'))).toContain(`event #${id} was acknowledged by vera`)
    expect((await find())?.acknowledgedBy).toBe('vera')
    // A user who has seen the acknowledgement may take the event over.
    expect(await get(`/events/${id}`)).toContain('name="again"')
    await post(`/events/${id}/acknowledge`, { again: '1' })
    expect((await find())?.acknowledgedBy).toBe(USERS.operator)
  })

  test('what somebody else looks after is not taken over along with others', async () => {
    await site.store.events.acknowledge(id, 'vera', site.clock.now())
    await site.store.events.report('web01', [
      {
        uid: 'other',
        change: 1,
        time: site.clock.now(),
        metric: OTHER,
        severity: 2,
        status: 'open',
        message: 'Full',
      },
    ])
    const open = (await site.store.events.list({ status: 'open', limit: 10 })).events
    const free = open.find(({ metric }) => metric === OTHER)?.id ?? 0
    // For a single event the page says who has acknowledged it.
    const alone = await ask('/events/change', { action: 'acknowledge', id: String(id) })
    expect(alone).toMatchObject({ isDone: false, undo: null })
    expect(alone.words).toContain('was acknowledged by vera')
    const body = new URLSearchParams({ csrf, action: 'acknowledge', back: '/events' })
    for (const one of [id, free]) body.append('id', String(one))
    const response = await site.send('/events/change', { method: 'POST', body, headers: { cookie } })
    const markup = await get(response.headers.get('location') ?? '')
    expect(markup).toContain('1 event stays as it was: it is already acknowledged or closed.')
    expect((await find())?.acknowledgedBy).toBe('vera')
    expect((await site.store.events.find(free))?.acknowledgedBy).toBe(USERS.operator)
  })

  test('an undo comes too late once somebody else has changed it', async () => {
    const done = await ask(`/events/${id}/acknowledge`)
    await site.clock.advance(2000)
    await site.store.events.close(id, 'vera', site.clock.now())
    const answer = await ask('/events/undo', { what: done.undo })
    expect(answer).toMatchObject({ isDone: false })
    expect(answer.words).toStartWith(`Not undone. Event #${id} was closed by vera just now`)
    expect(await find()).toMatchObject({ status: 'closed', acknowledgedBy: USERS.operator })
  })
})

describe('the links of a notification', () => {
  test('lead to a page with a button, and change nothing by themselves', async () => {
    const before = JSON.stringify([await find(), await site.store.maintenanceWindows.list()])
    const page = await get(`/events/${id}/acknowledge`)
    expect(page).toContain('/var is 96.4\u00a0% full')
    expect(page).toContain(`action="/events/${id}/acknowledge"`)
    expect(await get(`/events/${id}/mute`)).toContain('4 hours')
    expect(JSON.stringify([await find(), await site.store.maintenanceWindows.list()])).toBe(before)
  })

  test('ask for a sign-in first, and then lead to the page', async () => {
    const answer = await site.send(`/events/${id}/acknowledge`)
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `/login?next=${encodeURIComponent(`/events/${id}/acknowledge`)}`,
    ])
  })

  test('mute the host, and no other, for the time that was chosen', async () => {
    expect((await post(`/events/${id}/mute`, { seconds: '7' })).status).toBe(400)
    expect((await post(`/events/${id}/mute`, { seconds: '3600' })).status).toBe(303)
    const now = site.clock.now()
    expect((await site.store.maintenanceWindows.list()).at(-1)).toMatchObject({
      host: 'web01',
      when: { kind: 'once', from: now, to: now + 3600 },
    })
  })
})

test('what is made up is refused, and changes nothing', async () => {
  for (const what of ['', 'reopen.1.1', 'close', 'close.x.1', '__proto__.1.1', 'acknowledge.1.1;2'])
    expect(await ask('/events/undo', { what })).toMatchObject({ status: 400 })
  for (const did of ['x', 'close.1.99999999', 'acknowledge.1.', 'close.9.n5'])
    expect((await site.send(`/events?did=${did}`, { headers: { cookie } })).status).toBe(200)
  expect(await find()).toMatchObject({ status: 'open', acknowledgedBy: null })
})

describe('muting', () => {
  const windows = () => site.store.maintenanceWindows.list()
  beforeEach(async () => {
    for (const window of await windows()) await site.store.maintenanceWindows.delete(window.id)
  })
  const mute = (fields: Record<string, string>) => ask(`/events/${id}/mute`, fields)

  test('can be undone, and then the notifications are sent again', async () => {
    const done = await mute({ seconds: '3600' })
    expect(done).toMatchObject({ isDone: true, words: 'Muted web01 for 1 hour.' })
    expect(await windows()).toHaveLength(1)
    expect(await ask('/events/undo', { what: done.undo })).toMatchObject({
      isDone: true,
      words: 'Undone. Notifications of web01 are sent again.',
    })
    expect(await windows()).toHaveLength(0)
    expect(await ask('/events/undo', { what: done.undo })).toMatchObject({
      isDone: false,
      words: 'Not undone. Somebody has deleted the maintenance window meanwhile.',
    })
  })

  test('stays where somebody else has changed it', async () => {
    const done = await mute({ seconds: '3600' })
    const [window] = await windows()
    if (window?.when.kind !== 'once') throw new Error('no window')
    await site.store.maintenanceWindows.update({
      ...window,
      when: { ...window.when, to: window.when.to + 60 },
    })
    expect(await ask('/events/undo', { what: done.undo })).toMatchObject({ isDone: false })
    const location =
      (await post('/events/undo', { what: done.undo, back: '/' })).headers.get('location') ?? ''
    expect(await get(location)).toContain('Not undone. Somebody has changed the maintenance window meanwhile')
    await site.store.maintenanceWindows.delete(window.id)
  })

  test('until any time leads back to the page, which says so and offers to undo it', async () => {
    const until = new Date((site.clock.now() + 5400) * 1000).toISOString().slice(0, 16)
    const response = await post('/hosts/web01/mute', { seconds: 'until', until, back: '/hosts/web01' })
    const location = response.headers.get('location') ?? ''
    expect(location).toStartWith('/hosts/web01?did=mute.')
    const markup = await get(location)
    expect(markup).toContain('Muted web01 until')
    const [window] = await windows()
    expect(window?.when).toMatchObject({ kind: 'once', to: Date.parse(`${until}Z`) / 1000 })
    const what = /name="what" value="(mute[^"]+)"/.exec(markup)?.[1] ?? ''
    const back = (await post('/events/undo', { what, back: '/hosts/web01' })).headers.get('location') ?? ''
    expect(await get(back)).toContain('Undone.')
    expect(await windows()).toHaveLength(0)
  })

  test.each([
    ['', 'Expected a day and a time.'],
    ['2026-13-40T99:00', 'Expected a day and a time.'],
    ['2001-01-01T00:00', 'Expected a time to come: this one is over.'],
    ['2999-01-01T00:00', 'Expected a time within 366 days.'],
  ])('until %p is refused in words, and mutes nothing', async (until, words) => {
    const refused = await post(`/events/${id}/mute`, { seconds: 'until', until })
    expect(refused.status).toBe(400)
    const markup = await refused.text()
    expect(markup).toContain(words)
    expect(markup).toContain(`value="${until}"`)
    expect(await mute({ seconds: 'until', until })).toMatchObject({ status: 400 })
    expect(await windows()).toHaveLength(0)
  })
})
