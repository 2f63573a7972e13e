import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import type { Browser } from 'playwright-core'
import { type HttpProxy, openHttpProxy } from '../../support/http-proxy.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { collectComplaints, launchBrowser } from '../harness/browser.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from '../harness/website.ts'

let website: SeededWebsite
let proxy: HttpProxy
let browser: Browser

beforeAll(async () => {
  website = await startSeededWebsite({ hosts: 3, minutes: 70, basePath: '/monitor' })
  proxy = await openHttpProxy({
    target: Number(new URL(website.origin).port),
    from: '127.0.0.3',
    strips: '/monitor',
  })
  browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await proxy?.close()
  await website?.close()
})

test('below a path users sign in, jump, zoom and see live changes', async () => {
  const base = `http://127.0.0.1:${proxy.port}/monitor`
  const page = await browser.newPage()
  const complaints = collectComplaints(page)
  await page.goto(`${base}/hosts`)
  await page.getByLabel('Name').fill(USER)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${base}/hosts`)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type(FIRST_HOST)
  await page.getByRole('option').first().click()
  await page.waitForURL(`${base}/hosts/${FIRST_HOST}`)
  await page.locator('[data-chart-link]', { hasText: '24h' }).first().click()
  await page.waitForURL(`${base}/hosts/${FIRST_HOST}?range=24h`)
  await page.locator('.segments [aria-current]', { hasText: '24h' }).waitFor()
  await page.locator('#cpu .legend a').first().click()
  await page.waitForURL(`${base}/hosts/${FIRST_HOST}/metrics/**`)
  // An action and its undo.
  await page.goto(`${base}/`)
  const row = page.locator('.problem-row').first()
  const key = await row.getAttribute('data-key')
  await row.getByRole('button', { name: 'Acknowledge' }).click()
  await page.locator(`[data-key="${key}"]`).waitFor({ state: 'detached' })
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click()
  await page.locator('.toast', { hasText: 'Undone.' }).waitFor()
  await page.locator(`[data-key="${key}"]`).waitFor()
  expect(complaints).toEqual([])
}, 30_000)

test('every address that scripts write themselves begins with that path', async () => {
  const folder = join(import.meta.dir, '../../../src/web/browser')
  const bare: string[] = []
  for await (const file of new Glob('**/*.ts').scan(folder)) {
    const text = await Bun.file(join(folder, file)).text()
    for (const [literal] of text.matchAll(/['"`]\/[a-z][^'"`]*/g)) bare.push(`${file}: ${literal}`)
  }
  expect(bare).toEqual([])
})
