import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { hashToken } from '../../../src/lib/hash-token.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { ALL_WAYS, startFlows } from '../harness/flow.ts'
import { PASSWORD, USER } from '../harness/website.ts'

const flow = startFlows({ hosts: 2, minutes: 2, settings: true })

const now = () => Math.floor(Date.now() / 1000)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true })
const openEntry = (page: Page, name: string) =>
  page.locator('.entries').getByRole('link', { name: new RegExp(`^${name}`) })

flow(
  'a user is added, given another access and password, and deleted',
  { start: '/settings', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, way, signInElsewhere } = scene
    const name = `nina-${way}`
    await driver.follow(openEntry(page, 'Users'))
    await driver.type(page.getByLabel('Name', { exact: true }), name)
    await driver.choose(page.getByLabel('Role'), 'operator')
    await driver.type(page.getByLabel('Password'), 'short')
    await driver.follow(button(page, 'Add'))
    await page.getByText('A password has at least 8 characters.').waitFor()
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(name)
    await driver.type(page.getByLabel('Password'), PASSWORD)
    await driver.follow(button(page, 'Add'))
    await page.getByText('Added.').waitFor()
    expect((await store.users.find(name))?.access).toBe('operator')

    const visit = await signInElsewhere(name)
    expect((await visit('/settings')).path).toBe('/settings')
    await driver.follow(link(page, name))
    await driver.choose(page.getByLabel('Role'), 'viewer')
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    expect((await store.users.find(name))?.access).toBe('viewer')
    await driver.follow(link(page, name))
    await driver.type(page.getByLabel('New password'), `another by ${way}`)
    await driver.follow(button(page, 'Set'))
    await page.getByText('Password changed. The user is signed out everywhere.').waitFor()
    expect(
      await Bun.password.verify(`another by ${way}`, (await store.users.find(name))?.passwordHash ?? ''),
    ).toBe(true)
    expect((await visit('/settings')).path).toBe('/login')
    await driver.follow(link(page, `Delete ${name}…`))
    await driver.follow(button(page, 'Delete the user'))
    await page.getByText('Deleted.').waitFor()
    expect(await store.users.find(name)).toBe(null)
  },
)

flow(
  'the last administrator stays one',
  { start: `/settings/users/${USER}`, ways: ALL_WAYS, isRefused: true },
  async ({ driver, page, store }) => {
    await driver.choose(page.getByLabel('Role'), 'viewer')
    await driver.follow(button(page, 'Save'))
    await page.getByRole('alert').getByText('This is the only administrator.').waitFor()
    await page.goto(`/settings/users/${USER}`)
    await driver.follow(link(page, `Delete ${USER}…`))
    await driver.follow(button(page, 'Delete the user'))
    await page.getByRole('alert').getByText('This is the only administrator.').waitFor()
    expect((await store.users.find(USER))?.access).toBe('admin')
  },
)

flow(
  'an administrator ends the sessions of somebody else',
  { start: '/settings', ways: ALL_WAYS },
  async (scene) => {
    const { driver, page, store, way, website, signInElsewhere } = scene
    const name = `guest-${way}`
    await website.addUser(name, 'viewer')
    const visit = await signInElsewhere(name)
    expect((await visit('/')).path).toBe('/')
    await driver.follow(openEntry(page, 'Sessions'))
    await driver.follow(link(page, 'All'))
    await driver.follow(page.getByRole('button', { name: `Revoke the session of ${name}` }))
    await page.getByText('Revoked.').waitFor()
    expect(await store.sessions.list(name, now())).toEqual([])
    expect((await visit('/')).path).toBe('/login')
  },
)

flow(
  'a token is made, shown once, and revoked',
  { start: '/settings', as: 'operator', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, way, user, website } = scene
    const name = `Backups by ${way}`
    const find = async () => (await store.tokens.list()).find((one) => one.name === name) ?? null
    await driver.follow(openEntry(page, 'API tokens'))
    await driver.type(page.getByLabel('Purpose'), name)
    await driver.choose(page.getByLabel('Role'), 'operator')
    await driver.type(page.getByLabel('Expires in'), 'long')
    await driver.follow(button(page, 'Create'))
    expect(await page.getByLabel('Expires in').getAttribute('aria-invalid')).toBe('true')
    await driver.type(page.getByLabel('Expires in'), '7d')
    await driver.follow(button(page, 'Create'))
    expect(await page.getByLabel('Your password').getAttribute('aria-invalid')).toBe('true')
    await driver.type(page.getByLabel('Your password'), PASSWORD)
    await driver.follow(button(page, 'Create'))
    const secret = (await page.locator('#secret').textContent()) ?? ''
    const token = await find()
    expect(token).toMatchObject({ user, access: 'operator', lastUsed: null })
    expect((token?.expires ?? 0) - (token?.created ?? 0)).toBe(7 * 86_400)
    expect(await store.tokens.find(hashToken(secret), now())).toMatchObject({ name })
    const ask = () =>
      fetch(`${website.origin}/api/v1/hosts/${FIRST_HOST}`, {
        headers: { authorization: `Bearer ${secret}` },
      })
    expect((await ask()).status).toBe(200)
    await page.goto('/settings/tokens')
    expect(await page.content()).not.toContain(secret)
    await driver.follow(button(page, `Revoke ${name}`))
    await page.getByText('Revoked.').waitFor()
    expect(await find()).toBe(null)
    expect((await ask()).status).toBe(401)
  },
)

flow(
  'preferences change colours, zone and language of dates on every page',
  { start: '/settings', as: 'viewer', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store } = scene
    await driver.follow(openEntry(page, 'Preferences'))
    await driver.choose(page.getByLabel('Theme', { exact: true }), 'dark')
    await driver.type(page.getByLabel('Time zone'), 'Mars/Olympus')
    await driver.choose(page.getByLabel('Date format'), 'de')
    await driver.follow(button(page, 'Save'))
    await page.getByText('A time zone such as Europe/Berlin or UTC.').waitFor()
    await driver.type(page.getByLabel('Time zone'), 'Asia/Tokyo')
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    const chosen = { theme: 'dark', zone: 'Asia/Tokyo', dates: 'de' } as const
    const cookie = (await page.context().cookies()).find(({ name }) => name.startsWith('monitor-session-'))
    expect((await store.sessions.find(hashToken(cookie?.value ?? ''), now()))?.preferences).toEqual(chosen)
    expect(await page.evaluate('({ ...document.documentElement.dataset })')).toEqual(chosen)
    await page.goto('/events/1')
    expect(await page.evaluate<string>('getComputedStyle(document.documentElement).colorScheme')).toBe('dark')
    if (scene.way === 'plain') return
    const shown = page.locator('.facts time').first()
    const time = Number(await shown.getAttribute('data-time'))
    const format = { dateStyle: 'medium', timeStyle: 'medium', timeZone: chosen.zone } as const
    expect(await shown.textContent()).toBe(new Intl.DateTimeFormat('de', format).format(time * 1000))
  },
)
