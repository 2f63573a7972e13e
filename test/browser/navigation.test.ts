import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { ALL_WAYS, startFlows, type Way } from './harness/flow.ts'

/** More hosts than fit on a page of their list. */
const HOSTS = 104
const flow = startFlows({ hosts: HOSTS, minutes: 2, firstMinutes: 65 })

const link = (page: Page, name: string | RegExp) => page.getByRole('link', { name, exact: true })
const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })
const currentOf = (page: Page) => page.locator('.rail a[aria-current=page] .rail-label').textContent()

flow('home leads to a host, and that to one of its graphs and back', { start: '/' }, async (scene) => {
  const { driver, page } = scene
  await driver.follow(page.locator('.problem-host').getByRole('link', { name: FIRST_HOST }).first())
  await title(page, FIRST_HOST).waitFor()
  await driver.follow(page.getByRole('link', { name: /^memory \d/ }).first())
  await page.locator('.lead code', { hasText: 'perf.memory.percent.used' }).waitFor()
  await driver.follow(page.locator('.crumbs').getByRole('link', { name: FIRST_HOST }))
  await title(page, FIRST_HOST).waitFor()
})

for (const width of [1440, 390])
  flow(
    `the navigation leads everywhere at ${width} pixels`,
    { start: '/', width },
    async ({ driver, page }) => {
      for (const name of ['Hosts', 'Events', 'Reports', 'Settings', 'Home']) {
        await driver.follow(
          page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }),
        )
        await title(page, name).waitFor()
        expect(await currentOf(page)).toBe(name)
      }
    },
  )

const namesOf = (page: Page) => page.locator('tbody th > a').allTextContents()

flow('the list of hosts is searched, filtered, sorted and paged', { start: '/hosts' }, async (scene) => {
  const { driver, page, store } = scene
  const upSince = Math.floor(Date.now() / 1000) - 300
  const list = async (query: object) =>
    (await store.hosts.list({ upSince, limit: 100, sort: 'name', ...query })).hosts.map(({ name }) => name)
  await driver.follow(link(page, 'Next'))
  expect(await namesOf(page)).toEqual(await list({ offset: 100 }))
  await driver.follow(link(page, 'Previous'))
  expect(await namesOf(page)).toEqual(await list({}))
  await driver.follow(page.locator('thead').getByRole('link', { name: 'Address' }))
  expect(await page.locator('[aria-sort="ascending"]').textContent()).toBe('Address')
  await driver.follow(page.locator('thead').getByRole('link', { name: 'Address' }))
  expect(await namesOf(page)).toEqual(await list({ sort: 'ip', descending: true }))
  await driver.type(page.getByLabel('Name, address, domain or platform'), 'web')
  await driver.follow(page.getByRole('button', { name: 'Filter' }))
  expect(await namesOf(page)).toEqual(await list({ search: 'web', sort: 'ip', descending: true }))
  await driver.follow(page.getByRole('group', { name: 'Status' }).getByRole('link', { name: /Down/ }))
  const down = await list({ search: 'web', status: 'down' })
  expect(down.length).toBeGreaterThan(0)
  expect((await namesOf(page)).sort()).toEqual(down)
  await driver.follow(link(page, 'Show all hosts'))
  expect((await namesOf(page)).sort()).toEqual(await list({ status: 'down' }))
})

const OWN_HOST: Readonly<Record<Way, string>> = { mouse: 'web01', keyboard: 'mail01', plain: 'build01' }

flow(
  'a host is put in groups, which lead to their hosts',
  { start: '/hosts', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, way } = scene
    const host = OWN_HOST[way]
    await page.goto(`/hosts/${host}`)
    const groups = async () => (await store.hosts.find(host))?.givenGroups
    await driver.activate(page.getByText('Add to group'))
    await driver.type(page.getByLabel('Groups'), `Shop, of-${way}`)
    await driver.follow(page.getByRole('button', { name: 'Save' }))
    expect(await groups()).toEqual([`of-${way}`, 'shop'])
    await driver.follow(page.locator('.group-links').getByRole('link', { name: `of-${way}` }))
    expect(await namesOf(page)).toEqual([host])
    await driver.follow(link(page, 'Clear'))
    expect(await page.locator('tbody tr').count()).toBe(100)
    await page.goto(`/hosts/${host}`)
    await driver.activate(page.getByText('Edit groups'))
    await driver.type(page.getByLabel('Groups'), '')
    await driver.follow(page.getByRole('button', { name: 'Save' }))
    expect(await groups()).toEqual([])
  },
)

