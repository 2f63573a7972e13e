import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'
import { systemClock } from '../../../src/lib/clock.ts'
import { fillLargeHost } from '../../support/large-host.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { ALL_WAYS, type Scene, startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 10, minutes: 5, firstMinutes: 500 })

const HOST = `/hosts/${FIRST_HOST}`
const MEMORY = `${HOST}/metrics/perf.memory.percent.used`
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true })

/** The time that the address asks for, by both its ends. */
function readTimes(page: Page) {
  const { searchParams } = new URL(page.url())
  const [from, to] = [Number(searchParams.get('from')), Number(searchParams.get('to'))]
  return { from, to, length: to - from }
}

/** Without scripts the same link loads the page again. */
async function goTo({ driver, page }: Scene, place: Locator, address: RegExp) {
  await driver.activate(place)
  await page.waitForURL(address)
}

const BOTH_ENDS = /from=\d+&to=\d+/

async function openRange(scene: Scene, key: string) {
  const { page } = scene
  await goTo(scene, link(page, key), new RegExp(`range=${key}(&|$)`))
  await page.locator('.segments a[aria-current]', { hasText: key }).waitFor()
}

/** Waits until the address has another time than before. */
async function moveBy(scene: Scene, place: Locator) {
  const before = scene.page.url()
  await scene.driver.activate(place)
  await scene.page.waitForURL((url) => url.href !== before && BOTH_ENDS.test(url.search))
  return readTimes(scene.page)
}

async function typeTime(scene: Scene, from: string, to: string) {
  const { driver, page } = scene
  await driver.type(page.getByLabel('From', { exact: true }), from)
  await driver.type(page.getByLabel('to', { exact: true }), to)
  await driver.activate(button(page, 'Show'))
}

/** Drags over the middle half of a drawing; `look` sees it before the end. */
async function zoomBetween({ driver, page }: Scene, place: Locator, look: () => Promise<void>) {
  await driver.reach(place)
  const box = await place.boundingBox()
  if (!box) throw new Error('the drawing has no place')
  const height = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * 0.25, height)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, height, { steps: 3 })
  await page.mouse.move(box.x + box.width * 0.75, height, { steps: 3 })
  await look()
  await page.mouse.up()
}

flow(
  'a graph shows other times: by ranges, steps, zooming, back and what is typed',
  { start: MEMORY, ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, way } = scene
    const isPlain = way === 'plain'
    await openRange(scene, '6h')
    const earlier = await moveBy(scene, link(page, 'Earlier'))
    expect(earlier.length).toBe(6 * 3600)
    const later = await moveBy(scene, link(page, 'Later'))
    expect(later.from - earlier.from).toBe(3 * 3600)
    // To the end of time, where the step has nowhere to lead and yet keeps the focus.
    if (!isPlain) {
      const step = page.locator('.steps .button', { hasText: 'Later' })
      await page.locator(`[data-charts*='"from":${later.from}']`).waitFor()
      if ((await step.getAttribute('aria-disabled')) === null) await driver.activate(step)
      await page.locator('.steps [aria-disabled]', { hasText: 'Later' }).waitFor()
      await moveBy(scene, link(page, 'Earlier'))
    }
    const closer = await moveBy(scene, link(page, 'Zoom in'))
    expect(closer.length).toBe(3 * 3600)
    if (!isPlain) {
      if (way === 'mouse')
        await zoomBetween(scene, page.locator('.wide-graph .plot'), () =>
          page.locator('.tip', { hasText: '%' }).waitFor(),
        )
      else {
        await driver.reach(page.locator('[data-chart-keys]'))
        await page.keyboard.press('+')
      }
      await page.waitForURL(
        (url) => BOTH_ENDS.test(url.search) && !url.search.includes(`from=${closer.from}`),
      )
      const zoomed = readTimes(page)
      expect(Math.abs(zoomed.length - 1.5 * 3600)).toBeLessThan(200)
      expect(Math.abs(zoomed.from - closer.from - 2700)).toBeLessThan(200)
      if (way === 'keyboard') {
        await page.keyboard.press('ArrowLeft')
        await page.waitForURL((url) => !url.search.includes(`from=${zoomed.from}`))
        expect(readTimes(page)).toEqual({ from: zoomed.from - 2700, to: zoomed.to - 2700, length: 5400 })
        await page.goBack()
      }
      await page.goBack()
      expect(readTimes(page)).toEqual(closer)
      // What is shown follows the address.
      await page.locator(`[data-charts*='"from":${closer.from},"to":${closer.to}']`).waitFor()
    }
    const wider = await moveBy(scene, link(page, 'Zoom out'))
    expect(wider.length).toBe(6 * 3600)
    await driver.activate(page.getByText('Custom range'))
    await typeTime(scene, '2026-01-02T23:30', '2026-01-02T13:30')
    if (isPlain) await driver.activate(page.getByText('Custom range'))
    else await page.getByText('The beginning has to be before the end.').waitFor()
    await typeTime(scene, '2026-01-02T13:30', '2026-01-02T23:30')
    if (isPlain) await page.waitForURL(/from=2026-01-02T13%3A30&to=2026-01-02T23%3A30/)
    else
      await page.waitForURL(
        `**${MEMORY}?from=${Date.UTC(2026, 0, 2, 13, 30) / 1000}&to=${Date.UTC(2026, 0, 2, 23, 30) / 1000}`,
      )
    await page.getByText('No samples in this period').first().waitFor()
    await page.locator('.lead', { hasText: '10 h' }).waitFor()
    // From there to where there are some.
    await moveBy(scene, link(page, 'Show latest'))
    await page.locator('.wide-graph path.line:not([d=""])').waitFor({ state: 'attached' })
  },
)

