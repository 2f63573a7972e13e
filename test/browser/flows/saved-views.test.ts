import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { ALL_WAYS, startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 12, minutes: 5 })

const link = (page: Page, name: string | RegExp) => page.getByRole('link', { name, exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

flow(
  'a filtered list is saved under a name, opened from the navigation, shared, and deleted',
  { start: '/hosts?q=db', as: 'operator', ways: ALL_WAYS, isRefused: true },
  async ({ driver, page, store, user, way }) => {
    const name = `Databases by ${way}`
    const find = async () => (await store.views.list(user)).find((view) => view.name.startsWith(name))
    const inRail = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true })
    await driver.follow(link(page, 'Save view'))
    await driver.type(page.getByLabel('Name', { exact: true }), name)
    await driver.follow(button(page, 'Add'))
    await page.getByText('Added.').waitFor()
    expect(await find()).toMatchObject({ name, path: '/hosts?q=db', owner: user, isShared: false })
    await driver.follow(inRail)
    expect(new URL(page.url()).search).toBe('?q=db')
    expect(await page.locator('.rail-views [aria-current]').textContent()).toBe(name)

    await driver.follow(page.locator('.rail').getByRole('link', { name: 'Events', exact: true }))
    await driver.follow(link(page, 'Save view'))
    await driver.type(page.getByLabel('Name', { exact: true }), name)
    await driver.follow(button(page, 'Add'))
    await page.getByText('Another view of yours has this name.').waitFor()

    await driver.follow(page.locator('.rail-head a'))
    await driver.follow(link(page, `Edit ${name}`))
    await driver.toggle(page.getByLabel('Everybody who signs in'))
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    expect((await find())?.isShared).toBe(true)

    await driver.follow(link(page, `Edit ${name}`))
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(button(page, 'Delete the saved view'))
    await page.getByText('Deleted.').waitFor()
    expect(await find()).toBeUndefined()
    expect(await inRail.count()).toBe(0)
  },
)

flow(
  'a host is muted until a time that is typed, and that is undone',
  { start: '/hosts/web01', as: 'operator', ways: ALL_WAYS, isRefused: true },
  async ({ driver, page, store, way }) => {
    const windows = () => store.maintenanceWindows.list()
    await driver.activate(page.locator('#mute summary'))
    await driver.follow(link(page, 'Until…'))
    const field = page.getByLabel('Or until (UTC)')
    const soon = new Date(Date.now() + 3 * 3_600_000).toISOString().slice(0, 16)
    await driver.type(field, '2020-01-01T10:00')
    await driver.follow(button(page, 'Mute until then'))
    await page.getByText('Expected a time to come: this one is over.').waitFor()
    expect(await windows()).toHaveLength(0)
    await driver.type(field, soon)
    await driver.follow(button(page, 'Mute until then'))
    await page.getByRole('status').filter({ hasText: 'Muted web01 until' }).waitFor()
    const [window] = await windows()
    expect(window?.when).toMatchObject({ to: Date.parse(`${soon}Z`) / 1000 })
    const undo = button(page, 'Undo')
    if (way === 'plain') await driver.follow(undo)
    else await driver.activate(undo)
    await page.getByText(/^Undone\./).waitFor()
    expect(await windows()).toHaveLength(0)
  },
)
