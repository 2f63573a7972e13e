import { expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Store } from '../../src/storage/ports/store.ts'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, openContext } from './harness/browser.ts'
import { openSeededBrowser } from './harness/seeded-browser.ts'
import type { SeededWebsite } from './harness/website.ts'

let browser: Browser
let website: SeededWebsite
let context: BrowserContext

openSeededBrowser({ hosts: 12, minutes: 65, firstMinutes: 1500 }, async (started) => {
  ;({ browser, website } = started)
  context = await openContext(browser, website)
})

const HOST = `/hosts/${FIRST_HOST}`
const METRIC = `${HOST}/metrics/perf.processor.percent.used`

/** A packet with one value, as the host's agent would send it now. */
async function report(store: Store, host: string, value: number, metric = 'perf.processor.percent.used') {
  const now = Math.floor(Date.now() / 1000)
  const frame = { time: now, metrics: [metric], values: [value] }
  await store.ingest.write([{ host, facts: null, seen: now, clockSkew: 0, frames: [frame], events: [] }])
}

async function openPage(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints = collectComplaints(page)
  await page.goto(path)
  await page.locator('[data-live-state="live"]').waitFor()
  return { page, complaints }
}

const drawnRange = (page: Page) => page.locator('[data-charts]').getAttribute('data-charts')

/** The page's own policy forbids what `waitForFunction` needs to ask twice, so a selector waits. */
const waitForOtherRange = (page: Page, span: string | null) =>
  page.locator(`[data-charts]:not([data-charts='${span}'])`).waitFor()

test('what a host reports appears without a reload, and disturbs neither focus, selection, scroll nor what is open', async () => {
  const { page, complaints } = await openPage(HOST)
  await page.locator('#all-metrics summary').click()
  await page.evaluate(`(() => {
    window.isSamePage = true
    window.tinted = []
    const { animate } = Element.prototype
    Element.prototype.animate = function (...how) {
      window.tinted.push(this.textContent)
      return animate.apply(this, how)
    }
    getSelection().selectAllChildren(document.querySelector('h1'))
    scrollTo(0, 200)
  })()`)
  const link = page.locator('#cpu .legend a').first()
  await link.focus()
  const scroll = await page.evaluate('scrollY')
  await report(website.store, FIRST_HOST, 77.7)
  await page.locator('#cpu .legend', { hasText: '77.7' }).waitFor()
  expect(await page.evaluate('window.isSamePage')).toBe(true)
  // Only what changed is tinted.
  expect(await page.evaluate<string[]>('window.tinted')).toContain('77.7\u202f%')
  expect(await page.evaluate<string[]>('window.tinted')).not.toContain(FIRST_HOST)
  expect(await page.evaluate('scrollY')).toBe(scroll)
  expect(await page.locator('#all-metrics').getAttribute('open')).toBe('')
  expect(await page.evaluate('getSelection().toString()')).toBe(FIRST_HOST)
  expect(await page.evaluate('document.activeElement === document.querySelector("#cpu .legend a")')).toBe(
    true,
  )
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a graph of the last hour moves on by itself', async () => {
  const { page } = await openPage(METRIC)
  await page.waitForTimeout(2500)
  const before = await drawnRange(page)
  await report(website.store, FIRST_HOST, 12.3)
  await waitForOtherRange(page, before)
  await page.locator('.figures', { hasText: '12.3' }).waitFor()
  await page.close()
}, 30_000)

test('a host that is new appears in the list', async () => {
  const { page } = await openPage('/hosts')
  await page.waitForTimeout(2500)
  const facts = {
    ip: '10.9.9.9',
    platform: 'Linux',
    build: 'Debian 12',
    architecture: '64bit',
    domain: 'x',
    processors: 1,
    memoryMb: 512,
  }
  const now = Math.floor(Date.now() / 1000)
  await website.store.ingest.write([
    { host: 'newcomer', facts, seen: now, clockSkew: 0, frames: [], events: [] },
  ])
  await page.getByRole('link', { name: 'newcomer', exact: true }).waitFor()
  await page.close()
}, 30_000)

test('a graph that goes on keeps its values within its levels', async () => {
  const { page } = await openPage(`${HOST}/metrics/perf.system.load.1`)
  const highest = () => page.locator('.wide-graph .level').last().textContent()
  expect(Number(await highest())).toBeLessThan(87)
  const span = await drawnRange(page)
  await page.waitForTimeout(2500)
  await report(website.store, FIRST_HOST, 87, 'perf.system.load.1')
  await waitForOtherRange(page, span)
  await page.waitForTimeout(100)
  expect(await highest()).toBe('100')
  await page.close()
}, 30_000)

test('without the stream a page shows that and refreshes each minute', async () => {
  const page = await context.newPage()
  await page.route('**/live', (route) => route.abort())
  await page.clock.install()
  await page.goto(HOST)
  await page.locator('[data-live-state="waiting"]').waitFor()
  await report(website.store, FIRST_HOST, 33.3)
  await page.clock.fastForward(80_000)
  await page.locator('#cpu .legend', { hasText: '33.3' }).waitFor()
  await page.close()
}, 30_000)

test('a page that nobody looks at is left alone, and catches up when it is looked at', async () => {
  const { page } = await openPage(HOST)
  const show = (state: string) =>
    page.evaluate(`(() => {
      Object.defineProperty(document, 'hidden', { value: ${state === 'hidden'}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })()`)
  await show('hidden')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await report(website.store, FIRST_HOST, 44.4)
  await page.waitForTimeout(4500)
  expect(asked).toEqual([])
  await show('visible')
  await page.locator('#cpu .legend', { hasText: '44.4' }).waitFor()
  await page.close()
}, 30_000)

test('a page whose session has ended leads to signing in', async () => {
  const own = await openContext(browser, website)
  const page = await own.newPage()
  await page.goto(HOST)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.waitForTimeout(2500)
  await own.clearCookies()
  await report(website.store, FIRST_HOST, 55.5)
  await page.waitForURL('**/login?next=*')
  await own.close()
}, 30_000)

test('an event that somebody closes leaves the list although no host reports, and what is ticked stays so', async () => {
  const { page, complaints } = await openPage('/events')
  const boxes = page.locator('input[name="id"]')
  const [first, second] = [await boxes.nth(0).inputValue(), await boxes.nth(1).inputValue()]
  await boxes.nth(1).check()
  await website.store.events.close(Number(first), 'vera', Math.floor(Date.now() / 1000))
  await page.locator(`input[name="id"][value="${first}"]`).waitFor({ state: 'detached', timeout: 8000 })
  expect(await page.locator(`input[name="id"][value="${second}"]`).isChecked()).toBe(true)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)