flow('the graphs of a host show other times together', { start: HOST, ways: ALL_WAYS }, async (scene) => {
  const { driver, page, way } = scene
  await openRange(scene, '6h')
  if (way === 'mouse') {
    const plot = page.locator('.cursor-field .plot').first()
    await plot.scrollIntoViewIfNeeded()
    await zoomBetween(scene, plot, () => page.locator('.zoom-mark').waitFor())
    await page.waitForURL(BOTH_ENDS)
    expect(Math.abs(readTimes(page).length - 3 * 3600)).toBeLessThan(300)
    await page.locator('.segments a[aria-current]').waitFor({ state: 'detached' })
    await page.goBack()
    await page.locator('.segments a[aria-current]', { hasText: '6h' }).waitFor()
  }
  await driver.activate(page.getByText('Custom range'))
  await typeTime(scene, '2026-01-02T23:30', '2026-01-02T22:30')
  if (way !== 'plain')
    expect(
      await page
        .getByLabel('to', { exact: true })
        .evaluate('document.querySelector("[data-span-form]").checkValidity()'),
    ).toBe(false)
  else await driver.activate(page.getByText('Custom range'))
  await typeTime(scene, '2026-01-02T22:00', '2026-01-02T23:00')
  await page.waitForURL((url) => url.searchParams.has('from') && !url.search.includes('22%3A30'))
  await page.locator('h2', { hasText: '2026-01-02 22:00' }).waitFor()
  await driver.activate(link(page, 'Zoom out'))
  await page.waitForURL(BOTH_ENDS)
  await openRange(scene, '1h')
})

flow(
  'a host with five hundred metrics shows the first of each kind, and a section whole when asked to',
  // Not with the keyboard: five hundred links lie before it.
  { start: '/hosts', ways: ['mouse', 'plain'] },
  async ({ driver, page, store, way }) => {
    const host = `large-${way}`
    await fillLargeHost(store, { host, now: systemClock.now(), minutes: 10 })
    await page.goto(`/hosts/${host}`)
    const rows = page.locator('#disks .disks tbody tr')
    const graphs = page.locator('#disks figure')
    const count = async () => [await rows.count(), await graphs.count()]
    expect(await count()).toEqual([8, 4])
    await page.getByRole('link', { name: /^Show all of Disks: \d+ more graphs, 8 more rows$/ }).press('Enter')
    const less = page.getByRole('link', { name: 'Show less of Disks' })
    await less.waitFor()
    expect(await count()).toEqual([12, 20])
    // The focus is still where it was, and what was opened stays while another time is looked at.
    if (way !== 'plain')
      expect(await page.evaluate('document.activeElement.textContent')).toContain('Show less')
    await driver.activate(link(page, '6h'))
    await page.waitForURL(/range=6h/)
    await less.waitFor()
    await driver.activate(less)
    await page.getByRole('link', { name: /^Show all of Disks/ }).waitFor()
    expect(await count()).toEqual([8, 4])
    // A link to a graph keeps the time.
    expect(await page.locator('#cpu .values a').first().getAttribute('href')).toContain('?range=6h')
    if (way === 'plain') return
    // The cursor over a hundred lines asks for them in as many questions as addresses have room for.
    await page.goto(`/hosts/${host}?graphs=all`)
    const answers: number[] = []
    page.on('response', (answer) => {
      if (answer.url().includes('/api/v1/series')) answers.push(answer.status())
    })
    const figure = page.locator('#cpu .legend b').first()
    const newest = await figure.textContent()
    const box = await page.locator('#cpu .plot').first().boundingBox()
    if (!box) throw new Error('the drawing has no place')
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2)
    await page
      .locator('#cpu .legend a')
      .first()
      .filter({ hasNotText: newest ?? '' })
      .waitFor()
    expect([answers.length > 1, ...new Set(answers)]).toEqual([true, 200])
  },
)

