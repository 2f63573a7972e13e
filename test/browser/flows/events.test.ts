import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Event } from '../../../src/domain/event.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { refreshPage } from '../harness/browser.ts'
import { ALL_WAYS, type Scene, startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 12, minutes: 10 })

const now = () => Math.floor(Date.now() / 1000)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
let events = 0

/** Opens so many events of a metric of this run alone, which a filter then finds. */
async function openEvents({ store, way }: Scene, count: number, host = FIRST_HOST): Promise<Event[]> {
  const metric = `perf.${way}.${++events}`
  const reports = Array.from({ length: count }, (_, i) => ({
    uid: `${metric}-${i}`,
    change: 1,
    time: now() - 60 * (count - i),
    // One metric has one open event at most.
    metric: count === 1 ? metric : `${metric}.${i}`,
    severity: 2 as const,
    status: 'open' as const,
    message: `${metric} no ${i}`,
  }))
  await store.events.report(host, reports)
  return findEvents(store, metric)
}

async function findEvents(store: Scene['store'], words: string): Promise<Event[]> {
  return (await store.events.list({ words: [words], limit: 100 })).events
}

const actionsOf = async ({ store }: Scene, id: number) =>
  (await store.events.history(id)).map(({ action, actor, comment }) => [action, actor, comment])

flow(
  'the list is narrowed by status, severity, host, metric, time and acknowledgement',
  { start: '/events', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, way } = scene
    const [event] = await openEvents(scene, 1)
    if (!event) throw new Error('no event was opened')
    await page.reload()
    const rows = page.locator('tbody tr')
    const count = async (query: object) => (await store.events.list({ limit: 1000, ...query })).total
    const status = page.getByRole('navigation', { name: 'Status' })
    for (const name of ['Closed', 'All', 'Open'] as const) {
      await driver.follow(status.getByRole('link', { name }))
      expect(await rows.count()).toBe(await count(name === 'All' ? {} : { status: name.toLowerCase() }))
    }
    await driver.follow(
      page.getByRole('group', { name: 'Severity', exact: true }).getByRole('link', { name: /Major/ }),
    )
    expect(await rows.count()).toBe(await count({ status: 'open', severity: 2 }))
    // An active filter is shown opened.
    await driver.type(page.getByLabel('Host', { exact: true }), FIRST_HOST)
    await driver.type(page.getByLabel('Metric'), event.metric)
    await driver.choose(page.getByLabel('Acknowledged'), 'no')
    await driver.type(page.getByLabel('Opened from'), '2026-01-02T13:05')
    await driver.follow(button(page, 'Filter'))
    expect(await rows.count()).toBe(1)
    const { searchParams } = new URL(page.url())
    // Scripts send the time as a number, because the time zone is that of the browser.
    const typed = '2026-01-02T13:05'
    expect(searchParams.get('from')).toBe(way === 'plain' ? typed : String(Date.parse(`${typed}Z`) / 1000))
    expect(searchParams.get('severity')).toBe('2')
    await driver.choose(page.getByLabel('Acknowledged'), 'yes')
    await driver.follow(button(page, 'Filter'))
    await page.getByText('No open event matches').waitFor()
    await driver.follow(page.getByRole('link', { name: 'Show all', exact: true }))
    expect(await rows.count()).toBe(await count({ status: 'open' }))
    await driver.activate(page.getByText('Filter', { exact: true }).first())
    await page.getByLabel('Metric').waitFor()
  },
)

flow(
  'an event is acknowledged, commented, closed and reopened on its page',
  { start: '/events', as: 'operator', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, user } = scene
    const [event] = await openEvents(scene, 1)
    const id = event?.id ?? 0
    await page.goto(`/events?metric=${event?.metric}`)
    await driver.follow(page.getByRole('link', { name: event?.message ?? '' }))
    // A wide window shows it beside the list; the whole page is one step further.
    expect(new URL(page.url()).searchParams.get('event')).toBe(String(id))
    await driver.follow(page.getByRole('link', { name: `Event #${id}` }))
    const comment = page.getByLabel('Comment', { exact: true })
    await driver.type(comment, 'I look after it')
    await driver.follow(button(page, 'Acknowledge'))
    await page.getByText(`by ${user} at`).waitFor()
    expect((await store.events.find(id))?.acknowledgedBy).toBe(user)
    await driver.type(comment, 'It was a log')
    await driver.follow(button(page, 'Add comment'))
    await page.getByText('It was a log').waitFor()
    await driver.follow(button(page, 'Close'))
    await button(page, 'Reopen').waitFor()
    expect((await store.events.find(id))?.status).toBe('closed')
    await driver.follow(button(page, 'Reopen'))
    await button(page, 'Close').waitFor()
    expect((await store.events.find(id))?.status).toBe('open')
    expect((await actionsOf(scene, id)).slice(1)).toEqual([
      ['acknowledged', user, 'I look after it'],
      ['comment', user, 'It was a log'],
      ['closed', user, null],
      ['reopened', user, null],
    ])
  },
)

