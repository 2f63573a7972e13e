import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { FIRST_HOST, LONG_HOST, ODD_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { findFaults } from './faults.ts'
import { type SeededWebsite, startSeededWebsite } from './website.ts'

let browser: Browser
let website: SeededWebsite
let empty: SeededWebsite

beforeAll(async () => {
  browser = await launchBrowser()
  website = await startSeededWebsite({
    hosts: 30,
    minutes: 65,
    firstMinutes: 2 * 1440,
    oddNames: true,
    settings: true,
  })
  await website.store.hosts.giveGroups(FIRST_HOST, ['shop', 'amsterdam'])
  empty = await startSeededWebsite({ hosts: 0, minutes: 0 })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await website?.close()
  await empty?.close()
})

const HOST = `/hosts/${FIRST_HOST}`
const METRIC = `${HOST}/metrics/perf.processor.percent.used`
const COMPARED = ['db01:perf.processor.percent.used', 'web01:perf.network.bytes.sent', 'nobody:perf.x']
  .map((name) => `series=${name}`)
  .join('&')
const PAGES: readonly (readonly [string, string, () => SeededWebsite])[] = [
  ['home', '/', () => website],
  ['home without a host', '/', () => empty],
  ['hosts', '/hosts?sort=ip&order=desc', () => website],
  ['hosts without a hit', '/hosts?q=nothing', () => website],
  ['host', HOST, () => website],
  ['host that is down', '/hosts/web02', () => website],
  ['host with odd facts', `/hosts/${encodeURIComponent(ODD_HOST)}`, () => website],
  ['host with the longest name', `/hosts/${LONG_HOST}`, () => website],
  ['graph', METRIC, () => website],
  ['graph of a day', `${METRIC}?range=24h`, () => website],
  ['host over a week', `${HOST}?range=7d`, () => website],
  ['graph with its limit', `${HOST}/metrics/perf.memory.percent.used?range=24h`, () => website],
  ['comparison', `/compare?${COMPARED}`, () => website],
  ['comparison of nothing yet', '/compare', () => website],
  ['choosing what to compare', `/compare?${COMPARED}&host=db&metric=memory`, () => website],
  ['hosts of a group', '/hosts?group=shop', () => website],
  ['group without a host', '/hosts?group=none', () => website],
  ['home for a wall', '/?kiosk=60', () => website],
  ['host for a wall', `${HOST}?kiosk`, () => website],
  ['events for a wall', '/events?kiosk', () => website],
  ['two-factor sign-in', '/settings/two-factor', () => website],
  ['graph of nothing', `${METRIC}?from=1000&to=5000`, () => website],
  ['events', '/events', () => website],
  ['closed events', '/events?status=closed', () => website],
  ['event', '/events/1', () => website],
  ['event with a story', '/events/2', () => website],
  ['filtered events', '/events?host=db01&acknowledged=yes', () => website],
  ['search', '/search?q=db01', () => website],
  ['search without a hit', '/search?q=nothing-like-this', () => website],
  ['reports', '/reports', () => website],
  ['report of hosts', '/reports/hosts', () => website],
  ['report of events', '/reports/events', () => website],
  ['report of availability', '/reports/availability', () => website],
  ['report of capacity', '/reports/capacity', () => website],
  ['adding a host', '/add-host', () => website],
  ['settings', '/settings', () => website],
  ['rules', '/settings/rules', () => website],
  ['no rules', '/settings/rules', () => empty],
  ['new rule', '/settings/rules/new', () => website],
  ['rule', '/settings/rules/1', () => website],
  ['deleting a rule', '/settings/rules/1/delete', () => website],
  ['targets', '/settings/targets', () => website],
  ['target', '/settings/targets/1', () => website],
  ['windows', '/settings/windows', () => website],
  ['window', '/settings/windows/1', () => website],
  ['new window', '/settings/windows/new', () => website],
  ['users', '/settings/users', () => website],
  ['user', '/settings/users/viewer', () => website],
  ['sessions', '/settings/sessions?user=', () => website],
  ['tokens', '/settings/tokens', () => website],
  ['preferences', '/settings/preferences', () => website],
  ['storage', '/settings/storage', () => website],
  ['audit log', '/settings/audit', () => website],
  ['guide', '/settings/guide', () => website],
  ['about', '/settings/about', () => website],
  ['password', '/password', () => website],
  ['not found', '/hosts/nobody', () => website],
]

describe.each(['light', 'dark'] as const)('in %s colours', (theme) => {
  // One profile serves all pages of a website: signing in for each would take most of the time.
  const contexts = new Map<SeededWebsite, BrowserContext>()
  async function openPage(site: SeededWebsite): Promise<Page> {
    const width = theme === 'dark' ? 390 : 1440
    const context = contexts.get(site) ?? (await openContext(browser, site, { theme, width }))
    contexts.set(site, context)
    return context.newPage()
  }

  test.each(PAGES)(
    '%s has no accessibility fault, nothing in the console, nothing that sticks out',
    async (_, path, site) => {
      const page = await openPage(site())
      const complaints = collectComplaints(page)
      const answer = await page.goto(path, { waitUntil: 'load' })
      if (path.includes('/metrics/')) await page.waitForSelector('[data-drawn]')
      expect(await findFaults(page)).toEqual([])
      const isBroad = await page.evaluate(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      )
      expect(isBroad).toBe(false)
      expect(complaints.filter((text) => answer?.status() !== 404 || !text.includes('404'))).toEqual([])
      expect(await page.locator('h1').count()).toBe(1)
      await page.close()
    },
    30_000,
  )

  test('the page for signing in too', async () => {
    const context = await browser.newContext({ baseURL: website.origin, colorScheme: theme })
    const page = await context.newPage()
    await page.goto('/login')
    expect(await findFaults(page)).toEqual([])
    await context.close()
  }, 30_000)
})

test('the narrowest screens show every page without scrolling sideways', async () => {
  const context = await openContext(browser, website, { width: 320, height: 640 })
  const page = await context.newPage()
  for (const [name, path, site] of PAGES) {
    if (site() !== website) continue
    await page.goto(path)
    const [inner, outer] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    )
    expect(`${name} ${inner > outer}`).toBe(`${name} false`)
  }
  await context.close()
}, 30_000)

