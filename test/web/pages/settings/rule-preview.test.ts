import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let headers: { cookie: string }
let csrf = ''

beforeAll(async () => {
  const channel = { doc: 'Sends.', targetDoc: 'an address', checkTarget: () => null }
  const missing = 'mail is not set up: set mail.server in the configuration'
  site = await startTestSite((store) => store, {
    notifier: {
      channels: [
        { ...channel, name: 'mail', describeMissing: () => missing },
        { ...channel, name: 'webhook', describeMissing: () => null },
      ],
      sendTest: async () => ({ isDelivered: true, answer: '' }),
    },
  })
  headers = await site.as('admin')
  csrf = await site.csrf(headers.cookie)
  const now = site.clock.now()
  const base = {
    uid: 'a',
    metric: 'perf.memory.percent.used',
    severity: 1 as const,
    message: 'Memory percent used > 95 for 15 minutes',
  }
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: FACTS,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [
        { ...base, change: 1, time: now - 9000, status: 'open' },
        { ...base, change: 2, time: now - 3000, status: 'closed' },
      ],
    },
  ])
})
afterAll(() => site?.stop())

const FIELDS = {
  host: '*',
  metric: '*',
  severity: '1',
  on: 'opening',
  channel: 'mail',
  target: '',
  delay: '0s',
  repeat: '',
}

async function preview(fields: Record<string, string>) {
  const response = await site.post('/settings/rules/new/preview', { ...FIELDS, csrf, ...fields }, headers)
  return { status: response.status, text: await response.text() }
}

test('a new rule says what a rule of everything would have sent', async () => {
  const text = await (await site.send('/settings/rules/new', { headers })).text()
  expect(text).toContain('<b>2 notifications</b>, at most 2 on one day: 1 opened, 1 closed.')
  expect(text).toContain('web01: Memory')
})

test('what is typed is previewed before it has a name or an address, and nothing is saved or noted', async () => {
  const { status, text } = await preview({ name: '' })
  expect(status).toBe(200)
  expect(text).toContain('<b>1 notification</b>')
  expect((await preview({ host: 'db*' })).text).toContain('This rule would have sent nothing.')
  expect((await preview({ delay: '2h' })).text).toContain('This rule would have sent nothing.')
  expect((await preview({ repeat: '30m' })).text).toContain('3 reminder')
  // The form keeps what was typed.
  expect((await preview({ host: 'db*' })).text).toContain('value="db*"')
  expect(await site.store.rules.list()).toEqual([])
  const { entries } = await site.store.audit.list({ limit: 50 })
  expect(entries.filter(({ action }) => action.includes('preview'))).toEqual([])
})

test('what keeps a rule from sending anything is said beside its form, and in the list', async () => {
  // Beside the channel that lacks it: a script shows the one that is chosen.
  expect((await preview({})).text).toMatch(
    /data-shown-for="mail">mail: an address <p class="field-problem">Mail is not set up: set mail.server in the configuration.<\/p>/,
  )
  const { text } = await preview({ channel: 'webhook', host: 'wbe*', metric: 'perf.memory.percent.usd' })
  expect(text).toMatch(/data-shown-for="webhook">webhook: an address <\/li>/)
  expect(text).toContain('&quot;wbe*&quot; does not match the only host.')
  expect(text).toContain('does not match any metric; did you mean perf.memory.percent.used?')
  expect((await preview({ channel: 'webhook' })).text).not.toContain('class="problem"')
  const rule = { ...FIELDS, name: 'ops', target: 'x', csrf }
  await site.post('/settings/rules', { ...rule, enabled: '1' }, headers)
  const page = async (path: string) => (await site.send(path, { headers })).text()
  expect(await page('/settings/rules')).toMatch(
    /<p class="field-problem" title="mail is not set up[^"]*">not set up<\/p>/,
  )
  expect(await page('/settings/targets')).toContain('Mail is not set up')
  const [{ id } = { id: 0 }] = await site.store.rules.list()
  await site.store.rules.delete(id)
})

test('a field that makes no sense is named, and the preview waits', async () => {
  const { status, text } = await preview({ delay: 'soon' })
  expect(status).toBe(400)
  expect(text).toContain('Expected a duration such as 5m')
  expect(text).not.toContain('id="preview"')
})

test('only an administrator sees it', async () => {
  const operator = await site.as('operator')
  const response = await site.post(
    '/settings/rules/new/preview',
    { ...FIELDS, csrf: await site.csrf(operator.cookie) },
    operator,
  )
  expect(response.status).toBe(403)
})
