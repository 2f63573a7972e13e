import { afterAll, beforeAll, expect } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Rule } from '../../../src/domain/notifications/rule.ts'
import type { Target } from '../../../src/domain/notifications/target.ts'
import { ALL_WAYS, startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 2, minutes: 2 })
const received: unknown[] = []
let receiver: ReturnType<typeof Bun.serve>

beforeAll(() => {
  receiver = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      received.push(await request.json())
      return new Response('noted with thanks')
    },
  })
})
afterAll(() => receiver?.stop(true))

const hook = () => `http://127.0.0.1:${receiver.port}/hook`
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true })
const named = <T extends { readonly name: string }>(list: readonly T[], name: string) =>
  list.find((one) => one.name === name)

flow(
  'a rule is tried, added, changed, switched off and on, and deleted',
  { start: '/settings', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, way } = scene
    const name = `Told by ${way}`
    const find = async (called = name): Promise<Rule | undefined> => named(await store.rules.list(), called)
    await driver.follow(page.locator('.entries').getByRole('link', { name: /^Notification rules/ }))
    await driver.follow(link(page, 'Add a rule'))
    await driver.type(page.getByLabel('Name', { exact: true }), name)
    await driver.type(page.getByLabel('Hosts'), 'db*')
    await driver.toggle(page.getByRole('checkbox', { name: 'Information' }))
    await driver.choose(page.getByLabel('Channel'), 'webhook')
    await driver.type(page.getByLabel('Target'), hook())
    await driver.type(page.getByLabel('Delay'), 'soon')
    await driver.follow(button(page, 'Add'))
    expect(await page.getByRole('alert').textContent()).toBe('One field is not right yet.')
    expect(await page.getByLabel('Delay').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByLabel('Delay').inputValue()).toBe('soon')
    expect(await find()).toBeUndefined()
    await driver.type(page.getByLabel('Delay'), '10m')
    const before = received.length
    await driver.follow(button(page, 'Send a test message'))
    await page.getByText('The test message was delivered.').waitFor()
    expect(received.slice(before)).toMatchObject([{ kind: 'test' }])
    expect(await page.getByLabel('Hosts').inputValue()).toBe('db*')
    await driver.follow(button(page, 'Add'))
    await page.getByText('Added.').waitFor()
    expect(await find()).toMatchObject({
      host: 'db*',
      severities: [1, 2, 3],
      channel: 'webhook',
      target: hook(),
      delay: 600,
      enabled: true,
    })

    await driver.follow(button(page, `Disable ${name}`))
    expect((await find())?.enabled).toBe(false)
    await driver.follow(button(page, `Enable ${name}`))
    expect((await find())?.enabled).toBe(true)
    await driver.follow(link(page, name))
    await driver.type(page.getByLabel('Repeat every'), '1h')
    await driver.toggle(page.getByRole('checkbox', { name: 'Enabled' }))
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    expect(await find()).toMatchObject({ repeat: 3600, enabled: false })
    await driver.follow(link(page, name))
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(link(page, 'Keep'))
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(button(page, 'Delete the rule'))
    await page.getByText('Deleted.').waitFor()
    expect(await find()).toBeUndefined()
  },
)

flow(
  'a target is tried, added, changed, kept while a rule uses it, and deleted',
  { start: '/settings', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, way } = scene
    const name = `On call by ${way}`
    const find = async (called = name): Promise<Target | undefined> =>
      named(await store.targets.list(), called)
    await driver.follow(page.locator('.entries').getByRole('link', { name: /^Targets/ }))
    await driver.follow(link(page, 'Add a target'))
    await driver.type(page.getByLabel('Name', { exact: true }), name)
    await driver.choose(page.getByLabel('Channel'), 'webhook')
    await driver.type(page.getByLabel('Address'), hook())
    const before = received.length
    await driver.follow(button(page, 'Send a test message'))
    await page.getByText('The test message was delivered.').waitFor()
    await driver.follow(button(page, 'Add'))
    await page.getByText('Added.').waitFor()
    expect(await find()).toMatchObject({ channel: 'webhook', address: hook() })
    await driver.follow(button(page, `Send a test message to ${name}`))
    await page.getByText('The test message was delivered.').waitFor()
    expect(received.length - before).toBe(2)

    const rule = await store.rules.add({
      name: `Uses ${name}`,
      enabled: true,
      host: '*',
      metric: '*',
      severities: [1],
      onOpening: true,
      onClosing: false,
      onSeverityChange: false,
      channel: 'webhook',
      target: name,
      delay: 0,
      repeat: null,
    })
    const renamed = `${name}, at night`
    await driver.follow(link(page, name))
    await driver.type(page.getByLabel('Name', { exact: true }), renamed)
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    expect((await store.rules.find(rule ?? 0))?.target).toBe(renamed)
    await driver.follow(link(page, renamed))
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(button(page, 'Delete the target'))
    expect(await page.getByRole('alert').textContent()).toContain('A rule still sends to this target.')
    expect(await find(renamed)).toBeDefined()
    await store.rules.delete(rule ?? 0)
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(button(page, 'Delete the target'))
    await page.getByText('Deleted.').waitFor()
    expect(await find(renamed)).toBeUndefined()
  },
)