test('names that try to be markup stay names', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto(`/hosts/${encodeURIComponent(ODD_HOST)}`)
  await page.getByText('<script>alert("build")</script>').waitFor()
  await page.getByText('<b>Odd</b> & "quoted"').first().waitFor()
  expect(await page.evaluate('document.querySelectorAll("main script, main b b").length')).toBe(0)
  await context.close()
}, 30_000)

test('every page is whole without JavaScript', async () => {
  const context = await openContext(browser, website, { javaScript: false })
  const page = await context.newPage()
  await page.goto('/')
  await page.getByRole('link', { name: FIRST_HOST, exact: true }).first().click()
  expect(await page.locator('.small-chart path.line').count()).toBeGreaterThan(10)
  await page.goto(`${METRIC}?range=24h`)
  expect(await page.locator('.big-chart path.line').getAttribute('d')).toMatch(/^M\d/)
  await page.getByRole('link', { name: 'Earlier' }).click()
  expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d+$/)
  await page.locator('summary').click()
  expect(await page.locator('.big-chart ~ * tbody tr').count()).toBeGreaterThan(3)
  await page.goto('/hosts')
  await page.getByRole('searchbox').fill('mail')
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('link', { name: 'mail01' }).waitFor()
  await page.goto(`${HOST}?range=24h`)
  expect(await page.locator('.small-chart path.band').count()).toBeGreaterThan(5)
  await context.close()
}, 30_000)

test('a viewer sees events and cannot change them', async () => {
  const context = await openContext(browser, website, { user: 'viewer' })
  const page = await context.newPage()
  await page.goto('/events')
  expect(await page.locator('tbody tr').count()).toBeGreaterThan(0)
  expect(await page.getByRole('button', { name: /^Close/ }).count()).toBe(0)
  await context.close()
}, 30_000)

test('the first page is small', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  const sizes: number[] = []
  page.on('requestfinished', async (request) => sizes.push((await request.sizes()).responseBodySize))
  for (const path of ['/', METRIC]) {
    sizes.length = 0
    await page.goto(path, { waitUntil: 'load' })
    await page.waitForTimeout(200)
    const sum = sizes.reduce((all, size) => all + size, 0)
    expect(sum).toBeGreaterThan(5000)
    expect(sum).toBeLessThan(100_000)
  }
  await context.close()
}, 30_000)
