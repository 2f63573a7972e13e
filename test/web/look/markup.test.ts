import { afterAll, beforeAll, expect, test } from 'bun:test'
import { HtmlValidate } from 'html-validate'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from '../../browser/website.ts'
import { FIRST_HOST, LONG_HOST, ODD_HOST } from '../../support/seed.ts'

let website: SeededWebsite
let cookie = ''

beforeAll(async () => {
  website = await startSeededWebsite({
    hosts: 12,
    minutes: 5,
    firstMinutes: 70,
    oddNames: true,
    settings: true,
  })
  await website.store.hosts.giveGroups(FIRST_HOST, ['shop'])
  const form = new URLSearchParams({ name: USER, password: PASSWORD })
  const answer = await fetch(`${website.origin}/login`, { method: 'POST', body: form, redirect: 'manual' })
  cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
})

afterAll(async () => website?.close())

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    // Taste, not validity: how attributes are written, how long a title is, spaces at the end of lines.
    'attribute-boolean-style': 'off',
    'long-title': 'off',
    'no-trailing-whitespace': 'off',
    'doctype-style': 'off',
    'void-style': 'off',
    // One name several times is how an address carries a list.
    'form-dup-name': 'off',
  },
})

const METRIC = `/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used`

test.each([
  '/',
  '/hosts',
  '/hosts?q=nothing',
  `/hosts/${FIRST_HOST}`,
  `/hosts/${LONG_HOST}`,
  `/hosts/${encodeURIComponent(ODD_HOST)}`,
  METRIC,
  `/hosts/${FIRST_HOST}?range=24h`,
  '/hosts?group=shop',
  '/?kiosk=30',
  '/compare',
  `/compare?series=${FIRST_HOST}:perf.system.load.1&series=web01:perf.network.bytes.sent&metric=used`,
  '/settings/two-factor',
  `${METRIC}?from=1&to=2`,
  '/events',
  '/events?status=closed',
  '/events/1',
  '/search',
  '/search?q=db01',
  '/search?q=nothing-like-this',
  '/reports',
  '/reports/hosts',
  '/reports/events',
  '/reports/availability',
  '/reports/capacity',
  '/add-host',
  '/settings',
  '/settings/rules',
  '/settings/rules/new',
  '/settings/rules/1',
  '/settings/rules/1/delete',
  '/settings/targets',
  '/settings/targets/new',
  '/settings/windows',
  '/settings/windows/new',
  '/settings/users',
  '/settings/users/admin',
  '/settings/sessions',
  '/settings/tokens',
  '/settings/preferences',
  '/settings/storage',
  '/settings/audit',
  '/settings/guide',
  '/settings/about',
  '/password',
  '/hosts/nobody',
  '/login',
])('%s is valid HTML without inline style or script', async (path) => {
  const headers = path === '/login' ? {} : { cookie }
  const markup = await (await fetch(website.origin + path, { headers })).text()
  const { results } = await validator.validateString(markup)
  const problems = results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`),
  )
  expect([...new Set(problems)].slice(0, 10)).toEqual([])
  expect(markup).not.toMatch(/ style=|<style|<script>| on[a-z]+=/)
  expect(markup).not.toContain('<script>alert')
})
