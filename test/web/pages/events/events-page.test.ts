import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Severity } from '../../../../src/domain/event.ts'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let operator: { cookie: string }
let csrf = ''
const MEMORY = 'perf.memory.percent.used'

async function open(host: string, metric: string, severity: Severity, ago: number): Promise<number> {
  const time = site.clock.now() - ago
  const report = { uid: crypto.randomUUID(), change: 1, time, metric, severity, status: 'open' as const }
  await site.store.events.report(host, [{ ...report, message: `${metric} > 85 on ${host}` }])
  return (await site.store.events.list({ host, metric, limit: 1 })).events[0]?.id ?? 0
}

const get = async (path: string, headers: Record<string, string> = operator) =>
  (await site.send(path, { headers })).text()
const post = (path: string, fields: Record<string, string>) => site.post(path, { csrf, ...fields }, operator)
/** Hosts of the rows, from top to bottom. */
const rowsOf = (markup: string) =>
  [...markup.matchAll(/<th\b(?=[^>]* scope="row")[^>]* title="([^"]+)"/g)].map((found) => found[1])

beforeAll(async () => {
  site = await startTestSite()
  for (const host of ['web01', 'web02', 'db01'])
    await site.report(host, site.clock.now() - 60, { [MEMORY]: 41.5 })
  operator = await site.as('operator')
  csrf = await site.csrf(operator.cookie)
})
afterAll(() => site.stop())

describe('the list', () => {
  let old = 0
  beforeAll(async () => {
    await open('web01', MEMORY, 1, 60)
    await open('web02', MEMORY, 3, 7200)
    old = await open('db01', 'perf.system.load.1', 4, 86_400)
    await site.store.events.acknowledge(old, 'olga', site.clock.now())
  })

  test.each([
    ['', ['web01', 'web02', 'db01']],
    ['?severity=1', ['web01']],
    ['?host=web02', ['web02']],
    ['?host=WEB', ['web01', 'web02']],
    ['?host=nobody', []],
    ['?host=%25', []],
    ['?metric=LOAD', ['db01']],
    ['?metric=memory+used', ['web01', 'web02']],
    ['?metric=memory+load', []],
    ['?metric=%27%22_', []],
    [`?metric=${MEMORY}`, ['web01', 'web02']],
    ['?acknowledged=yes', ['db01']],
    ['?acknowledged=no', ['web01', 'web02']],
    ['?acknowledged=', ['web01', 'web02', 'db01']],
    ['?status=closed', []],
    ['?status=all', ['web01', 'web02', 'db01']],
  ])('filtered by %j shows %p', async (query, hosts) =>
    expect(rowsOf(await get(`/events${query}`))).toEqual(hosts),
  )

  test('is filtered by when events opened', async () => {
    const now = site.clock.now()
    expect(rowsOf(await get(`/events?from=${now - 3600}`))).toEqual(['web01'])
    expect(rowsOf(await get(`/events?from=${now - 10_000}&to=${now - 3600}`))).toEqual(['web02'])
  })

  test('refuses a time that is none, and one that ends before it begins, in words', async () => {
    const headers = await site.as('viewer')
    for (const [query, words] of [
      ['from=nonsense', 'from: expected a time'],
      ['to=2026-13-45T00:00', 'to: expected a time'],
      ['from=2000&to=1000', 'to: expected a time after from'],
    ]) {
      const response = await site.send(`/events?${query}`, { headers })
      expect([query, response.status]).toEqual([query, 400])
      expect(await response.text()).toContain(words ?? '?')
    }
    // The fields of the form that are left empty.
    expect((await site.send('/events?from=&to=', { headers })).status).toBe(200)
  })

  test('says who looks after an event, and what to do where nothing fits', async () => {
    expect(await get('/events?host=db01')).toContain('acknowledged by olga')
    expect(await get('/events?host=nobody')).toContain('Show all open events')
    expect((await site.send('/events?severity=9', { headers: operator })).status).toBe(400)
  })

  test('changes several at once, with a comment, and notes it', async () => {
    const ids = (await site.store.events.list({ metric: MEMORY })).events.map(({ id }) => id)
    const body = new URLSearchParams({
      csrf,
      action: 'acknowledge',
      comment: 'on it',
      back: '/events?severity=1',
    })
    for (const id of [...ids, 99_999, 'x']) body.append('id', String(id))
    const response = await site.send('/events/change', { method: 'POST', body, headers: operator })
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      `/events?severity=1&did=acknowledge.${site.clock.now()}.1-2&kept=1`,
    ])
    for (const id of ids) {
      expect((await site.store.events.find(id))?.acknowledgedBy).toBe('olga')
      expect((await site.store.events.history(id)).at(-1)).toMatchObject({ actor: 'olga', comment: 'on it' })
    }
    const [entry] = (await site.store.audit.list({ limit: 1 })).entries
    expect(entry).toMatchObject({ actor: 'olga', way: 'website', action: 'change events' })
    expect(entry?.detail).toContain(`acknowledge ${ids[0]}`)
  })

  test('counts by severity what fits, of those that are closed as well', async () => {
    const counts = (markup: string) =>
      [...markup.matchAll(/severity=\d"[^>]*>.*?<b>(\d+)<\/b>/g)].map((found) => Number(found[1]))
    expect(counts(await get('/events?host=web'))).toEqual([1, 0, 1, 0])
    expect(counts(await get('/events?host=web&severity=3'))).toEqual([1, 0, 1, 0])
    expect(counts(await get('/events?host=db01&metric=load'))).toEqual([0, 0, 0, 1])
    expect(counts(await get('/events?status=closed'))).toEqual([0, 0, 0, 0])
    expect(await get('/events?host=db01')).toContain('1 matching open event')
  })

  test('says that an event which its address names is gone', async () => {
    const response = await site.send('/events?event=999999', { headers: await site.as('viewer') })
    expect(await response.text()).toContain('There is no event #999999')
  })

  test('says so when no event is chosen', async () =>
    expect((await post('/events/change', { action: 'close' })).status).toBe(400))

  test('refuses an action that there is not', async () =>
    expect((await post('/events/change', { action: 'delete', id: '1' })).status).toBe(400))

  test('offers a viewer nothing to change', async () => {
    const markup = await get('/events', await site.as('viewer'))
    expect(markup).not.toContain('type="checkbox"')
    expect(markup).not.toContain('/close')
  })
})

