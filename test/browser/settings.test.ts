import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite } from './website.ts'

let browser: Browser
let website: SeededWebsite
let context: BrowserContext
let receiver: ReturnType<typeof Bun.serve>
const received: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  website = await startSeededWebsite({ hosts: 12, minutes: 10, settings: true })
  context = await openContext(browser, website)
  receiver = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      received.push(await request.text())
      return new Response('noted with thanks')
    },
  })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await website?.close()
  await receiver?.stop(true)
})

async function openPage(path: string, from = context): Promise<{ page: Page; complaints: string[] }> {
  const page = await from.newPage()
  const complaints = collectComplaints(page)
  await page.goto(path)
  return { page, complaints }
}

test('events are chosen all at once and acknowledged with a comment', async () => {
  const { page, complaints } = await openPage('/events?severity=1')
  const rows = await page.locator('tbody tr').count()
  expect(rows).toBeGreaterThan(1)
  await page.getByLabel('Choose all').check()
  await page.getByText(`${rows} chosen`).waitFor()
  await page
    .getByLabel(/^Choose event/)
    .first()
    .uncheck()
  await page.getByText(`${rows - 1} chosen`).waitFor()
  expect(await page.evaluate<boolean>('document.querySelector("[data-check-all]").indeterminate')).toBe(true)
  await page.getByLabel('Comment').fill('The night shift looks')
  await page.getByRole('button', { name: 'Acknowledge chosen' }).click()
  await page.waitForURL('**/events?severity=1')
  expect(await page.getByText('acknowledged by admin').count()).toBeGreaterThanOrEqual(rows - 1)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('what was chosen stays chosen when the list renews itself', async () => {
  const { page } = await openPage('/events')
  const box = page.getByLabel(/^Choose event/).first()
  await box.check()
  await page.evaluate('monitorPage.refresh()')
  expect(await box.isChecked()).toBe(true)
  expect(await page.getByText('1 chosen').count()).toBe(1)
  await page.close()
}, 30_000)

test('an event is closed and reopened from its page by the keyboard alone', async () => {
  const { page, complaints } = await openPage(`/events?host=${FIRST_HOST}`)
  await page.locator('td.event-message a.plain').last().focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/events\/\d+$/)
  await page.getByLabel('Comment').focus()
  await page.keyboard.type('cleaned up')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
  await page.getByText('cleaned up').waitFor()
  await page.getByRole('button', { name: 'Reopen' }).press('Enter')
  await page.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a rule is added, after its test message was taken', async () => {
  const { page, complaints } = await openPage('/settings/rules')
  await page.getByRole('link', { name: 'Add a rule' }).click()
  await page.getByLabel('Name', { exact: true }).fill('To our program')
  await page.getByLabel('Hosts').fill('db*')
  await page.getByLabel('Channel').selectOption('webhook')
  await page.getByLabel('Target').fill(`http://127.0.0.1:${receiver.port}/hook`)
  await page.getByRole('button', { name: 'Send a test message' }).click()
  await page.getByText('The test message was taken.').waitFor()
  expect(received).toHaveLength(1)
  expect(JSON.parse(received[0] ?? '')).toMatchObject({ kind: 'test' })
  expect(await page.getByLabel('Hosts').inputValue()).toBe('db*')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: 'To our program' }).waitFor()
  await page.getByText('Added.').waitFor()
  await page.getByRole('button', { name: 'Switch off To our program' }).click()
  await page.getByRole('button', { name: 'Switch on To our program' }).waitFor()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a form that is not right yet says what is wrong, beside the field', async () => {
  const { page } = await openPage('/settings/rules/new')
  await page.getByLabel('Name', { exact: true }).fill('Odd')
  await page.getByLabel('Delay').fill('soon')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByLabel('Delay').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByLabel('Delay').inputValue()).toBe('soon')
  await page.close()
}, 30_000)

test('a window asks only for what its kind needs', async () => {
  const { page } = await openPage('/settings/windows/new')
  expect(await page.getByLabel('Begins at').isVisible()).toBe(false)
  await page.getByLabel('When').selectOption('weekly')
  expect(await page.getByLabel('From', { exact: true }).isVisible()).toBe(false)
  await page.getByLabel('Name', { exact: true }).fill('Weekend')
  await page.getByLabel('Saturday').check()
  await page.getByLabel('Sunday').check()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText('Saturday, Sunday, 22:00 to 06:00').waitFor()
  await page.close()
}, 30_000)

