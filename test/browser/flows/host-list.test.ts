import { expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { openContext } from '../harness/browser.ts'
import { openSeededBrowser } from '../harness/seeded-browser.ts'
import type { SeededWebsite } from '../harness/website.ts'

let browser: Browser
let website: SeededWebsite

openSeededBrowser({ hosts: 12, minutes: 5 }, (started) => {
  ;({ browser, website } = started)
})

/** Pixels that a name of a usual length needs. */
const NAME_ROOM = 80

test('at every width the list of hosts has room for names, and no head stands in its neighbour', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto('/hosts')
  for (let width = 320; width <= 1600; width += 40) {
    await page.setViewportSize({ width, height: 500 })
    const { name, overlaps } = await page.evaluate<{ name: number; overlaps: string[] }>(`(() => {
      const heads = [...document.querySelectorAll('.hosts thead th')].filter((head) => head.offsetWidth > 0)
      const words = heads.map((head) => (head.querySelector('a') ?? head).getBoundingClientRect())
      return {
        name: document.querySelector('.hosts tbody .col-name').clientWidth,
        overlaps: heads.filter((_, i) => i > 0 && words[i].width > 0 && words[i].left < words[i - 1].right - 1)
          .map((head) => head.textContent),
      }
    })()`)
    expect({ width, overlaps }).toEqual({ width, overlaps: [] })
    expect({ width, isWide: name >= NAME_ROOM }).toEqual({ width, isWide: true })
  }
  await context.close()
}, 60_000)

test('the list narrows as the user types, and its address follows', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto('/hosts?sort=memory&order=desc')
  const rows = page.locator('.hosts tbody tr')
  expect(await rows.count()).toBe(12)
  const field = page.getByLabel('Name, address, domain or platform')
  await field.pressSequentially('web')
  await page.getByText(/“web” in name/).waitFor()
  expect(await rows.count()).toBe(2)
  expect(new URL(page.url()).search).toBe('?sort=memory&order=desc&q=web')
  expect(await field.evaluate('document.activeElement.name')).toBe('q')
  await field.pressSequentially('-nothing')
  await page.getByText('No host matches').waitFor()
  await field.fill('')
  await rows.nth(11).waitFor()
  expect(new URL(page.url()).searchParams.has('q')).toBe(false)
  await context.close()
}, 60_000)

test('what can be done with selected hosts appears with the first of them', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto('/hosts')
  const compare = page.getByRole('button', { name: 'Compare', exact: true })
  expect(await compare.isVisible()).toBe(false)
  await page.getByLabel('Select db01').check()
  await page.getByLabel('Select web01').check()
  await page.getByText('2 selected').waitFor()
  await compare.click()
  await page.waitForURL(/\/compare\?series=/)
  await page.goto('/hosts')
  await page.getByText('Columns', { exact: true }).click()
  await page.getByLabel('Domain', { exact: true }).check()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByRole('columnheader', { name: 'Domain' }).waitFor()
  await context.close()
}, 60_000)
