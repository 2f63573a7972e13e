import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../src/domain/event.ts'
import type { Access } from '../../../src/domain/users/user.ts'
import { CHANNELS } from '../../../src/events/channels/index.ts'
import { FACTS, startTestSite, type TestSite, USERS } from '../site.ts'

let site: TestSite
const bearers: Partial<Record<Access, Record<string, string>>> = {}

beforeAll(async () => {
  site = await startTestSite(undefined, {
    notifier: { channels: CHANNELS, sendTest: async () => ({ isDelivered: true, answer: '' }) },
    zone: 'Europe/Berlin',
  })
  for (const access of ['viewer', 'operator', 'admin'] as const) bearers[access] = await site.bearer(access)
})
afterAll(() => site.stop())

async function ask(access: Access, method: string, path: string, body?: unknown) {
  const response = await site.send(`/api/v1${path}`, {
    method,
    headers: { ...bearers[access], ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

let uids = 0
async function open(more: Partial<EventReport> = {}): Promise<number> {
  const now = site.clock.now()
  const event: EventReport = {
    uid: `u${uids++}`,
    change: 1,
    time: now,
    metric: 'perf.memory.percent.used',
    severity: 2,
    status: 'open',
    message: 'Memory percent used > 95 for 15 minutes',
    ...more,
  }
  await site.store.ingest.write([
    { host: 'web01', facts: FACTS, seen: now, clockSkew: 0, frames: [], events: [event] },
  ])
  return (await site.store.events.list({ limit: 1 })).events[0]?.id ?? -1
}

describe('an event', () => {
  let id = 0
  beforeEach(async () => {
    await site.clock.advance(60_000)
    id = await open()
  })

  test('is acknowledged, commented, closed and reopened; its history says by whom, when and why', async () => {
    const at = site.clock.now()
    expect(await ask('operator', 'POST', `/events/${id}/acknowledge`, { comment: 'on it' })).toMatchObject({
      status: 200,
      body: { status: 'open', acknowledged_by: USERS.operator, acknowledged: at },
    })
    expect((await ask('operator', 'POST', `/events/${id}/comment`, { comment: 'a leak' })).status).toBe(200)
    expect((await ask('operator', 'POST', `/events/${id}/close`)).body.status).toBe('closed')
    expect((await ask('operator', 'POST', `/events/${id}/close`)).status).toBe(409)
    expect((await ask('operator', 'POST', `/events/${id}/acknowledge`)).status).toBe(409)
    expect((await ask('admin', 'POST', `/events/${id}/reopen`, { comment: '' })).body.status).toBe('open')
    const { body } = await ask('viewer', 'GET', `/events/${id}`)
    expect(body).toMatchObject({ id, host: 'web01', no_data: false, members: [], deliveries: [] })
    const entry = { time: at, noted: at, severity: 2 }
    expect(body.history).toEqual([
      { ...entry, action: 'opened', by: null, comment: null },
      { ...entry, action: 'acknowledged', by: USERS.operator, comment: 'on it' },
      { ...entry, action: 'comment', by: USERS.operator, comment: 'a leak' },
      { ...entry, action: 'closed', by: USERS.operator, comment: null },
      { ...entry, action: 'reopened', by: USERS.admin, comment: null },
    ])
  })

  test('acknowledged again by the same person is as it was', async () => {
    for (let i = 0; i < 2; i++)
      expect((await ask('operator', 'POST', `/events/${id}/acknowledge`)).status).toBe(200)
    const { body } = await ask('viewer', 'GET', `/events/${id}`)
    expect(body.history).toHaveLength(2)
  })

  test('is found by whether it is acknowledged and by time', async () => {
    await ask('operator', 'POST', `/events/${id}/acknowledge`)
    const ids = async (query: string) =>
      (await ask('viewer', 'GET', `/events?${query}`)).body.events.map((event: { id: number }) => event.id)
    expect(await ids(`acknowledged=yes&from=${site.clock.now()}`)).toEqual([id])
    expect(await ids(`acknowledged=no&from=${site.clock.now()}`)).toEqual([])
    expect(await ids(`to=${site.clock.now() - 1}`)).not.toContain(id)
  })

  test.each([
    ['viewer', 'close', undefined, 403],
    ['operator', 'comment', undefined, 400],
    ['operator', 'comment', { comment: ' ' }, 400],
    ['operator', 'comment', { comment: 'x'.repeat(2001) }, 400],
    ['operator', 'close', { coment: 'x' }, 400],
    ['operator', 'close', [1], 400],
    ['operator', 'close', '{', 400],
    ['operator', 'close', JSON.stringify({ comment: 'x'.repeat(70_000) }), 413],
    ['operator', 'frob', undefined, 404],
  ] as const)('asked by %s to %s with %j answers %#', async (access, change, body, status) => {
    const answer = await ask(access, 'POST', `/events/${id}/${change}`, body)
    expect(answer.status).toBe(status)
    expect(answer.body.error).toBeString()
  })

  test('that is not there, or a form in place of JSON, is refused', async () => {
    for (const path of ['/events/99999', '/events/x', '/events/99999/close', '/events/-1/close'])
      expect((await ask('operator', path.endsWith('close') ? 'POST' : 'GET', path)).status).toBe(404)
    const form = await site.post(`/api/v1/events/${id}/close`, { comment: 'x' }, bearers.operator)
    expect(form.status).toBe(415)
    const stranger = await site.send(`/api/v1/events/${id}/close`, { method: 'POST' })
    expect(stranger.status).toBe(401)
  })

  test('is changed with a session only by who sends its token along', async () => {
    const { cookie } = await site.as('operator')
    const path = `/api/v1/events/${id}/close`
    expect((await site.send(path, { method: 'POST', headers: { cookie } })).status).toBe(403)
    const csrf = await site.csrf(cookie)
    const answer = await site.send(path, { method: 'POST', headers: { cookie, 'x-csrf-token': csrf } })
    expect(answer.status).toBe(200)
  })
})

describe('rules', () => {
  const least = { name: 'ops', channel: 'mail', target: 'ann@example.org' }
  const whole = {
    ...least,
    enabled: true,
    host: '%',
    metric: '%',
    severities: [1, 2, 3, 4],
    on_opening: true,
    on_closing: true,
    on_severity_change: false,
    delay: 0,
    repeat: null,
  }

  test('are added, read, changed and deleted by administrators', async () => {
    const added = await ask('admin', 'POST', '/rules', least)
    expect(added).toEqual({ status: 201, body: { ...whole, id: added.body.id } })
    const path = `/rules/${added.body.id}`
    expect((await ask('admin', 'GET', path)).body).toEqual(added.body)
    expect((await ask('admin', 'GET', '/rules')).body).toEqual({ total: 1, rules: [added.body] })
    const changed = { ...whole, severities: [1], delay: 300, repeat: 3600, enabled: false }
    expect((await ask('admin', 'PUT', path, changed)).body).toEqual({ ...changed, id: added.body.id })
    expect((await ask('admin', 'GET', path)).body).toMatchObject(changed)
    expect((await ask('admin', 'POST', '/rules', least)).status).toBe(409)
    expect((await ask('operator', 'GET', '/rules')).status).toBe(403)
    expect((await ask('operator', 'DELETE', path)).status).toBe(403)
    expect(await ask('admin', 'DELETE', path)).toEqual({ status: 204, body: null })
    expect((await ask('admin', 'DELETE', path)).status).toBe(404)
    expect((await ask('admin', 'PUT', path, least)).status).toBe(404)
  })

  test('that are wrong are refused with every field that is', async () => {
    const { status, body } = await ask('admin', 'POST', '/rules', {
      name: ' ',
      channel: 'mail',
      target: 'nobody',
      severities: [1, 5],
      on_opening: 'yes',
      delay: -1,
      hosts: 'web%',
    })
    expect(status).toBe(400)
    for (const field of ['name', 'target', 'severities', 'on_opening', 'delay', 'hosts'])
      expect(body.error).toContain(`${field}: expected `)
    expect((await ask('admin', 'POST', '/rules', { ...least, channel: 'pigeon' })).body.error).toContain(
      'channel: expected one of log, mail',
    )
  })

  test('use targets by name, which are kept while they are used', async () => {
    const target = { name: 'the team', channel: 'mail', address: 'ann@example.org, bob@example.org' }
    const { body } = await ask('admin', 'POST', '/targets', target)
    expect(body).toEqual({ ...target, id: body.id })
    const rule = await ask('admin', 'POST', '/rules', { ...least, target: 'the team' })
    expect(rule.status).toBe(201)
    expect((await ask('admin', 'DELETE', `/targets/${body.id}`)).status).toBe(409)
    const renamed = await ask('admin', 'PUT', `/targets/${body.id}`, { ...target, name: 'night shift' })
    expect(renamed.status).toBe(200)
    expect((await ask('admin', 'GET', `/rules/${rule.body.id}`)).body.target).toBe('night shift')
    await ask('admin', 'DELETE', `/rules/${rule.body.id}`)
    expect((await ask('admin', 'DELETE', `/targets/${body.id}`)).status).toBe(204)
    expect((await ask('admin', 'POST', '/targets', { ...target, address: 'nobody' })).status).toBe(400)
    expect((await ask('operator', 'GET', '/targets')).status).toBe(403)
  })
})

describe('two programs that change one thing', () => {
  const send = async (method: string, path: string, body?: object, ifMatch?: string) => {
    const response = await site.send(`/api/v1${path}`, {
      method,
      headers: {
        ...bearers.admin,
        'content-type': 'application/json',
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      body: text === '' ? null : JSON.parse(text),
    }
  }
  const kinds = {
    rules: { name: 'one', channel: 'log' },
    targets: { name: 'one', channel: 'mail', address: 'a@example.org' },
    'maintenance-windows': { name: 'one', when: { kind: 'daily', start: '22:00', end: '06:00' } },
    views: { name: 'one', path: '/hosts' },
  }
  for (const [kind, draft] of Object.entries(kinds))
    test(`${kind}: the second change is rejected with the reason, and changes nothing`, async () => {
      const added = await send('POST', `/${kind}`, draft)
      const path = `/${kind}/${added.body.id}`
      const read = await send('GET', path)
      expect(read.etag).toMatch(/^"[0-9a-f]{16}"$/)
      expect(read.etag).toBe(added.etag)
      const first = await send('PUT', path, { ...draft, name: 'first' }, read.etag)
      expect(first).toMatchObject({ status: 200, body: { name: 'first' } })
      expect(first.etag).toBe((await send('GET', path)).etag)
      const second = await send('PUT', path, { ...draft, name: 'second' }, read.etag)
      expect(second).toMatchObject({ status: 412, etag: first.etag })
      expect(second.body.error).toContain('read it again')
      expect((await send('DELETE', path, undefined, read.etag)).status).toBe(412)
      expect((await send('GET', path)).body.name).toBe('first')
      // Storing the same again loses nothing, and a request without a version applies to any version.
      expect((await send('PUT', path, { ...draft, name: 'first' }, read.etag)).status).toBe(200)
      expect((await send('PUT', path, { ...draft, name: 'third' })).status).toBe(200)
      expect((await send('DELETE', path, undefined, '*')).status).toBe(204)
    })

  test('groups: the second change is rejected with the present groups', async () => {
    await open()
    const give = (groups: string, known?: string) =>
      send('POST', '/hosts/web01/groups', { groups, ...(known !== undefined && { known }) })
    expect((await give('a', '')).status).toBe(200)
    const late = await give('b', '')
    expect(late).toMatchObject({ status: 409 })
    expect(late.body.error).toContain('they are now a')
    expect((await give('b', 'a')).body.groups).toEqual(['b'])
    expect((await give('')).body.groups).toEqual([])
  })
})

describe('maintenance windows', () => {
  test.each([
    { kind: 'once', from: 1000, to: 2000 },
    { kind: 'daily', start: '22:00', end: '06:30', zone: 'UTC' },
    { kind: 'weekly', start: '00:05', end: '06:00', zone: 'Europe/Berlin', days: [6, 7] },
    { kind: 'monthly', start: '22:00', end: '06:00', zone: 'Asia/Tokyo', days: [1, -1] },
  ])('are read as they were written: %j', async (when) => {
    const added = await ask('operator', 'POST', '/maintenance-windows', {
      name: `w ${when.kind}`,
      host: 'web%',
      when,
    })
    expect(added).toEqual({
      status: 201,
      body: { id: added.body.id, name: `w ${when.kind}`, host: 'web%', when },
    })
    expect((await ask('viewer', 'GET', `/maintenance-windows/${added.body.id}`)).body).toEqual(added.body)
    expect((await ask('operator', 'DELETE', `/maintenance-windows/${added.body.id}`)).status).toBe(204)
  })

  test('take the zone of the server when they name none', async () => {
    const when = { kind: 'daily', start: '22:00', end: '06:00' }
    const { body } = await ask('operator', 'POST', '/maintenance-windows', { name: 'nights', when })
    expect(body).toMatchObject({ host: '%', when: { zone: 'Europe/Berlin' } })
    expect((await ask('viewer', 'POST', '/maintenance-windows', { name: 'x', when })).status).toBe(403)
  })

  test.each([
    [{ kind: 'once', from: 5, to: 5 }, 'when.to'],
    [{ kind: 'never' }, 'when.kind'],
    [{ kind: 'daily', start: '25:00', end: '06:00' }, 'when.start'],
    [{ kind: 'daily', start: '22:00', end: '06:00', zone: 'Mars/Base' }, 'when.zone'],
    [{ kind: 'weekly', start: '22:00', end: '06:00', days: [8] }, 'when.days'],
    [{ kind: 'monthly', start: '22:00', end: '06:00' }, 'when.days'],
    [{ kind: 'daily', start: '22:00', end: '06:00', days: [1] }, 'when.days'],
    ['at night', 'when.kind'],
  ])('that are wrong are refused: %j', async (when, field) => {
    const { status, body } = await ask('operator', 'POST', '/maintenance-windows', { name: 'wrong', when })
    expect(status).toBe(400)
    expect(body.error).toContain(`${field}: expected `)
  })
})
