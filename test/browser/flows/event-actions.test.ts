import { expect } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { FIRST_HOST } from '../../support/seed.ts'
import { ALL_WAYS, startFlows, type Way } from '../harness/flow.ts'

const flow = startFlows({ hosts: 12, minutes: 5, firstMinutes: 70 })

/** The first row under "needs attention", and the number of its event. */
async function firstRow(page: Page) {
  const row = page.locator('.problem-row').first()
  const key = (await row.getAttribute('data-key')) ?? ''
  return { row: page.locator(`[data-key="${key}"]`), id: Number(key.replace('event-', '')) }
}

/** Acts at once, without another page. */
const press = (button: Locator, way: Way) => (way === 'keyboard' ? button.press('Enter') : button.click())

flow(
  'home: a problem is acknowledged, and that is undone',
  { start: '/', ways: ALL_WAYS, as: 'operator' },
  async ({ page, driver, store, user, way }) => {
    const { row, id } = await firstRow(page)
    const acknowledge = row.getByRole('button', { name: /^Acknowledge/ })
    const isPlain = way === 'plain'
    if (isPlain) await driver.follow(acknowledge)
    else await press(acknowledge, way)
    await page.getByRole('status').filter({ hasText: 'Acknowledged:' }).waitFor()
    expect((await store.events.find(id))?.acknowledgedBy).toBe(user)
    await row.waitFor({ state: 'detached' })
    const undo = page.getByRole('button', { name: 'Undo' })
    if (isPlain) await driver.follow(undo)
    else await press(undo, way)
    await page.getByText('Undone.').waitFor()
    expect((await store.events.find(id))?.acknowledgedBy).toBeNull()
    await row.waitFor()
  },
)

flow(
  'home: keys move, select and acknowledge',
  { start: '/', ways: ['keyboard'], as: 'operator' },
  async (scene) => {
    const { page, store, user } = scene
    await page.locator('[data-live-state="live"]').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    const { id } = await firstRow(page)
    await page.locator(`[data-key="event-${id}"][data-current]`).waitFor()
    await page.keyboard.press('x')
    await page.locator(`[data-key="event-${id}"][data-picked]`).waitFor()
    await page.keyboard.press('a')
    await page.getByRole('status').filter({ hasText: 'Acknowledged:' }).waitFor()
    expect((await store.events.find(id))?.acknowledgedBy).toBe(user)
    // Several events are one action with one undo.
    const two = await page
      .locator('.problem-row')
      .evaluateAll((rows) => rows.slice(0, 2).map((row) => Number(row.getAttribute('data-key')?.slice(6))))
    const owners = () =>
      Promise.all(two.map(async (one) => (await store.events.find(one))?.acknowledgedBy ?? null))
    await page.reload()
    await page.locator('[data-live-state="live"]').waitFor()
    for (const key of ['j', 'x', 'j', 'x', 'a']) await page.keyboard.press(key)
    await page.getByRole('status').filter({ hasText: 'Acknowledged 2 events' }).waitFor()
    expect(await owners()).toEqual([user, user])
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).press('Enter')
    await page.getByRole('status').filter({ hasText: 'Undone for 2 events.' }).waitFor()
    expect(await owners()).toEqual([null, null])
    await page.keyboard.press('j')
    await page.keyboard.press('m')
    await page.locator('.problem-row details[open]').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.locator('.problem-row details[open]').count()).toBe(0)
  },
)

flow(
  'an undo that comes too late says who was quicker',
  { start: '/', ways: ['mouse'], as: 'operator' },
  async ({ page, store }) => {
    const { row, id } = await firstRow(page)
    await row.getByRole('button', { name: /^Acknowledge/ }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await store.events.close(id, 'ann', Math.floor(Date.now() / 1000))
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText(`Not undone. Event #${id} was closed by ann`).waitFor()
    expect((await store.events.find(id))?.status).toBe('closed')
  },
)

flow(
  'facets narrow home, and lead on to the other lists',
  { start: '/', ways: ['mouse', 'plain'] },
  async ({ page, driver, store }) => {
    await store.hosts.giveGroups(FIRST_HOST, ['site:ams1'])
    await page.reload()
    await page.locator('.facet summary', { hasText: 'site:' }).click()
    await driver.follow(page.locator('.facet').getByRole('link', { name: 'ams1' }))
    expect(await page.locator('.cells a').count()).toBe(1)
    await driver.follow(page.locator('.rail').getByRole('link', { name: 'Hosts' }))
    expect(new URL(page.url()).searchParams.getAll('group')).toEqual(['site:ams1'])
    await page.locator('.hosts tbody tr').waitFor()
    expect(await page.locator('.hosts tbody tr').count()).toBe(1)
  },
)