flow(
  'an event is acknowledged, closed and reopened in the list, with the comment typed there',
  { start: '/events', as: 'operator', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, user } = scene
    const [event] = await openEvents(scene, 1)
    const id = event?.id ?? 0
    await page.goto(`/events?metric=${event?.metric}`)
    await driver.follow(button(page, `Acknowledge event ${id} of ${FIRST_HOST}`))
    await page.locator('tbody .col-owner', { hasText: user }).first().waitFor()
    expect((await store.events.find(id))?.status).toBe('open')
    expect((await actionsOf(scene, id)).at(-1)).toEqual(['acknowledged', user, null])
    // One click in a list closes nothing: closing takes a box and a button, or the page of the event.
    expect(await button(page, `Acknowledge event ${id} of ${FIRST_HOST}`).count()).toBe(0)
    await driver.toggle(page.getByLabel(`Select event ${id} of ${FIRST_HOST}`))
    await driver.type(page.getByLabel('Comment'), 'cleaned up')
    await driver.follow(button(page, 'Close selected'))
    await page.getByText('No open event matches').waitFor()
    expect((await store.events.find(id))?.status).toBe('closed')
    expect((await actionsOf(scene, id)).at(-1)).toEqual(['closed', user, 'cleaned up'])
    await driver.follow(
      page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'Closed' }),
    )
    await driver.follow(button(page, `Reopen event ${id} of ${FIRST_HOST}`))
    expect((await store.events.find(id))?.status).toBe('open')
  },
)

flow(
  'all that fit are acknowledged, then closed, with a comment',
  { start: '/events', as: 'operator', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, user } = scene
    const events = await openEvents(scene, 3)
    const metric = events[0]?.metric.slice(0, -2) ?? ''
    for (const [name, status] of [
      ['Acknowledge all 3', 'open'],
      ['Close all 3', 'closed'],
    ] as const) {
      await page.goto(`/events/change-all?metric=${metric}`)
      await driver.type(page.getByLabel('Comment'), name)
      await driver.follow(button(page, name))
      expect(new URL(page.url()).pathname).toBe('/events')
      for (const { id } of events) {
        expect((await store.events.find(id))?.status).toBe(status)
        expect((await actionsOf(scene, id)).at(-1)?.slice(1)).toEqual([user, name])
      }
    }
  },
)

flow(
  'events are chosen, all at once where scripts run, acknowledged and closed together',
  { start: '/events', as: 'operator', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, user, way } = scene
    // A host of its own each: the list is filtered by it.
    const host = { mouse: 'web01', keyboard: 'mail01', plain: 'build01' }[way]
    const opened = await openEvents(scene, 3, host)
    await page.goto(`/events?host=${host}`)
    const boxes = page.getByLabel(/^Select event/)
    const all = page.getByLabel('Select all')
    const left = opened[0]?.id ?? 0
    expect(await boxes.count()).toBeGreaterThanOrEqual(3)
    if (way === 'plain') {
      expect(await all.isVisible()).toBe(false)
      for (let i = 0; i < (await boxes.count()); i++) await driver.toggle(boxes.nth(i))
    } else {
      await driver.toggle(all)
      await page.getByText(`${await boxes.count()} selected`).waitFor()
    }
    await driver.toggle(page.getByLabel(`Select event ${left} of ${host}`))
    if (way !== 'plain') {
      await page.getByText(`${(await boxes.count()) - 1} selected`).waitFor()
      expect(await all.evaluate('document.querySelector("[data-check-all]").indeterminate')).toBe(true)
    }
    await driver.type(page.getByLabel('Comment'), 'The night shift looks')
    await driver.follow(button(page, 'Acknowledge selected'))
    expect(new URL(page.url()).searchParams.get('host')).toBe(host)
    for (const { id } of opened) {
      expect((await store.events.find(id))?.acknowledgedBy ?? null).toBe(id === left ? null : user)
      if (id !== left)
        expect((await actionsOf(scene, id)).at(-1)).toEqual(['acknowledged', user, 'The night shift looks'])
    }
    for (const { id } of opened.slice(1))
      await driver.toggle(page.getByLabel(`Select event ${id} of ${host}`))
    await driver.follow(button(page, 'Close selected'))
    expect(await page.getByLabel(`Select event ${left} of ${host}`).count()).toBe(1)
    for (const { id } of opened)
      expect((await store.events.find(id))?.status).toBe(id === left ? 'open' : 'closed')
  },
)