test('a user is added, signs in, and is signed out by an administrator', async () => {
  const { page, complaints } = await openPage('/settings/users')
  await page.getByLabel('Name', { exact: true }).fill('nina')
  await page.getByLabel('Access').selectOption('operator')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: 'nina' }).waitFor()
  const own = await openContext(browser, website, { user: 'nina' })
  const other = await openPage('/settings', own)
  await other.page.getByText('You are signed in as nina').waitFor()
  await page.goto('/settings/sessions?user=nina')
  await page
    .getByRole('button', { name: /^End the session of nina/ })
    .first()
    .click()
  await page.getByText('Ended.').waitFor()
  while ((await page.getByRole('button', { name: /^End the session of nina/ }).count()) > 0)
    await page
      .getByRole('button', { name: /^End the session of nina/ })
      .first()
      .click()
  await other.page.goto('/settings')
  expect(new URL(other.page.url()).pathname).toBe('/login')
  await own.close()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('preferences change colours, zone and language of dates on every page', async () => {
  const { page } = await openPage('/settings/preferences')
  await page.getByLabel('Colours', { exact: true }).selectOption('dark')
  await page.getByLabel('Time zone').fill('Asia/Tokyo')
  await page.getByLabel('Language of dates').selectOption('de')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  await page.goto('/events/1')
  expect(await page.evaluate<string>('getComputedStyle(document.documentElement).colorScheme')).toBe('dark')
  const shown = await page.locator('.facts time').first()
  const [time, words] = [Number(await shown.getAttribute('data-time')), await shown.textContent()]
  const format = { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Asia/Tokyo' } as const
  expect(words).toBe(new Intl.DateTimeFormat('de', format).format(time * 1000))
  await page.getByRole('button', { name: /^Colours/ }).click()
  await page.goto('/settings/preferences')
  for (const [label, value] of [
    ['Colours', 'system'],
    ['Language of dates', ''],
  ] as const)
    await page.getByLabel(label, { exact: true }).selectOption(value)
  await page.getByLabel('Time zone').fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  await page.close()
}, 30_000)

test('the page for adding a host shows the new one by itself', async () => {
  const { page } = await openPage('/add-host')
  await page.getByText('Waiting.').waitFor()
  const first = Math.ceil(Date.now() / 1000) + 1
  const link = page.getByRole('link', { name: 'brand-new' })
  // As an agent would, it reports again and again: the page is told of what happens while it listens.
  for (let i = 0; i < 10 && (await link.count()) === 0; i++) {
    await website.store.ingest.write([aReport('brand-new', first + i)])
    await page.waitForTimeout(1000)
  }
  await link.waitFor()
  await page.close()
}, 30_000)

const aReport = (host: string, heard: number) => ({
  host,
  facts: {
    ip: '10.9.9.9',
    platform: 'Linux',
    build: 'Debian 13',
    architecture: '64bit',
    domain: 'example.org',
    processors: 1,
    memoryMb: 512,
  },
  heard,
  clockSkew: 0,
  frames: [{ time: heard, metrics: ['perf.memory.percent.used'], values: [1] }],
  events: [],
})

test('all of it works without JavaScript', async () => {
  const plain = await openContext(browser, website, { javaScript: false })
  const { page } = await openPage('/settings/windows/new', plain)
  await page.getByLabel('Name', { exact: true }).fill('Plain')
  await page.getByLabel('When').selectOption('daily')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: 'Plain' }).click()
  await page.getByRole('link', { name: 'Delete…' }).click()
  await page.getByRole('button', { name: 'Delete the window' }).click()
  await page.getByText('Deleted.').waitFor()
  await page.goto('/events')
  await page
    .getByLabel(/^Choose event/)
    .first()
    .check()
  await page.getByRole('button', { name: 'Close chosen' }).click()
  expect(new URL(page.url()).pathname).toBe('/events')
  await plain.close()
}, 30_000)
