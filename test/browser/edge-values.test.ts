import { expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { DEFAULT_PREFERENCES } from '../../src/domain/users/preferences.ts'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, openContext } from './harness/browser.ts'
import { openSeededBrowser } from './harness/seeded-browser.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from './harness/website.ts'

/** Rare input for a page: huge or single values, readers in other time zones, hosts that report little. */

let browser: Browser
let website: SeededWebsite
let context: BrowserContext
const now = Math.floor(Date.now() / 60_000) * 60

openSeededBrowser({ hosts: 12, minutes: 70, oddNames: true }, async (started) => {
  ;({ browser, website } = started)
  await report('huge', 'perf.custom.huge', [1e15, 1.5e15, 1.95e15])
  await report('once', 'perf.custom.once', [42])
  await report('none', 'perf.custom.none', [])
  context = await openContext(browser, website)
})

/** Values a minute apart; the last is the newest. */
async function report(host: string, metric: string, values: readonly number[], silentFor = 0) {
  const frames = values.map((value, i) => ({
    time: now - silentFor - 60 * (values.length - i),
    metrics: [metric],
    values: [value],
  }))
  const seen = now - silentFor
  await website.store.ingest.write([{ host, facts: null, seen, clockSkew: 0, frames, events: [] }])
}

async function openPage(path: string, from = context): Promise<{ page: Page; complaints: string[] }> {
  const page = await from.newPage()
  const complaints = collectComplaints(page)
  await page.goto(path)
  return { page, complaints }
}

const scrollsSideways = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

test.each([390, 360])(
  'at %d pixels a list of hosts says in full when each reported',
  async (width) => {
    await report('silent', 'perf.custom.silent', [1], 399 * 86_400)
    const phone = await openContext(browser, website, { width, height: 800 })
    for (const path of ['/', '/hosts']) {
      const { page } = await openPage(path, phone)
      const cut = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.hosts tbody .col-time')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)`,
      )
      expect(cut).toEqual([])
      if (path === '/hosts') expect(await page.locator('.hosts .col-meter').last().isVisible()).toBe(true)
      expect(await scrollsSideways(page)).toBe(false)
    }
    await phone.close()
  },
  30_000,
)

test('values of a thousand billion fit their places', async () => {
  for (const width of [1440, 320]) {
    const sized = await openContext(browser, website, { width, height: 800 })
    const { page, complaints } = await openPage('/hosts/huge/metrics/perf.custom.huge', sized)
    expect(await page.locator('.figures > div').allTextContents()).toContain('Maximum1.95P')
    expect(await scrollsSideways(page)).toBe(false)
    expect(complaints).toEqual([])
    await sized.close()
  }
}, 30_000)

test('a sample that stands alone is a dot', async () => {
  const { page, complaints } = await openPage('/hosts/once/metrics/perf.custom.once')
  const dot = page.locator('.wide-graph path.dots')
  expect(await dot.getAttribute('d')).toMatch(/^M\d+ \d+h0$/)
  expect(await dot.evaluate("getComputedStyle(document.querySelector('.dots')).strokeLinecap")).toBe('round')
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('at 320 pixels a comparison shows its values and the way to take a line out', async () => {
  const lines = 'series=db01:perf.memory.percent.used&series=web01:perf.network.bytes.received'
  const phone = await openContext(browser, website, { width: 320, height: 700 })
  const { page } = await openPage(`/compare?${lines}`, phone)
  const remove = await page.locator('.compare-lines td:last-child a').first().boundingBox()
  expect((remove?.x ?? 999) + (remove?.width ?? 0)).toBeLessThanOrEqual(320)
  await page.locator('.compare-lines').getByRole('link', { name: 'Memory', exact: true }).waitFor()
  const ends = await page
    .locator('.wide-graph .moment:visible')
    .evaluateAll((texts) =>
      texts.map((text) => text.getBoundingClientRect()).map(({ left, right }) => [left, right] as const),
    )
  // As wide as the widest label: a midnight in the last hour is a date.
  for (const [i, [left]] of ends.entries()) expect(left).toBeGreaterThan((ends[i - 1]?.[1] ?? -9) + 8)
  await phone.close()
}, 30_000)

test('a finger on a graph of a host says the values there, until it touches elsewhere', async () => {
  const phone = await browser.newContext({
    baseURL: website.origin,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
  })
  await phone.request.post('/login', { form: { name: USER, password: PASSWORD, next: '/' } })
  const { page, complaints } = await openPage(`/hosts/${FIRST_HOST}`, phone)
  const plot = page.locator('.cursor-field .plot').first()
  await plot.scrollIntoViewIfNeeded()
  const box = await plot.boundingBox()
  if (!box) throw new Error('the drawing has no place')
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2)
  await page.locator('.cursor').first().waitFor()
  await page.waitForTimeout(300)
  expect(await page.locator('.cursor').count()).toBe(await page.locator('.cursor-field').count())
  await page.locator('.time-bar h2').tap()
  await page.locator('.cursor').first().waitFor({ state: 'detached' })
  expect(complaints).toEqual([])
  await phone.close()
}, 30_000)

test('the last time below a graph is not cut off', async () => {
  const phone = await openContext(browser, website, { width: 390, height: 844 })
  const to = Math.floor(now / 3600) * 3600
  const path = `/hosts/${FIRST_HOST}/metrics/perf.memory.percent.used?from=${to - 3600}&to=${to}`
  const { page } = await openPage(path, phone)
  const ends = await page
    .locator('.wide-graph .moment:visible')
    .evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().right))
  expect(Math.max(...ends)).toBeLessThanOrEqual(390)
  expect(await scrollsSideways(page)).toBe(false)
  await phone.close()
}, 30_000)

