import { describe, expect, test } from 'bun:test'
import { canCompare, listDepartures, timeOfDeparture } from '../../../src/domain/events/departure.ts'
import { metricUnit } from '../../../src/domain/metrics/metric.ts'
import type { Series } from '../../../src/domain/sample.ts'
import { seededRandom } from '../../support/seed.ts'

const OPENED = 1_000_000
const TIME = timeOfDeparture(OPENED, OPENED + 7200, 1200)

/** A sample a minute from `from` to `to`. */
function series(at: (since: number) => number, from = TIME.past, to = TIME.to): Series {
  const times: number[] = []
  for (let time = from; time <= to; time += 60) times.push(time)
  return { times: Float64Array.from(times), values: Float64Array.from(times, (time) => at(time - TIME.from)) }
}

const find = (all: Readonly<Record<string, Series>>) =>
  listDepartures(new Map(Object.entries(all)), TIME, metricUnit)

test('the time before is four times as long', () => {
  expect(TIME).toEqual({ past: OPENED - 1200 - 4 * 2400, from: OPENED - 1200, to: OPENED + 1200 })
  // An event that has just opened, and one that ended soon after it opened.
  expect(timeOfDeparture(OPENED, OPENED, 1200)).toEqual({
    past: OPENED - 1200 - 4 * 1200,
    from: OPENED - 1200,
    to: OPENED,
  })
  expect(timeOfDeparture(OPENED, OPENED + 60, 1200).to).toBe(OPENED + 60)
})

describe('departures', () => {
  const random = seededRandom(3)

  test('what moved furthest from its own noise comes first, what stayed is not named', () => {
    const found = find({
      'perf.system.load.1': series((since) => (since < 0 ? 1 : 30) + random() * 0.2),
      'perf.processor.percent.user': series((since) => (since < 0 ? 20 : 60) + 10 * (random() - 0.5)),
      'perf.memory.percent.used': series(() => 60 + random()),
      'perf.network.bytes.sent': series(() => 1e6 * random()),
    })
    expect(found.map(({ metric }) => metric)).toEqual(['perf.system.load.1', 'perf.processor.percent.user'])
    expect(found[0]?.before).toBeCloseTo(1.1, 0)
    expect(found[0]?.now).toBeCloseTo(30.1, 0)
  })

  test('a fall is a departure as a rise is, and one spike is none', () => {
    const found = find({
      'perf.network.bytes.sent': series((since) => (since < 0 ? 9e5 : 1200) * (0.9 + 0.2 * random())),
      'perf.processor.percent.used': series((since) => (since === 600 ? 100 : 12)),
    })
    expect(found.map(({ metric }) => metric)).toEqual(['perf.network.bytes.sent'])
  })

  test('what always grows does not count as departed, and a restart does', () => {
    expect(find({ 'perf.system.uptime.seconds': series((since) => 900_000 + since) })).toEqual([])
    const restarted = series((since) => (since < 0 ? 900_000 + since : since))
    expect(find({ 'perf.system.uptime.seconds': restarted })).toHaveLength(1)
  })

  test('a line that never moved needs more than a breath', () => {
    expect(
      find({ 'perf.filesystem.dev.sda1.percent.used': series((since) => (since < 0 ? 50 : 50.4)) }),
    ).toEqual([])
    expect(find({ 'perf.service.nginx.state': series((since) => (since < 0 ? 1 : 0)) })).toHaveLength(1)
    expect(find({ 'perf.service.nginx.state': series(() => 0) })).toEqual([])
  })

  test('the same values under two names count once', () => {
    const sent = series((since) => (since < 0 ? 9e5 : 0) + 1000 * random())
    const found = find({ 'perf.network.eth0.bytes.sent': sent, 'perf.network.bytes.sent': sent })
    expect(found.map(({ metric }) => metric)).toEqual(['perf.network.bytes.sent'])
  })

  test('is known where there are samples of both times, whatever they say', () => {
    expect(
      canCompare(
        series(() => 1),
        TIME,
      ),
    ).toBe(true)
    expect(
      canCompare(
        series(() => 1, TIME.from),
        TIME,
      ),
    ).toBe(false)
    expect(
      canCompare(
        series(() => 1, TIME.past, TIME.from - 60),
        TIME,
      ),
    ).toBe(false)
    expect(canCompare({ times: new Float64Array() }, TIME)).toBe(false)
  })

  test('too few samples say nothing: a new metric, one that ended, none at all', () => {
    expect(
      find({
        'perf.process.new.state': series(() => 1, TIME.from),
        'perf.process.gone.state': series(() => 1, TIME.past, TIME.from - 60),
        'perf.system.load.1': { times: new Float64Array(), values: new Float64Array() },
      }),
    ).toEqual([])
  })
})
