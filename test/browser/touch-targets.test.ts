import { expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { openContext } from './harness/browser.ts'
import { findFaults } from './harness/faults.ts'
import { openSeededBrowser } from './harness/seeded-browser.ts'
import { type SeededWebsite, USER } from './harness/website.ts'
import { findAddress, PAGE_LIST } from './page-list.ts'

let browser: Browser
let website: SeededWebsite

openSeededBrowser(
  {
    hosts: 30,
    minutes: 65,
    firstMinutes: 2 * 1440,
    oddNames: true,
    settings: true,
  },
  async (started) => {
    ;({ browser, website } = started)
    await website.store.hosts.giveGroups(FIRST_HOST, ['shop', 'amsterdam', `role:${'x'.repeat(55)}`])
    // The first of every list: a name without a place to break it, as long as a label may be.
    const now = Math.floor(Date.now() / 1000)
    await website.store.ingest.write([
      { host: `a${'0'.repeat(62)}`, facts: null, seen: now, clockSkew: 0, frames: [], events: [] },
    ])
  },
)

/**
 * What can be touched and is smaller than 24 px either way. As WCAG 2.5.8 has it, links within a sentence are
 * exempt, and so are those inside a graph, whose place says something.
 */
const findSmall = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const shows = { opacityProperty: true, visibilityProperty: true }
    const inSentence = (link) => {
      const around = link.parentElement
      if (getComputedStyle(link).display !== 'inline' || !around.matches('p, li, td, dd, small, label')) return false
      return [...around.childNodes].some((node) => node.nodeType === 3 && /[a-z]{2}/i.test(node.data))
    }
    const small = []
    for (const target of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')) {
      if (!target.checkVisibility(shows) || target.closest('.visually-hidden, .skip, svg')) continue
      if (target.matches('a') && inSentence(target)) continue
      // A label around a box is touched as well.
      const touched = target.closest('label') ?? target
      const { width, height } = touched.getBoundingClientRect()
      if (width === 0 || (width >= 24 && height >= 24)) continue
      small.push(Math.round(width) + ' x ' + Math.round(height) + ' ' + (target.closest('[class]')?.className ?? '') + ': ' + target.outerHTML.slice(0, 100))
    }
    return small.slice(0, 4)
  })()`)

const findWide = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth > clientWidth ? ['is ' + scrollWidth + ' px wide'] : []
  })()`)

test('in a wide window long names and groups widen neither page nor form', async () => {
  const context = await openContext(browser, website, { width: 1280 })
  const page = await context.newPage()
  const faults: string[] = []
  for (const name of ['window-new', 'compare-find', 'search', 'report-events', 'rule-new', 'home', 'host']) {
    const listed = PAGE_LIST.find((one) => one.name === name)
    await page.goto(listed?.path ?? name)
    for (const fault of await findWide(page)) faults.push(`${name} ${fault}`)
    for (const box of await page.locator('main select[name=group]').all())
      expect((await box.boundingBox())?.width).toBeLessThan(260)
  }
  expect(faults).toEqual([])
  await context.close()
}, 60_000)

test('on a phone everything that can be touched is at least 24 px wide and high, and nothing is wider than it', async () => {
  const faults: string[] = []
  const context = await openContext(browser, website, { width: 390, user: USER })
  const page = await context.newPage()
  for (const listed of PAGE_LIST.filter(({ ofEmpty, user }) => !ofEmpty && user === undefined)) {
    const path = await findAddress(listed, website.store)
    await page.goto(path)
    for (const fault of [...(await findSmall(page)), ...(await findWide(page))])
      faults.push(`${path}: ${fault}`)
  }
  expect(faults).toEqual([])
  await context.close()
}, 120_000)

test('after an action on a host with a long name Undo is within reach', async () => {
  for (const width of [1440, 390]) {
    const context = await openContext(browser, website, { width })
    const page = await context.newPage()
    await page.goto('/')
    await page.locator('[data-live-state="live"]').waitFor()
    const row = page.locator('.problem-row:has(.problem-host a:text("long-"))').first()
    await row.getByRole('button', { name: /^Acknowledge/ }).click()
    const undo = page.locator('.toast').getByRole('button', { name: 'Undo' })
    const box = await undo.boundingBox()
    expect((box?.x ?? 9999) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
    await undo.click()
    await page.locator('.toast', { hasText: 'Undone.' }).waitFor()
    await context.close()
  }
}, 60_000)

test('a long name on a wall does not lie over what stands beside it, wherever it stands in the list', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  for (const [width, height] of [
    [1440, 600],
    [1440, 900],
    [1100, 800],
    [390, 700],
  ] as const) {
    await page.setViewportSize({ width, height })
    await page.goto('/?kiosk')
    expect(await page.locator('.problem-host a', { hasText: 'long-' }).count()).toBe(1)
    expect(await findFaults(page, ['target-size'])).toEqual([])
  }
  await context.close()
}, 60_000)
