import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { FIRST_HOST } from '../../support/seed.ts'
import { findFaults } from '../harness/faults.ts'
import { startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 30, minutes: 10 })

const rows = (page: Page) => page.getByRole('option')
const titles = (page: Page) => page.locator('.jump-title').allTextContents()
const box = (page: Page) => page.getByRole('combobox', { name: 'Search' })

async function type(page: Page, text: string) {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(text)
  await rows(page).first().waitFor()
}

flow(
  'a host is reached by its first letters, with keys alone',
  { start: '/', ways: ['keyboard'] },
  async ({ page }) => {
    await type(page, 'web')
    expect(await titles(page)).toEqual(['web01', 'web02', 'web03', 'web04', ...(await titles(page)).slice(4)])
    expect(await box(page).getAttribute('aria-expanded')).toBe('true')
    expect(await findFaults(page)).toEqual([])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await page.getByRole('option', { selected: true }).locator('.jump-title').textContent()).toBe(
      'web02',
    )
    expect(await box(page).getAttribute('aria-activedescendant')).toBe('jump-list-1')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/hosts/web02')
  },
)

flow(
  'on a host its metrics and actions are found, and lead to a page that asks',
  { start: `/hosts/${FIRST_HOST}` },
  async ({ page, way }) => {
    await type(page, 'memory')
    await page
      .getByRole('option', { name: /Metric/ })
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    expect(await rows(page).count()).toBe(0)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('acknowledge')
    const action = page.getByRole('option', { name: `Acknowledge all events on ${FIRST_HOST}` })
    await action.waitFor()
    if (way === 'mouse') await action.click()
    else {
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
    }
    await page.waitForURL(`**/events/change-all?host=${FIRST_HOST}&acknowledged=no`)
  },
)

flow(
  'a host is muted by the form that its action leads to',
  { start: `/hosts/${FIRST_HOST}`, ways: ['keyboard'] },
  async ({ page }) => {
    await type(page, 'mute')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/hosts/${FIRST_HOST}/mute`)
    await page.getByRole('button', { name: '1 hour' }).press('Enter')
    await page
      .getByRole('status')
      .filter({ hasText: `Muted ${FIRST_HOST} until` })
      .waitFor()
  },
)

flow(
  'the colours are changed without leaving the page',
  { start: '/hosts', ways: ['keyboard'] },
  async ({ page }) => {
    const before = await page.locator('[data-theme-toggle]').getAttribute('aria-label')
    await type(page, 'theme')
    await page.getByRole('option', { name: /Change theme/ }).click()
    expect(await page.locator('[data-theme-toggle]').getAttribute('aria-label')).not.toBe(before)
    expect(new URL(page.url()).pathname).toBe('/hosts')
  },
)

flow(
  'a viewer is offered nothing that changes anything',
  { start: `/hosts/${FIRST_HOST}`, as: 'viewer', ways: ['keyboard'] },
  async ({ page }) => {
    await type(page, 'acknowledge')
    expect(await titles(page)).toEqual(['Search everything for “acknowledge”'])
  },
)

flow(
  'Enter without a choice opens the search page, and a slash leads to the box',
  { start: '/', ways: ['keyboard'] },
  async ({ page }) => {
    await page.keyboard.press('/')
    await page.keyboard.type('web01')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?q=web01')
  },
)

flow(
  'while the server refuses, the search page is still one key away',
  { start: '/', ways: ['keyboard'], isRefused: true },
  async ({ page }) => {
    await page.route('**/jump?*', (route) => route.fulfill({ status: 429, body: '' }))
    await page.keyboard.press('/')
    const answered = page.waitForResponse('**/jump?*')
    await page.keyboard.type('web')
    await answered
    expect(await rows(page).count()).toBe(0)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?q=web')
    await page.unroute('**/jump?*')
  },
)
