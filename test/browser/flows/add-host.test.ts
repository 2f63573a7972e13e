import { expect } from 'bun:test'
import type { Store } from '../../../src/storage/ports/store.ts'
import { ALL_WAYS, startFlows } from '../harness/flow.ts'

const flow = startFlows({ hosts: 2, minutes: 2 })

/** The first packet of an agent. */
async function report(store: Store, host: string) {
  const seen = Math.floor(Date.now() / 1000)
  const facts = {
    ip: '10.9.9.9',
    platform: 'Linux',
    build: 'Debian 13',
    architecture: '64bit',
    domain: 'example.org',
    processors: 1,
    memoryMb: 512,
  }
  const frames = [{ time: seen, metrics: ['perf.memory.percent.used'], values: [1] }]
  await store.ingest.write([{ host, facts, seen, clockSkew: 0, frames, events: [] }])
}

flow(
  'the commands for a new host are filled in and copied, and the host appears when it first reports',
  { start: '/settings', ways: ALL_WAYS },
  async ({ driver, page, store, way }) => {
    const isPlain = way === 'plain'
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await driver.follow(page.locator('.entries').getByRole('link', { name: /^Add a host/ }))
    const name = `brand-new-${way}`
    // Hosts of the runs before may be of this very second.
    expect(await page.locator('[data-live="newcomers"]').textContent()).not.toContain(name)
    if (way === 'mouse') await page.getByText('Waiting.').waitFor()
    await driver.type(page.getByLabel('Other machines reach this server as'), 'watch.example.org')
    await driver.follow(page.getByRole('button', { name: 'Use' }))
    const command = page.locator('#command-linux')
    expect(await command.textContent()).toContain("--server 'watch.example.org:8889'")
    const copy = page.getByRole('button', { name: 'Copy' }).first()
    if (isPlain) expect(await copy.isVisible()).toBe(false)
    else {
      await driver.activate(copy)
      await page.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
        (await command.textContent()) ?? '',
      )
      await page.locator('[data-live-state="live"]').waitFor()
    }
    const link = page.getByRole('link', { name })
    // The page gets only events from after it connected, so the host reports again and again, as an agent would.
    for (let i = 0; i < 20 && (await link.count()) === 0; i++) {
      await report(store, name)
      if (isPlain) await page.reload()
      else await page.waitForTimeout(600)
    }
    // The list appeared above the focused element, which keeps the focus.
    if (!isPlain)
      expect(await page.evaluate<string>('document.activeElement.dataset.copy')).toBe('command-linux')
    await driver.follow(link)
    await page.getByRole('heading', { level: 1, name }).waitFor()
    expect((await store.hosts.find(name))?.build).toBe('Debian 13')
  },
)
