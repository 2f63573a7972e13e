import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readKiosk } from '../../../../src/web/ui/layout/kiosk.tsx'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  for (let i = 0; i < 101; i++) await site.report(`h${String(i).padStart(3, '0')}`, now, { 'perf.x': 1 })
  await site.report('web01', now, { 'perf.x': 1 }, { groups: ['shop'] })
})
afterAll(() => site.stop())

test.each([
  ['/', null],
  ['/?kiosk', { seconds: null }],
  ['/?kiosk=', { seconds: null }],
  ['/?kiosk=0', { seconds: null }],
  ['/?kiosk=on', { seconds: null }],
  ['/?kiosk=-5', { seconds: null }],
  ['/?kiosk=1', { seconds: 5 }],
  ['/?kiosk=30', { seconds: 30 }],
  ['/?kiosk=999999', { seconds: 86_400 }],
])('%s asks for %j', (path, kiosk) => {
  expect(readKiosk(new URL(path, 'http://x'))).toEqual(kiosk)
})

describe('a wall screen', () => {
  const read = async (path: string) => {
    const markup = await (await site.send(path, { headers: await site.as('viewer') })).text()
    return { markup, next: /data-kiosk-next="([^"]*)"/.exec(markup)?.[1]?.replaceAll('&amp;', '&') }
  }

  test('has no frame, and stays on its page unless it is set to rotate', async () => {
    const { markup, next } = await read('/?kiosk')
    expect(markup).not.toContain('class="rail"')
    expect(markup).toContain('data-live-state')
    expect(next).toBeUndefined()
  })

  test('shows all hosts, then the events, and begins anew', async () => {
    const first = await read('/?kiosk=30')
    expect(first.next).toBe('/events?kiosk=30')
    expect((await read(first.next ?? '')).next).toBe('/?kiosk=30')
  })

  test('keeps to its group', async () => {
    expect((await read('/?kiosk=30&group=shop')).next).toBe('/events?kiosk=30&group=shop')
    expect((await read('/events?kiosk=30&group=shop')).next).toBe('/?kiosk=30&group=shop')
  })

  test('signs in first, as everybody', async () => {
    expect((await site.send('/?kiosk=30')).status).toBe(303)
  })
})
