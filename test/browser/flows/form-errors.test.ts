import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { totpCode, totpStep } from '../../../src/lib/totp.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { openContext, refreshPage } from '../harness/browser.ts'
import { findFaults } from '../harness/faults.ts'
import { openSeededBrowser } from '../harness/seeded-browser.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite } from '../harness/website.ts'

let browser: Browser
let website: SeededWebsite

openSeededBrowser({ hosts: 12, minutes: 65, firstMinutes: 1500, settings: true }, (started) => {
  ;({ browser, website } = started)
})

/** What is wrong with the page as it stands: in both sets of colours, from wide to the narrowest. */
async function findFaultsEverywhere(page: Page): Promise<string[]> {
  const faults: string[] = []
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1440, 390, 320]) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      const where = `${colorScheme} ${width}`
      if (width > 320) faults.push(...(await findFaults(page)).map((fault) => `${where} ${fault}`))
      const isBroad = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
      if (isBroad) faults.push(`${where} sticks out`)
    }
  return faults
}

describe('pages that only a form leads to have no fault either', () => {
  let context: BrowserContext
  let page: Page
  beforeAll(async () => {
    const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
    await website.store.users.add('tina', 'admin', hash, 1)
    context = await openContext(browser, website, { user: 'tina' })
    page = await context.newPage()
  })
  afterAll(() => context?.close())

  test('a form that was not right', async () => {
    await page.goto('/settings/users')
    await page.evaluate('for (const form of document.forms) form.noValidate = true')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
  }, 30_000)

  test('a token that was made', async () => {
    await page.goto('/settings/tokens')
    await page.getByLabel('Purpose').fill('a script')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.locator('#secret').waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
  }, 30_000)

  test('recovery codes, and the question for the code at the next sign-in', async () => {
    await page.goto('/settings/two-factor')
    const secret = await page.locator('input[name="secret"]').inputValue()
    await page.getByRole('textbox', { name: 'Code' }).fill(totpCode(secret, totpStep(Date.now() / 1000)))
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.locator('.recovery-codes').waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Name').fill('tina')
    await page.getByLabel('Password').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code from the app').waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
    await page.getByLabel('Code from the app').fill('000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await findFaultsEverywhere(page)).toEqual([])
  }, 60_000)
})

for (const javaScript of [true, false])
  test(`of two users who change one rule, target, window or user, the second sees what the first did, ${javaScript ? 'with' : 'without'} scripts`, async () => {
    await website.addUser(`fred${javaScript}`, 'admin')
    const [one, other] = [
      await openContext(browser, website, { javaScript }),
      await openContext(browser, website, { javaScript, user: `fred${javaScript}` }),
    ]
    const [first, second] = [await one.newPage(), await other.newPage()]
    const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click()
    const kinds = [
      { path: '/settings/rules/1', label: 'Hosts', of: `web${javaScript}*`, own: 'db*' },
      {
        path: '/settings/targets/1',
        label: 'Address',
        of: `a${javaScript}@example.org`,
        own: 'b@example.org',
      },
      { path: '/settings/maintenance/1', label: 'Hosts', of: `web${javaScript}*`, own: 'db*' },
    ]
    for (const { path, label, of, own } of kinds) {
      for (const page of [first, second]) await page.goto(path)
      await first.getByLabel(label, { exact: true }).fill(of)
      await save(first)
      await first.getByText('Saved.').waitFor()
      await second.getByLabel(label, { exact: true }).fill(own)
      const preview = second.getByRole('button', { name: 'Preview' })
      // A preview must not make the form lose the version that it was filled from.
      if ((await preview.count()) > 0) await preview.click()
      await save(second)
      const words = await second.getByRole('alert').textContent()
      expect(words).toContain('admin changed this')
      for (const value of [of, own]) expect(words).toContain(value)
      expect(await second.getByLabel(label, { exact: true }).inputValue()).toBe(own)
      if (javaScript) expect(await findFaultsEverywhere(second)).toEqual([])
      await save(second)
      await second.getByText('Saved.').waitFor()
    }
    expect((await website.store.rules.find(1))?.host).toBe('db*')
    await first.goto('/settings/rules/1')
    await second.goto('/settings/rules/1/delete')
    await first.getByLabel('Hosts', { exact: true }).fill('mail*')
    await save(first)
    await first.getByText('Saved.').waitFor()
    await second.getByRole('button', { name: 'Delete the rule' }).click()
    expect(await second.getByRole('alert').textContent()).toContain('Not deleted. admin changed this rule')
    expect((await website.store.rules.find(1))?.host).toBe('mail*')
    for (const page of [first, second]) await page.goto('/settings/users/viewer')
    await first.getByLabel('Role').selectOption(javaScript ? 'operator' : 'admin')
    await save(first)
    await second.getByLabel('Role').selectOption('viewer')
    await save(second)
    expect(await second.getByRole('alert').textContent()).toContain('admin gave viewer the role')
    expect((await website.store.users.find('viewer'))?.access).toBe(javaScript ? 'operator' : 'admin')
    for (const context of [one, other]) await context.close()
  }, 60_000)

test('events that come to an empty list can be chosen and acknowledged there', async () => {
  const empty = await startSeededWebsite({ hosts: 0, minutes: 0 })
  try {
    const context = await openContext(browser, empty)
    const page = await context.newPage()
    await page.goto('/events')
    await page.getByRole('heading', { name: 'No open events' }).waitFor()
    const now = Math.floor(Date.now() / 1000)
    const change = { uid: null, change: 1, time: now, metric: 'perf.x', severity: 1, status: 'open' } as const
    const report = {
      facts: null,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [{ ...change, message: 'It is full' }],
    }
    await empty.store.ingest.write(['web01', 'web02'].map((host) => ({ ...report, host })))
    await refreshPage(page)
    await page.getByLabel('Select all').check()
    await page.getByText('2 selected').waitFor()
    // The box for all needs scripts and is hidden in what comes from the server: renewing must not hide it
    // again.
    await refreshPage(page)
    expect(await page.getByLabel('Select all').isChecked()).toBe(true)
    await page.getByLabel('Comment').fill('On it')
    await page.getByRole('button', { name: 'Acknowledge selected' }).click()
    await page.locator('tbody .col-owner', { hasText: 'admin' }).nth(1).waitFor()
    await context.close()
  } finally {
    await empty.close()
  }
}, 30_000)

test('an open page shows that the database is unreachable and recovers with it, and so does a page opened meanwhile', async () => {
  const { hosts, sessions, maintenance } = website.store
  const context = await openContext(browser, website)
  const [page, other] = [await context.newPage(), await context.newPage()]
  await page.bringToFront()
  await page.goto('/')
  await page.locator('[data-live-state="live"]').waitFor()
  await page.evaluate('window.isSamePage = true')
  const away = () => Promise.reject(new Error('connection refused'))
  const [revision, find, ping] = [hosts.revision, sessions.find, maintenance.ping]
  try {
    // The stream reports only changes after it was opened, so the page also needs the state before.
    await page.waitForTimeout(2500)
    Object.assign(hosts, { revision: away })
    Object.assign(sessions, { find: away })
    Object.assign(maintenance, { ping: away })
    await page.locator('[data-live-state="waiting"]').waitFor()
    expect((await other.goto('/hosts'))?.status()).toBe(503)
    await other.getByText('The database does not respond').waitFor()
    expect(await findFaultsEverywhere(other)).toEqual([])
  } finally {
    Object.assign(hosts, { revision })
    Object.assign(sessions, { find })
    Object.assign(maintenance, { ping })
  }
  await page.bringToFront()
  await page.locator('[data-live-state="live"]').waitFor()
  expect(await page.evaluate('window.isSamePage')).toBe(true)
  await other.reload()
  await other.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor()
  await context.close()
}, 60_000)

test('a page that could not renew itself once is live again when it can', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto('/hosts')
  await page.locator('[data-live-state="live"]').waitFor()
  await page.route('**/hosts', (route) => route.fulfill({ status: 503, body: '' }))
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  await page.locator('[data-live-state="waiting"]').waitFor()
  await page.unroute('**/hosts')
  await refreshPage(page)
  expect(await page.locator('[data-live-state="live"]').count()).toBe(1)
  await context.close()
}, 30_000)

