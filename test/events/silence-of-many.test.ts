import { expect, test } from 'bun:test'
import { openHarness } from './harness.ts'

const HOSTS = 250
const MOST_AT_ONCE = 50

test('many hosts that fall silent at once are reported in pieces, each host once, and so is their return', async () => {
  const harness = await openHarness({ check: 60, isGrouping: false })
  try {
    const { watch, events } = harness.store
    const pieces: number[] = []
    const { report } = watch
    Object.assign(watch, {
      report: (...[reports, ...more]: Parameters<typeof report>) => {
        pieces.push(reports.length)
        return report(reports, ...more)
      },
    })
    const saySomething = async () => {
      for (let i = 0; i < HOSTS; i++) await harness.say(`web${i}`)
    }
    await harness.start()
    await saySomething()
    await harness.wait(120)
    const { events: open, total } = await events.list({ status: 'open', limit: 1000 })
    expect(total).toBe(HOSTS)
    expect(new Set(open.map(({ host }) => host)).size).toBe(HOSTS)
    await saySomething()
    await harness.wait(20)
    expect((await events.list({ status: 'open' })).total).toBe(0)
    expect((await events.list({ status: 'closed' })).total).toBe(HOSTS)
    expect(Math.max(...pieces)).toBe(MOST_AT_ONCE)
  } finally {
    await harness.close()
  }
})