test('a host that has sent no value yet says what to do', async () => {
  const { page } = await openPage('/hosts/none')
  await page.getByRole('heading', { name: 'No samples yet' }).waitFor()
  expect(await page.locator('.facts').textContent()).not.toContain('CPUs')
  await page.close()
}, 30_000)

test.each([
  ['of the device', null, '2026-05-04T10:30', Date.UTC(2026, 4, 4, 14, 30) / 1000],
  ['that the reader prefers', 'Asia/Tokyo', '2026-05-04T10:30', Date.UTC(2026, 4, 4, 1, 30) / 1000],
])(
  'fields for date and time are in the zone %s',
  async (_, zone, text, seconds) => {
    await website.store.users.setPreferences(USER, { ...DEFAULT_PREFERENCES, zone })
    const abroad = await browser.newContext({ baseURL: website.origin, timezoneId: 'America/New_York' })
    await abroad.request.post('/login', { form: { name: USER, password: PASSWORD, next: '/' } })
    const { page, complaints } = await openPage('/events?status=all', abroad)
    await page.locator('summary', { hasText: 'Filter' }).click()
    await page.getByLabel('Opened from').fill(text)
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.waitForURL(/from=\d+/)
    expect(new URL(page.url()).searchParams.get('from')).toBe(String(seconds))
    expect(new URL(page.url()).searchParams.get('to')).toBe('')
    expect(await page.getByLabel('Opened from').inputValue()).toBe(text)
    // The fields of a graph show the same.
    await page.goto(
      `/hosts/${FIRST_HOST}/metrics/perf.memory.percent.used?from=${seconds}&to=${seconds + 3600}`,
    )
    await page.getByText('Custom range').click()
    expect(await page.getByLabel('From').inputValue()).toBe(text)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.waitForTimeout(300)
    expect(new URL(page.url()).searchParams.get('from')).toBe(String(seconds))
    expect(complaints).toEqual([])
    await website.store.users.setPreferences(USER, DEFAULT_PREFERENCES)
    await abroad.close()
  },
  30_000,
)

test('the cells of a large fleet stand in groups with names and counts, each a link with a name', async () => {
  const large = await startSeededWebsite({ hosts: 0, minutes: 0 })
  const names = Array.from({ length: 520 }, (_, i) => `h${i}`)
  const seen = Math.floor(Date.now() / 1000)
  await large.store.ingest.write(
    names.map((host) => ({ host, facts: null, seen, clockSkew: 0, frames: [], events: [] })),
  )
  for (const name of ['h1', 'h2', 'h3']) await large.store.hosts.giveGroups(name, ['role:db'])
  const wide = await openContext(browser, large)
  const { page, complaints } = await openPage('/', wide)
  await page.locator('.cells-large .cell').first().waitFor()
  expect(await page.locator('.cells-large h3').allTextContents()).toEqual(['db3', 'other517'])
  expect(await page.locator('.cells-large a.cell').count()).toBe(520)
  expect(await page.locator('.cells-large').getByRole('link', { name: 'h1: no data yet' }).count()).toBe(1)
  expect(complaints).toEqual([])
  await wide.close()
  await large.close()
}, 30_000)