describe('with the colours of the system', () => {
  const open = async (path: string, theme: 'light' | 'dark') => {
    const context = await openContext(browser, website, { theme })
    const page = await context.newPage()
    await page.emulateMedia({ forcedColors: 'active', colorScheme: theme })
    await page.goto(path)
    return page
  }
  const styleOf = (page: Page, selector: string, name: string) =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${name}`)

  test('the place where one is stays marked', async () => {
    const page = await open(`/hosts/${FIRST_HOST}`, 'dark')
    for (const place of ['.rail', '.segments']) {
      const [here, there] = [
        await styleOf(page, `${place} a[aria-current]`, 'backgroundColor'),
        await styleOf(page, `${place} a:not([aria-current])`, 'backgroundColor'),
      ]
      expect(here).not.toBe(there)
    }
    await page.context().close()
  }, 30_000)

  test('lines of a graph stay distinguishable', async () => {
    const names = [FIRST_HOST, 'web01', 'web02'].map((host) => `series=${host}:perf.processor.percent.used`)
    const page = await open(`/compare?${names.join('&')}`, 'dark')
    const colours = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.compare-lines .swatch')].map((swatch) => getComputedStyle(swatch).backgroundColor)`,
    )
    expect(colours.length).toBe(3)
    expect(new Set(colours).size).toBe(3)
    await page.context().close()
  }, 30_000)

  test('drawings stand out from its ground whatever was chosen here', async () => {
    const page = await open('/', 'dark')
    await page.evaluate(`document.documentElement.dataset.theme = 'light'`)
    expect(await styleOf(page, 'html', 'colorScheme')).toBe('light dark')
    await page.context().close()
  }, 30_000)
})

test('nothing moves for those who want no motion', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const path of [
    '/',
    `/hosts/${FIRST_HOST}`,
    `/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used`,
  ]) {
    await page.goto(path)
    const moving = await page.evaluate<string[]>(`[...document.querySelectorAll('*')].filter((element) => {
      const { animationName, transitionProperty, transitionDuration, scrollBehavior } = getComputedStyle(element)
      const moves = !/^(all|opacity|.*color.*)$/.test(transitionProperty)
      return animationName !== 'none' || scrollBehavior === 'smooth' || (moves && parseFloat(transitionDuration) > 0)
    }).map(({ outerHTML }) => outerHTML.slice(0, 80))`)
    expect(moving).toEqual([])
  }
  await context.close()
}, 30_000)

test('a wall of 4K is filled by large letters and nothing sticks out', async () => {
  const context = await openContext(browser, website, { width: 3840, height: 2160, theme: 'dark' })
  const page = await context.newPage()
  for (const path of ['/?kiosk', '/events?kiosk', `/hosts/${FIRST_HOST}?kiosk`]) {
    await page.goto(path)
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    expect(
      await page.evaluate<number>('document.querySelector("main").clientWidth / innerWidth'),
    ).toBeGreaterThan(0.95)
    const size = await page.evaluate<number>(
      'parseFloat(getComputedStyle(document.querySelector("main")).fontSize)',
    )
    expect(size).toBeGreaterThan(20)
  }
  await context.close()
}, 30_000)