flow(
  'what a graph shows is saved as figures and as a picture, and opened as a table',
  { start: `${MEMORY}?range=6h`, ways: ALL_WAYS },
  async ({ driver, page, way }) => {
    const save = async (place: Locator) => {
      const [file] = await Promise.all([page.waitForEvent('download'), driver.activate(place)])
      return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) }
    }
    const table = await save(link(page, 'CSV'))
    expect(table.name).toBe(`${FIRST_HOST}-perf.memory.percent.used.csv`)
    expect(table.bytes.toString().split('\r\n').length).toBeGreaterThan(300)
    const png = button(page, 'PNG')
    if (way === 'plain') expect(await png.isVisible()).toBe(false)
    else {
      const picture = await save(png)
      expect(picture.name).toBe(`${FIRST_HOST}-perf.memory.percent.used.png`)
      expect(picture.bytes.subarray(1, 4).toString()).toBe('PNG')
      expect(picture.bytes.readUInt32BE(16)).toBeGreaterThan(600)
    }
    const details = page.locator('details', { hasText: 'Show as table' })
    await driver.activate(details.locator('summary'))
    expect(await details.locator('tbody tr').count()).toBeGreaterThan(10)
    await details.locator('tbody tr').first().waitFor()
  },
)

const seriesOf = (page: Page) => new URL(page.url()).searchParams.getAll('series')

flow(
  'metrics of several hosts are found, compared, saved, sent to somebody and taken away',
  { start: '/compare', as: 'viewer', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, way, signInElsewhere } = scene
    const lines = page.locator('.wide-graph path.line')
    await driver.type(page.getByLabel('Host'), '01')
    await driver.type(page.getByLabel('Metric'), 'load.1')
    await driver.follow(button(page, 'Find'))
    for (const name of [/^db01 .*load\.1$/, /^web01 .*load\.1$/])
      await driver.toggle(page.getByRole('checkbox', { name }))
    await driver.follow(button(page, 'Add to the graph'))
    const both = ['db01:perf.system.load.1', 'web01:perf.system.load.1']
    expect(seriesOf(page)).toEqual(both)
    expect(await lines.count()).toBe(2)
    await openRange(scene, '6h')
    expect(seriesOf(page)).toEqual(both)
    const [table] = await Promise.all([page.waitForEvent('download'), driver.activate(link(page, 'CSV'))])
    expect(readFileSync(await table.path(), 'utf8')).toContain('db01:perf.system.load.1')
    if (way !== 'plain') {
      const [picture] = await Promise.all([
        page.waitForEvent('download'),
        driver.activate(button(page, 'PNG')),
      ])
      expect(readFileSync(await picture.path()).length).toBeGreaterThan(10_000)
      const visit = await signInElsewhere('viewer')
      const { pathname, search } = new URL(page.url())
      const { text } = await visit(pathname + search)
      expect(both.filter((line) => text.includes(`data-cursor-value="${line}"`))).toEqual(both)
      expect(text).toContain('lines, the last 6 hours')
    }
    await driver.follow(page.getByRole('link', { name: 'Remove perf.system.load.1 of db01' }))
    expect(seriesOf(page)).toEqual(both.slice(1))
    expect(await lines.count()).toBe(1)
    await driver.follow(page.getByRole('link', { name: 'Remove perf.system.load.1 of web01' }))
    await page.getByRole('heading', { name: 'Choose what to compare' }).waitFor()
  },
)

flow(
  'a line is added to a graph in place, shown in other ways, and taken out again',
  { start: `${MEMORY}?range=24h`, ways: ALL_WAYS },
  async (scene) => {
    const { driver, page } = scene
    await driver.type(page.getByLabel('Host'), 'web01')
    await driver.type(page.getByLabel('Metric'), 'memory percent')
    await driver.follow(button(page, 'Find'))
    await driver.toggle(page.getByRole('checkbox', { name: /^web01 .*memory\.percent\.used$/ }))
    await driver.follow(button(page, 'Add to the graph'))
    expect(new URL(page.url()).pathname).toBe(MEMORY)
    expect(seriesOf(page)).toEqual(['web01:perf.memory.percent.used'])
    await page.locator('.segments a[aria-current]', { hasText: '24h' }).waitFor()
    expect(await page.locator('.wide-graph path.line').count()).toBe(2)
    await driver.follow(page.getByRole('link', { name: 'Remove perf.memory.percent.used of web01' }))
    expect(seriesOf(page)).toEqual([])
    const ends = () => page.locator('.wide-graph .level').last().textContent()
    expect(await ends()).toBe('100\u202f%')
    await goTo(scene, link(page, 'Fit'), /scale=fit/)
    await page.locator('.looks [aria-current]', { hasText: 'Fit' }).waitFor()
    expect(await ends()).not.toBe('100\u202f%')
    await goTo(scene, link(page, '+ a day earlier'), /scale=fit.*before=day/)
    await page.locator('.looks [aria-current]', { hasText: 'a day earlier' }).waitFor()
    await openRange(scene, '6h')
    expect(page.url()).toContain('before=day')
    await page.locator('.plot .ghost').waitFor({ state: 'attached' })
    await page.getByRole('link', { name: 'Save view' }).waitFor()
    await page.locator('.ghost-legend', { hasText: 'the last 6 hours a day earlier: no samples' }).waitFor()
  },
)