flow(
  'windows of each kind are added, and one is changed and deleted',
  { start: '/settings', as: 'operator', ways: ALL_WAYS, isRefused: true },
  async (scene) => {
    const { driver, page, store, way } = scene
    const whenOf = async (name: string) =>
      named(await store.maintenanceWindows.list(), `${name} by ${way}`)?.when ?? null
    async function add(name: string, kind: string, fill: () => Promise<void>) {
      await driver.follow(link(page, 'Add a maintenance window'))
      await driver.type(page.getByLabel('Name', { exact: true }), `${name} by ${way}`)
      await driver.choose(page.getByLabel('When'), kind)
      // Without scripts every part is there; with them only what belongs to the kind.
      const hours = page.getByLabel('Begins at')
      expect(await hours.isVisible()).toBe(way === 'plain' || kind !== 'once')
      await fill()
      if (kind === 'once') {
        await driver.follow(button(page, 'Preview'))
        await page.getByText('Active, and notifications held:').waitFor()
        expect(await whenOf(name)).toBeNull()
      }
      await driver.follow(button(page, 'Add'))
      await page.getByText('Added.').waitFor()
    }
    const typeHours = async (start: string, end: string) => {
      await driver.type(page.getByLabel('Begins at'), start)
      await driver.type(page.getByLabel('Ends at'), end)
    }
    await driver.follow(page.locator('.entries').getByRole('link', { name: /^Maintenance/ }))
    await add('Move', 'once', async () => {
      await driver.type(page.getByLabel('From', { exact: true }), '2031-04-05T21:30')
      await driver.type(page.getByLabel('To', { exact: true }), '2031-04-06T00:15')
    })
    const at = (text: string) => Date.parse(`${text}Z`) / 1000
    expect(await whenOf('Move')).toEqual({
      kind: 'once',
      from: at('2031-04-05T21:30'),
      to: at('2031-04-06T00:15'),
    })
    await add('Night', 'daily', () => typeHours('23:10', '05:45'))
    expect(await whenOf('Night')).toEqual({ kind: 'daily', start: 1390, end: 345, zone: 'UTC' })
    await add('Weekend', 'weekly', async () => {
      await driver.toggle(page.getByLabel('Saturday'))
      await driver.toggle(page.getByLabel('Sunday'))
    })
    expect(await whenOf('Weekend')).toMatchObject({ kind: 'weekly', days: [6, 7] })
    await add('Patches', 'monthly', () => driver.type(page.getByLabel('Days of the month'), '1, 15, last'))
    expect(await whenOf('Patches')).toMatchObject({ kind: 'monthly', days: [1, 15, -1] })

    await driver.follow(link(page, `Patches by ${way}`))
    await driver.type(page.getByLabel('Days of the month'), '40')
    await driver.follow(button(page, 'Save'))
    await page.getByRole('alert').waitFor()
    await driver.type(page.getByLabel('Days of the month'), '2')
    await driver.follow(button(page, 'Save'))
    await page.getByText('Saved.').waitFor()
    expect(await whenOf('Patches')).toMatchObject({ days: [2] })
    await driver.follow(link(page, `Patches by ${way}`))
    await driver.follow(link(page, 'Delete…'))
    await driver.follow(button(page, 'Delete the maintenance window'))
    await page.getByText('Deleted.').waitFor()
    expect(await whenOf('Patches')).toBe(null)
  },
)
