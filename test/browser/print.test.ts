import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { launchBrowser, type OpenContextOptions, openContext } from './harness/browser.ts'
import { type SeededWebsite, startSeededWebsite } from './harness/website.ts'

let website: SeededWebsite
let browser: Browser
let story = 0

beforeAll(async () => {
  website = await startSeededWebsite({
    hosts: 60,
    minutes: 70,
    firstMinutes: 5 * 1440,
    oddNames: true,
    settings: true,
  })
  story = (await website.store.events.list({ host: FIRST_HOST, status: 'open', limit: 1 })).events[0]?.id ?? 0
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await website.close()
})

/** Pixels between the margins of A4: 210 and 297 mm less twice 12 mm, at 96 to the inch. */
const PORTRAIT = Math.floor((186 / 25.4) * 96)
const LANDSCAPE = Math.floor((273 / 25.4) * 96)

/** A page as it is printed. */
async function openOnPaper(path: string, options: OpenContextOptions = {}) {
  const context = await openContext(browser, website, { width: PORTRAIT, ...options })
  const page = await context.newPage()
  await page.goto(path.replace('ID', String(story)))
  await page.emulateMedia({ media: 'print' })
  return { page, close: () => context.close() }
}

const PAPERS = [
  ['/reports/hosts', 'Hosts'],
  ['/reports/events', 'Open events'],
  ['/reports/availability?period=7d', 'Availability'],
  ['/reports/capacity', 'Capacity'],
  ['/events/ID', ''],
  ['/events', 'Events'],
  ['/hosts', 'Hosts'],
  [`/hosts/${FIRST_HOST}`, FIRST_HOST],
  [`/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used?range=24h`, 'CPU'],
  [`/compare?series=${FIRST_HOST}:perf.system.load.1&series=web01:perf.system.load.1`, 'Compare'],
  ['/settings/guide', 'User guide'],
] as const

test.each(PAPERS)(
  '%s on paper says what it is and when, fits, and has nothing to click',
  async (path, title) => {
    const { page, close } = await openOnPaper(path, { theme: 'dark' })
    expect(await page.locator('h1').isVisible()).toBe(true)
    if (title !== '') expect(await page.locator('h1').textContent()).toBe(title)
    // On screen lists are inside forms, which are not printed.
    const rows = page.locator(':is(.hosts, .events, .report) tbody tr')
    if ((await rows.count()) > 0) expect(await rows.first().isVisible()).toBe(true)
    expect(await page.locator('.made').textContent()).toMatch(
      /^Made \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by Monitor test on db01$/,
    )
    for (const kind of [
      'button',
      'input',
      'textarea',
      'select',
      '.rail',
      '.top',
      '.button',
      'nav',
      'summary',
    ])
      expect({ kind, seen: await page.locator(`${kind}:visible`).count() }).toEqual({ kind, seen: 0 })
    for (const width of [PORTRAIT, LANDSCAPE]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    }
    // Also for a user who has chosen dark colours on this device.
    for (const theme of [null, 'dark']) {
      if (theme !== null) await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      const colours = await page.evaluate<string[]>(
        '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.documentElement))',
      )
      expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)'])
    }
    await close()
  },
)

test('rows are not split, heads are repeated, and a report says its period and group', async () => {
  await website.store.hosts.giveGroups(FIRST_HOST, ['berlin'])
  const { page, close } = await openOnPaper('/reports/availability?period=7d&group=berlin')
  const style = (selector: string, property: string) =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}'))['${property}']`)
  expect(await style('.report tbody tr', 'breakInside')).toBe('avoid')
  expect(await style('.report thead', 'display')).toBe('table-header-group')
  expect(await page.locator('.lead').textContent()).toMatch(
    /1 host.*\d{4}-\d\d-\d\d .* to \d{4}-\d\d-\d\d .*group berlin/,
  )
  await close()
})

test('severities have a word and a shape on paper, and lines of a graph the colour of their names', async () => {
  const { page, close } = await openOnPaper('/reports/events')
  const first = page.locator('.report tbody td', { has: page.locator('svg') }).first()
  expect((await first.textContent())?.trim()).toBe('Critical')
  expect(await first.locator('svg path').first().isVisible()).toBe(true)
  await page.goto(`/hosts/${FIRST_HOST}`)
  expect(await page.evaluate("getComputedStyle(document.querySelector('.swatch')).printColorAdjust")).toBe(
    'exact',
  )
  await close()
})

test('a graph is of the time that was zoomed to', async () => {
  const { page, close } = await openOnPaper(
    `/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used?range=24h`,
  )
  await page.emulateMedia({ media: 'screen' })
  const line = page.locator('.wide-graph .chart path.line').first()
  const before = await line.getAttribute('d')
  await page.locator('[data-chart-link]', { hasText: '6h' }).first().click()
  await page.waitForFunction(
    `document.querySelector('.wide-graph .chart path.line').getAttribute('d') !== ${JSON.stringify(before)}`,
  )
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('.wide-graph .chart').isVisible()).toBe(true)
  expect(await page.locator('.lead').textContent()).toContain('6 hours')
  await close()
})
