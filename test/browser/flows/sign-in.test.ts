import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { totpCode, totpStep } from '../../../src/lib/totp.ts'
import { FIRST_HOST } from '../../support/seed.ts'
import { findFaults } from '../harness/faults.ts'
import { ALL_WAYS, type Scene, startFlows } from '../harness/flow.ts'
import { PASSWORD } from '../harness/website.ts'

const flow = startFlows({ hosts: 2, minutes: 5 })

const now = () => Math.floor(Date.now() / 1000)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function signIn({ driver, page, user }: Scene, password: string) {
  await driver.type(page.getByLabel('Name'), user)
  await driver.type(page.getByLabel('Password'), password)
  await driver.follow(button(page, 'Sign in'))
}

flow(
  'signing in leads to the page that was asked for, after a wrong password too, and signing out ends it',
  { start: `/hosts/${FIRST_HOST}`, isSignedIn: false, as: 'viewer', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, user } = scene
    const sessions = async () => (await store.sessions.list(user, now())).length
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(scene, 'wrong')
    expect(await page.getByRole('alert').textContent()).toBe('The name or the password is wrong.')
    expect(await page.getByLabel('Name').inputValue()).toBe(user)
    expect(await page.evaluate<string>('document.activeElement.name')).toBe('password')
    expect(await sessions()).toBe(0)
    await driver.type(page.getByLabel('Password'), PASSWORD)
    await driver.follow(button(page, 'Sign in'))
    await page.getByRole('heading', { level: 1, name: FIRST_HOST }).waitFor()
    expect(await sessions()).toBe(1)
    expect((await store.users.find(user))?.lastSignIn).toBeGreaterThan(now() - 60)
    expect((await store.audit.list({ actor: user })).entries[0]?.action).toBe('sign in')
    await driver.follow(button(page, 'Sign out'))
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await sessions()).toBe(0)
    await page.goto('/')
    expect(new URL(page.url()).pathname).toBe('/login')
  },
)

flow(
  'one’s own password is changed, which signs other browsers out',
  { start: '/settings', as: 'viewer', ways: ALL_WAYS, isRefused: true },
  async ({ driver, page, store, user, signInElsewhere, way }) => {
    const visit = await signInElsewhere(user)
    expect((await visit('/settings')).text).toContain(`You are signed in as ${user}`)
    await driver.follow(page.getByRole('link', { name: /^Password/ }))
    const next = `a new one by ${way}`
    const fill = async (current: string) => {
      await driver.type(page.getByLabel('Current password'), current)
      await driver.type(page.getByLabel('New password', { exact: true }), next)
      await driver.type(page.getByLabel('New password again'), next)
      await driver.follow(button(page, 'Change'))
    }
    await fill('not this one')
    expect(await page.getByRole('alert').textContent()).toBe('The current password is wrong.')
    await fill(PASSWORD)
    await page.getByText('Password changed. Other browsers are signed out.').waitFor()
    expect(await Bun.password.verify(next, (await store.users.find(user))?.passwordHash ?? '')).toBe(true)
    expect(await store.sessions.list(user, now())).toHaveLength(1)
    expect((await visit('/settings')).path).toBe('/login')
  },
)

flow(
  'who switched it on signs in with a code of the app or from paper as well, until it is switched off',
  { start: '/settings', as: 'viewer', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, user, way } = scene
    const isChecked = way === 'mouse'
    const codesLeft = async () => (await store.secondFactors.find(user))?.recoveryCodes ?? null
    await driver.follow(page.getByRole('link', { name: 'Two-factor authentication' }))
    const secret = (await page.locator('.secret code').textContent())?.replaceAll(' ', '') ?? ''
    const code = (later: number) => totpCode(secret, totpStep(now()) + later)
    await driver.type(page.getByRole('textbox', { name: 'Code' }), code(0))
    await driver.type(page.getByLabel('Your password'), PASSWORD)
    await driver.follow(button(page, 'Enable'))
    await page.getByRole('heading', { name: 'Recovery codes' }).waitFor()
    const recovery = await page.locator('.recovery-codes li').allTextContents()
    expect(recovery).toHaveLength(10)
    expect(await codesLeft()).toBe(10)
    if (isChecked) expect(await findFaults(page)).toEqual([])
    await driver.follow(page.getByRole('link', { name: 'I have saved them' }))
    await page.getByText('10 recovery codes are left').waitFor()
    if (isChecked) expect(await findFaults(page)).toEqual([])

    async function signInWith(typed: string) {
      await driver.type(page.getByLabel('Code from the app'), typed)
      await driver.follow(button(page, 'Sign in'))
    }
    await driver.follow(button(page, 'Sign out'))
    await signIn(scene, PASSWORD)
    await page.getByRole('heading', { name: 'Your code' }).waitFor()
    expect(await store.sessions.list(user, now())).toEqual([])
    if (isChecked) expect(await findFaults(page)).toEqual([])
    await signInWith('no code')
    await page.getByRole('alert').waitFor()
    await signInWith(code(1))
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    await driver.follow(button(page, 'Sign out'))
    await signIn(scene, PASSWORD)
    await signInWith(recovery[3] ?? '')
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    expect(await codesLeft()).toBe(9)
    expect((await store.audit.list({ actor: user })).entries[0]?.detail).toContain('with a recovery code')

    await page.goto('/settings/two-factor')
    await driver.type(page.getByLabel('Your password'), PASSWORD)
    await driver.follow(button(page, 'Create new recovery codes'))
    expect(await page.locator('.recovery-codes li').count()).toBe(10)
    expect(await codesLeft()).toBe(10)
    await driver.follow(page.getByRole('link', { name: 'I have saved them' }))
    await driver.type(page.getByLabel('Your password'), PASSWORD)
    await driver.follow(button(page, 'Disable'))
    await page.getByText('Saved.').waitFor()
    expect(await codesLeft()).toBe(null)
  },
)

flow(
  'one’s other sessions are listed and ended',
  { start: '/settings', as: 'operator', ways: ALL_WAYS },
  async ({ driver, page, store, user, signInElsewhere }) => {
    const visit = await signInElsewhere(user)
    await driver.follow(page.getByRole('link', { name: 'Sessions' }))
    expect(await page.locator('tbody tr').count()).toBe(2)
    await page.getByText('this one').waitFor()
    await driver.follow(page.getByRole('button', { name: `Revoke the session of ${user}` }))
    await page.getByText('Revoked.').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(await store.sessions.list(user, now())).toHaveLength(1)
    expect((await visit('/settings')).path).toBe('/login')
  },
)