describe('the page of an event', () => {
  let id = 0
  beforeAll(async () => {
    id = await open('web01', 'perf.processor.percent.used', 2, 300)
  })

  test('shows its facts, its history and that nobody was notified', async () => {
    const markup = await get(`/events/${id}`)
    for (const part of [
      'perf.processor.percent.used',
      'Major',
      'History',
      'No notification sent',
      'Acknowledge',
    ])
      expect(markup).toContain(part)
  })

  test('goes through all that a person can do to it', async () => {
    expect((await post(`/events/${id}/comment`, { comment: 'looking\r\n<b>now</b>' })).status).toBe(303)
    expect((await post(`/events/${id}/acknowledge`, {})).headers.get('location')).toBe(
      `/events/${id}?did=acknowledge.${site.clock.now()}.${id}`,
    )
    expect((await post(`/events/${id}/close`, { comment: 'done' })).status).toBe(303)
    expect(await site.store.events.find(id)).toMatchObject({ status: 'closed', acknowledgedBy: 'olga' })
    const closed = await get(`/events/${id}`)
    expect(closed).toContain('Reopen')
    expect(closed).toContain('looking\n&lt;b&gt;now&lt;/b&gt;')
    expect((await post(`/events/${id}/reopen`, {})).status).toBe(303)
    expect((await site.store.events.find(id))?.status).toBe('open')
    const actions = (await site.store.audit.list({ limit: 4 })).entries.map(({ action }) => action)
    expect(actions).toEqual(['reopen event', 'close event', 'acknowledge event', 'comment event'])
  })

  test('keeps what was typed for an event that somebody else closed meanwhile, once', async () => {
    await site.store.events.close(id, 'vera', site.clock.now())
    expect((await post(`/events/${id}/close`, { comment: 'It was the backup.' })).status).toBe(303)
    expect((await post(`/events/${id}/acknowledge`, { comment: 'Next time earlier.' })).status).toBe(303)
    const said = (await site.store.events.history(id)).slice(-3)
    expect(said.map(({ action, actor, comment }) => [action, actor, comment])).toEqual([
      ['closed', 'vera', null],
      ['comment', 'olga', 'It was the backup.'],
      ['comment', 'olga', 'Next time earlier.'],
    ])
    await site.store.events.reopen(id, 'olga', site.clock.now())
    for (let i = 0; i < 2; i++) await post(`/events/${id}/acknowledge`, { comment: 'I look.' })
    const looks = (await site.store.events.history(id)).filter(({ comment }) => comment === 'I look.')
    expect(looks.length).toBe(1)
  })

  test('refuses a comment without words and one without end', async () => {
    expect((await post(`/events/${id}/comment`, { comment: '  ' })).status).toBe(400)
    expect((await post(`/events/${id}/comment`, { comment: 'x'.repeat(2001) })).status).toBe(400)
  })

  test('says why one can’t be reopened while another of its metric is open', async () => {
    await post(`/events/${id}/close`, {})
    const other = await open('web01', 'perf.processor.percent.used', 1, 10)
    expect(other).not.toBe(id)
    expect((await post(`/events/${id}/reopen`, {})).status).toBe(409)
  })

  test('that is not there is not found, whatever its number looks like', async () => {
    for (const path of ['/events/99999', '/events/x', '/events/1e3', '/events/-1'])
      expect((await site.send(path, { headers: operator })).status).toBe(404)
  })

  test('draws the metric around it where there are samples', async () => {
    const now = site.clock.now()
    for (let i = 30; i > 0; i--) await site.report('web02', now - i * 60, { 'perf.system.load.1': i })
    const event = await open('web02', 'perf.system.load.1', 3, 600)
    expect(await get(`/events/${event}`)).toContain('class="line"')
  })

  test('shows each attempt to notify, and secrets of addresses to administrators only', async () => {
    const event = await site.store.events.find(id)
    if (!event) throw new Error('the event is gone')
    const target = 'https://hooks.example.org/secret-token'
    const rule = { id: 1, name: 'Team' }
    const notification = {
      uid: 'n1',
      rule,
      kind: 'opening',
      channel: 'webhook',
      target,
      snapshot: event,
    } as const
    await site.store.outbox.settle(
      [{ event: id, change: null, notified: [], notifications: [notification] }],
      site.clock.now(),
    )
    const [waiting] = await site.store.outbox.listWaiting(1)
    const attempt = { notifications: [waiting?.id ?? 0], time: site.clock.now() }
    await site.store.outbox.note({
      ...attempt,
      isDelivered: false,
      answer: '503 <busy>',
      due: site.clock.now() + 60,
    })
    const seen = await get(`/events/${id}`)
    expect(seen).toContain('503 &lt;busy&gt;')
    expect(seen).toContain('hooks.example.org')
    expect(seen).not.toContain('secret-token')
    expect(await get(`/events/${id}`, await site.as('admin'))).toContain('secret-token')
  })
})

