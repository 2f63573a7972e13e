import { expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { systemClock } from '../../../src/lib/clock.ts'
import { seedTroubledFleet, TROUBLES } from '../../support/troubled-fleet.ts'
import { collectComplaints, openContext } from '../harness/browser.ts'
import { findFaults } from '../harness/faults.ts'
import { openSeededBrowser } from '../harness/seeded-browser.ts'
import type { SeededWebsite } from '../harness/website.ts'

/** From home to the cause of any open event: 151 hosts with eight kinds of trouble. */

let browser: Browser
let website: SeededWebsite

openSeededBrowser(
  { hosts: 0, minutes: 0 },
  async (started) => {
    ;({ browser, website } = started)
    await seedTroubledFleet(website.store, { now: systemClock.now(), hours: 2 })
    const [taken] = (await website.store.events.list({ host: 'sql02', status: 'open', limit: 1 })).events
    await website.store.events.acknowledge(taken?.id ?? 0, 'olga', systemClock.now())
  },
  120_000,
)

test('home shows the eight worst events, how many more there are, and all hosts without scrolling', async () => {
  const context = await openContext(browser, website, { width: 1440, height: 900 })
  const page = await context.newPage()
  await page.goto('/')
  expect(await page.locator('.verdict-title').textContent()).toBe('2 hosts down')
  const seen = await page.evaluate<{ rows: number; cells: number; below: number; more: string }>(`(() => {
    const all = (selector) => [...document.querySelectorAll(selector)]
    const shown = all('.problem-row, .problems-more, .cells .cell')
    return {
      rows: all('.problem-row').length,
      cells: all('.cells .cell').length,
      below: shown.filter((one) => one.getBoundingClientRect().bottom > innerHeight).length,
      more: document.querySelector('.problems-more').textContent,
    }
  })()`)
  expect(seen).toEqual({ rows: 8, cells: 151, below: 0, more: '8 more: 3 warning, 5 information' })
  // The first look asks for the forecast, a later one has it.
  const disk = page.locator('.problem-row:has(a[href="/hosts/db03"])')
  for (let i = 0; i < 50 && !(await disk.textContent())?.includes('full in'); i++) {
    await page.waitForTimeout(100)
    await page.reload()
  }
  expect((await disk.textContent())?.replace(/\s+/g, ' ')).toContain('above 90 % for 15 min, full in ')
  await context.close()
}, 60_000)

test('a cell of the map says what its host is about to a pointer and to the focus, and Escape ends it', async () => {
  const context = await openContext(browser, website, { width: 1440, height: 900 })
  const page = await context.newPage()
  const complaints = collectComplaints(page)
  await page.goto('/?fill=disk')
  const card = page.getByRole('tooltip')
  await page.locator('a.cell[href="/hosts/db03"]').hover()
  await card.waitFor()
  for (const words of [
    'db03',
    'Up',
    '/var/lib/postgresql is 93.2\u00a0% full',
    'Network',
    'Fullest disk, last 24 hours',
  ])
    expect(await card.textContent()).toContain(words)
  expect(await card.locator('svg path').count()).toBeGreaterThan(0)
  // It stays while the pointer goes into it, lies inside of the window, and its cell is described by it.
  await card.hover()
  await page.waitForTimeout(400)
  const box = await card.boundingBox()
  expect(Math.min(box?.x ?? -1, box?.y ?? -1, 1440 - (box?.x ?? 0) - (box?.width ?? 0))).toBeGreaterThan(0)
  expect(await page.locator('a.cell[href="/hosts/db03"]').getAttribute('aria-describedby')).toBe('cell-card')
  expect(await findFaults(page)).toEqual([])
  await page.keyboard.press('Escape')
  await card.waitFor({ state: 'hidden' })
  await page.locator('.map-by a').last().focus()
  await page.locator('a.cell').first().focus()
  await page.keyboard.press('Tab')
  await card.waitFor()
  const second = await page.evaluate<string>('document.activeElement.textContent')
  expect(second).toContain((await card.locator('b').textContent()) ?? '?')
  await page.locator('.verdict a').first().focus()
  await card.waitFor({ state: 'hidden' })
  expect(complaints).toEqual([])
  await context.close()
}, 60_000)

/** Follows a link and counts it. */
async function click(page: Page, clicks: { count: number }, selector: string) {
  clicks.count++
  await page.locator(selector).first().click()
}

for (const javaScript of [true, false])
  test(`the cause and the owner of every kind of trouble are two clicks from home ${javaScript ? 'with' : 'without'} scripts`, async () => {
    const context = await openContext(browser, website, { javaScript })
    const page = await context.newPage()
    for (const { host, cause } of TROUBLES) {
      await page.goto('/')
      const clicks = { count: 0 }
      const row = `.problem-row:has(a[href="/hosts/${host}"]) .problem-words a`
      if ((await page.locator(row).count()) > 0) await click(page, clicks, row)
      else {
        // Less bad, or looked after already: the list has it.
        await click(page, clicks, host === 'sql02' ? 'nav a[href="/events"]' : '.problems-more a')
        await click(page, clicks, `tr:has(a[href="/hosts/${host}"]) a:is([href*="event="])`)
      }
      await page.getByRole('heading', { name: 'What else changed' }).waitFor()
      expect({ host, clicks: clicks.count }).toEqual({ host, clicks: Math.min(clicks.count, 2) })
      const owner = await page.locator('.facts').first().textContent()
      expect(owner).toContain(host === 'sql02' ? 'by olga' : 'by nobody yet')
      if (cause === null) continue
      expect(await page.locator('.event-chart svg').count()).toBeGreaterThan(0)
      // Among the first graphs on the page.
      const changed = await page
        .locator('.changed h3 a')
        .evaluateAll((links) =>
          links
            .slice(0, 4)
            .map((link) => decodeURIComponent(String(link)).split('/metrics/')[1]?.split('?')[0]),
        )
      expect({ host, changed }).toEqual({ host, changed: expect.arrayContaining([cause]) })
    }
    await context.close()
  }, 120_000)