flow(
  'the list is sorted by its heads, and shows an event beside itself',
  { start: '/events', as: 'operator', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store } = scene
    const opened = await openEvents(scene, 2)
    const metric = opened[0]?.metric.slice(0, -2) ?? ''
    await store.events.report('web01', [
      {
        uid: metric,
        change: 1,
        time: now() - 900,
        metric: `${metric}.9`,
        severity: 1,
        status: 'open',
        message: `${metric} is worst`,
      },
    ])
    await page.goto(`/events?metric=${metric}`)
    const hosts = () => page.locator('tbody th').allInnerTexts()
    expect(await hosts()).toEqual(['web01', FIRST_HOST, FIRST_HOST])
    await driver.follow(page.getByRole('link', { name: 'Host', exact: true }))
    expect(await hosts()).toEqual([FIRST_HOST, FIRST_HOST, 'web01'])
    await driver.follow(page.getByRole('link', { name: 'Since' }))
    await driver.follow(page.getByRole('link', { name: 'Since' }))
    expect(await hosts()).toEqual(['web01', FIRST_HOST, FIRST_HOST])
    // Without a selection no action is offered.
    expect(await button(page, 'Close selected').isVisible()).toBe(false)
    await driver.follow(page.getByRole('link', { name: `${metric} is worst` }))
    const beside = page.getByRole('region', { name: /^Event / })
    await beside.getByRole('heading', { name: `${metric} is worst` }).waitFor()
    expect(await hosts()).toHaveLength(3)
    expect(await page.locator('tbody tr[aria-current]').count()).toBe(1)
    await driver.follow(beside.getByRole('link', { name: /details$/ }))
    expect(await beside.count()).toBe(0)
  },
)

flow(
  'a click with Shift selects everything between two boxes',
  { start: '/events', as: 'operator' },
  async (scene) => {
    const { page } = scene
    const opened = await openEvents(scene, 4)
    await page.goto(`/events?metric=${opened[0]?.metric.slice(0, -2)}`)
    const boxes = page.getByLabel(/^Select event/)
    await boxes.nth(0).click()
    await boxes.nth(2).click({ modifiers: ['Shift'] })
    await page.getByText('3 selected').waitFor()
    expect(await boxes.nth(3).isChecked()).toBe(false)
    await boxes.nth(0).click({ modifiers: ['Shift'] })
    await page.getByText('3 selected').waitFor({ state: 'hidden' })
    expect(await button(page, 'Close selected').isVisible()).toBe(false)
  },
)

flow(
  'what has the focus and what was chosen stay so when an event opens meanwhile',
  { start: '/events' },
  async (scene) => {
    const { driver, page } = scene
    const [event] = await openEvents(scene, 1)
    await page.goto(`/events?host=${FIRST_HOST}`)
    const box = page.getByLabel(`Select event ${event?.id} of ${FIRST_HOST}`)
    await driver.toggle(box)
    await page.getByText('1 selected').waitFor()
    await page.locator('[data-live-state="live"]').waitFor()
    const [fresh] = await openEvents(scene, 1)
    await refreshPage(page)
    await page.getByLabel(`Select event ${fresh?.id} of ${FIRST_HOST}`).waitFor()
    expect(await box.isChecked()).toBe(true)
    expect(await page.evaluate('document.activeElement.value')).toBe(String(event?.id))
    expect(await page.getByText('1 selected').count()).toBe(1)
    await driver.toggle(box)
    expect(await box.isChecked()).toBe(false)
  },
)