flow('the search box finds hosts, metrics, events and pages', { start: '/' }, async (scene) => {
  const { driver, page, store, way } = scene
  const box = page.getByLabel('Search', { exact: true })
  async function search(words: string) {
    if (way === 'keyboard') {
      await page.keyboard.press('/')
      expect(await page.evaluate<boolean>('document.activeElement.matches("[data-search]")')).toBe(true)
      await page.keyboard.type(words)
    } else await driver.type(box, words)
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
    expect(await box.inputValue()).toBe(words)
  }
  await search('build02')
  await driver.follow(link(page, 'build02'))
  await title(page, 'build02').waitFor()
  await search(`${FIRST_HOST} memory`)
  await driver.follow(link(page, `${FIRST_HOST} perf.memory.percent.used`))
  await page.locator('.lead code').waitFor()
  const [event] = (await store.events.list({ host: FIRST_HOST, limit: 1 })).events
  await search(event?.message ?? '')
  // The result shows the problem in its present wording, not the message that matched.
  await driver.follow(page.locator(`main a[href="/events/${event?.id}"]`).first())
  await page.getByRole('heading', { level: 1, name: /is \d.* full$/ }).waitFor()
  await search('audit')
  await driver.follow(link(page, 'Audit log'))
  await title(page, 'Audit log').waitFor()
})

flow(
  'colours follow the system until they are chosen for this device',
  { start: '/events' },
  async ({ driver, page }) => {
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await ground()
    expect(dark).not.toBe(light)
    for (const [name, colour] of [
      ['light', light],
      ['dark', dark],
      ['system', dark],
      ['light', light],
    ] as const) {
      await driver.activate(page.getByRole('button', { name: /^Theme/ }))
      await page.getByRole('button', { name: `Theme: ${name}` }).waitFor()
      expect(await ground()).toBe(colour)
    }
    await page.goto('/hosts?q=web')
    expect(await ground()).toBe(light)
    expect(await page.evaluate('localStorage.getItem("theme")')).toBe('light')
    await page.emulateMedia({ colorScheme: 'light' })
  },
)

flow('a wall screen is left', { start: '/?kiosk' }, async ({ driver, page }) => {
  expect(await page.locator('.rail, .top').count()).toBe(0)
  await driver.follow(link(page, 'Leave'))
  await page.locator('.rail').waitFor()
  expect(new URL(page.url()).search).toBe('')
})

async function readDownload(page: Page, act: () => Promise<void>) {
  const [file] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
}

const linesOf = (text: string) => text.trim().split('\r\n').length

flow('each report is opened, kept to a time and saved as a file', { start: '/reports' }, async (scene) => {
  const { driver, page } = scene
  const open = (name: string) => driver.follow(page.locator('.entries a', { hasText: name }).first())
  const save = () => readDownload(page, () => driver.activate(link(page, 'Download CSV')))
  for (const [name, key] of [
    ['Hosts', 'hosts'],
    ['Open events', 'events'],
    ['Availability', 'availability'],
    ['Capacity', 'capacity'],
  ] as const) {
    await open(name)
    expect(new URL(page.url()).pathname).toBe(`/reports/${key}`)
    const { name: file, text } = await save()
    expect(file).toMatch(new RegExp(`^${key}-\\d{4}-\\d\\d-\\d\\d\\.csv$`))
    expect(linesOf(text)).toBe(1 + (await page.locator('tbody tr').count()))
    if (key === 'availability') {
      await driver.follow(link(page, '30d'))
      const from = page.getByLabel('From')
      const day = `${Number((await from.inputValue()).slice(0, 4)) - 1}-03-04`
      await driver.type(from, day)
      await driver.follow(page.getByRole('button', { name: 'Show' }))
      expect(await from.inputValue()).toBe(day)
    }
    await driver.follow(page.locator('.crumbs').getByRole('link', { name: 'Reports' }))
  }
})

flow(
  'what is only read under settings is reached, and the log is narrowed',
  { start: '/settings' },
  async (scene) => {
    const { driver, page, store } = scene
    const open = async (name: string) => {
      await driver.follow(page.locator('.entries a', { has: page.getByText(name, { exact: true }) }))
      await title(page, name).waitFor()
    }
    const goBack = () => driver.follow(page.locator('.crumbs').getByRole('link', { name: 'Settings' }))
    await open('Storage')
    await goBack()
    await open('About')
    const licence: Locator = page.locator('.licences details').first()
    await driver.activate(licence.locator('summary'))
    expect(await licence.getAttribute('open')).toBe('')
    await goBack()
    await open('User guide')
    await driver.activate(link(page, 'Keys'))
    await page.waitForURL('**/settings/guide#keys')
    await goBack()
    await store.audit.add({
      time: 1,
      actor: 'root',
      way: 'shell',
      address: '',
      action: 'add user',
      detail: scene.way,
    })
    await open('Audit log')
    await driver.type(page.getByLabel('Who'), 'root')
    await driver.type(page.getByLabel('What'), scene.way)
    await driver.follow(page.getByRole('button', { name: 'Filter' }))
    expect(await page.locator('tbody tr').count()).toBe(1)
    await driver.follow(link(page, 'Show all'))
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(1)
  },
)
