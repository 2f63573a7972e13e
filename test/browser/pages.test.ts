import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { FIRST_HOST, ODD_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './harness/browser.ts'
import { findFaults } from './harness/faults.ts'
import { type SeededWebsite, startSeededWebsite, USER } from './harness/website.ts'
import { findAddress, findForgotten, type ListedPage, PAGE_LIST } from './page-list.ts'

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
test('no page that is declared is forgotten here', () => {
  expect(findForgotten()).toEqual([])
  expect(findForgotten(PAGE_LIST.filter(({ name }) => name !== 'rule-new'))).toEqual(['/settings/rules/new'])
})

/** One profile for all pages of a user: signing in for each would take most of the time. */
const profiles = new Map<string, BrowserContext>()

async function openPage({ ofEmpty = false, user = USER }: ListedPage): Promise<Page> {
  const key = `${user} ${ofEmpty}`
  const known = profiles.get(key)
  const context = known ?? (await openContext(browser, ofEmpty ? empty : website, { user: user ?? USER }))
  if (user === null && !known) await context.clearCookies()
  profiles.set(key, context)
  return context.newPage()
}

const isBroad = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

/** Heads of the lists that must be moved sideways to be read. */
const findBroadLists = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('.scroller')].filter((list) => list.scrollWidth > list.clientWidth)
      .map((list) => list.scrollWidth - list.clientWidth + ' px: ' + list.querySelector('tr')?.textContent)`,
  )

/** Dates of which a part is cut off or sticks out of the box around them. */
const findCutDates = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('main time')].filter((time) => {
      const { right, width } = time.getBoundingClientRect()
      const box = time.closest('td, th, li, .panel, .section, main').getBoundingClientRect()
      return width > 1 && right > box.right + 1
    }).map((time) => innerWidth + ' px: ' + time.textContent)`,
  )

test.each(PAGE_LIST.map((listed) => [listed.name, listed] as const))(
  '%s has no accessibility fault in both colours, nothing in the console, and fits wide, narrow and narrowest',
  async (_, listed) => {
    const page = await openPage(listed)
    const complaints = collectComplaints(page)
    const answer = await page.goto(await findAddress(listed, website.store), { waitUntil: 'load' })
    const status = listed.status ?? 200
    expect(answer?.status()).toBe(status)
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme: 'light' })
      expect(await findFaults(page)).toEqual([])
      expect(await isBroad(page)).toBe(false)
      expect(await findCutDates(page)).toEqual([])
      // Colours affect only the contrast rules.
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await findFaults(page, ['color-contrast'])).toEqual([])
    }
    for (const width of [1100, 900]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await findBroadLists(page)).toEqual([])
      expect(await findCutDates(page)).toEqual([])
      const hasNavigation = (await page.locator('.settings-navigation').count()) > 0
      expect(await page.locator('.settings-navigation:visible').count()).toBe(
        hasNavigation && width >= 960 ? 1 : 0,
      )
    }
    await page.setViewportSize({ width: 320, height: 640 })
    // A graph has its new size with the next frame.
    await page.evaluate('new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))')
    expect(await isBroad(page)).toBe(false)
    expect(complaints.filter((text) => status === 200 || !text.includes(String(status)))).toEqual([])
    expect(await page.locator('h1').count()).toBe(1)
    await page.close()
  },
  30_000,
)

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
  expect(await page.locator('.wide-graph path.line').first().getAttribute('d')).toMatch(/^M\d/)
  await page.getByRole('link', { name: 'Earlier', exact: true }).click()
  expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d+$/)
  await page.locator('summary', { hasText: 'Show as table' }).click()
  expect(await page.locator('#values tbody tr').count()).toBeGreaterThan(3)
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
