import { expect, test } from 'bun:test'
import { createDiskForecasts } from '../../../src/web/forecasts/disk-forecasts.ts'
import { fakeClock } from '../../support/clock.ts'

const DAY = 86_400

function setUp() {
  const clock = fakeClock()
  const asked: string[] = []
  let isAway = false
  const forecasts = createDiskForecasts({
    clock,
    samples: {
      async range(host, metric, from, to) {
        asked.push(`${host} ${metric} ${(to - from) / DAY}`)
        if (isAway) throw new Error('away')
        // One percent a day, up to 90 just now; `old` stopped two days ago.
        const end = metric === 'old' ? to - 2 * DAY : to
        const times = Float64Array.from({ length: 30 * 24 }, (_, i) => end - (30 * 24 - 1 - i) * 3600)
        return { times, values: times.map((time) => 90 - (end - time) / DAY) }
      },
    },
  })
  return { clock, asked, forecasts, setAway: (away: boolean) => (isAway = away) }
}

test('a forecast is computed once an hour for everybody', async () => {
  const { clock, asked, forecasts } = setUp()
  const [first] = await Promise.all([forecasts.of('web01', 'disk'), forecasts.of('web01', 'disk')])
  expect(first?.growth.mid).toBeCloseTo(1, 3)
  expect(asked).toEqual(['web01 disk 30'])
  await clock.advance(3_599_000)
  await forecasts.of('web01', 'disk')
  expect(asked).toHaveLength(1)
  await clock.advance(2000)
  await forecasts.of('web01', 'disk')
  expect(asked).toHaveLength(2)
})

test('nothing is foretold of what stopped coming', async () => {
  const { forecasts } = setUp()
  expect(await forecasts.of('web01', 'old')).toBeNull()
})

test('what failed is tried again, and keeps nothing else from being computed', async () => {
  const { asked, forecasts, setAway } = setUp()
  setAway(true)
  await expect(forecasts.of('web01', 'disk')).rejects.toThrow('away')
  setAway(false)
  expect(await forecasts.of('web01', 'disk')).not.toBeNull()
  expect(asked).toHaveLength(2)
})

test('a glance costs nothing, and makes it known for the next one', async () => {
  const { clock, asked, forecasts } = setUp()
  expect(forecasts.peek('web01', 'disk')).toBeNull()
  expect(forecasts.peek('web01', 'disk')).toBeNull()
  await Bun.sleep(5)
  expect(forecasts.peek('web01', 'disk')?.growth.mid).toBeCloseTo(1, 3)
  expect(asked).toHaveLength(1)
  // The old forecast stays until the new one is computed.
  await clock.advance(3_601_000)
  expect(forecasts.peek('web01', 'disk')).not.toBeNull()
  await Bun.sleep(5)
  expect(asked).toHaveLength(2)
})

test('the background leaves time to others between two forecasts', async () => {
  const { clock, asked, forecasts } = setUp()
  forecasts.peek('web01', 'disk')
  forecasts.peek('web02', 'disk')
  await Bun.sleep(5)
  expect(asked).toHaveLength(1)
  await clock.advance(10)
  expect(asked).toHaveLength(2)
})