describe('the page of an event', () => {
  test('has what ran when the problem began, with names escaped, and nothing where nobody looked', async () => {
    const time = site.clock.now() - 60
    const metric = 'perf.processor.percent.used'
    const report = { uid: 'ran', change: 1, time, metric, severity: 2, status: 'open', message: 'M' } as const
    const processes = [
      { id: 4711, name: 'mysqld', processor: 180, memory: 2_147_483_648 },
      { id: 12, name: '<b>&', processor: 0, memory: 1024 },
    ]
    await site.store.events.report('db01', [{ ...report, processes }])
    // A later change carries no processes, and removes none.
    await site.store.events.report('db01', [{ ...report, change: 2, severity: 1 }])
    const { events } = await site.store.events.list({ host: 'db01', metric, limit: 1 })
    const id = events[0]?.id ?? 0
    expect(await site.store.events.processes(id)).toEqual(processes)
    const text = await get(`/events/${id}`)
    expect(text).toContain('What was running')
    expect(text).toMatch(/mysqld.*4711.*180.*2\.00\s?GiB/s)
    expect(text).toContain('&lt;b&gt;&amp;')
    const other = await open('db01', 'perf.system.load.5', 3, 60)
    expect(await get(`/events/${other}`)).not.toContain('What was running')
  })
})

test('a list without open events is all clear only while no host is down', async () => {
  const quiet = await startTestSite()
  await quiet.report('web01', quiet.clock.now(), { [MEMORY]: 41.5 })
  const headers = await quiet.as('viewer')
  const read = async () => (await (await quiet.send('/events', { headers })).text()).replace(/<[^>]*>/g, '')
  expect(await read()).toContain('All clear.')
  await quiet.clock.advance(1200 * 1000)
  const markup = await read()
  expect(markup).toContain('But 1 host is down.')
  expect(markup).not.toContain('All clear.')
  await quiet.stop()
})

test('the page of a closed event says what triggered it and how it is now', async () => {
  const time = site.clock.now()
  const report = { uid: 'ended', time: time - 600, metric: MEMORY, severity: 2, value: 97.3 } as const
  const message = 'Memory percent used > 95 for 15 minutes'
  await site.report('ended', time - 10, { [MEMORY]: 12.5 })
  await site.store.events.report('ended', [{ ...report, change: 1, status: 'open', message }])
  const [event] = (await site.store.events.list({ host: 'ended', limit: 1 })).events
  await site.store.events.report('ended', [{ ...report, time, change: 2, status: 'closed', message }])
  const page = await get(`/events/${event?.id}`)
  expect(page).toContain('Memory was 97.3')
  expect(page.replaceAll('\u202f', ' ')).toMatch(
    /<dt>Triggering value<\/dt><dd>97\.3.%<\/dd><\/div><div><dt>Value now<\/dt><dd>12\.5.%<\/dd>/,
  )
  await site.store.hosts.delete('ended')
})
