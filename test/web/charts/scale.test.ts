import { describe, expect, test } from 'bun:test'
import { POOL_STATUS } from '../../../src/domain/metrics/declared/statuses.ts'
import type { ValueForm } from '../../../src/domain/metrics/unit.ts'
import { timeTicks, valueScale } from '../../../src/web/charts/scale.ts'

const labels = (least: number, most: number, form: ValueForm, parts?: number) =>
  valueScale(least, most, form, { parts }).ticks.map(({ label }) => label.replaceAll('\u202f', ' '))

describe('levels', () => {
  test.each<[number, number, ValueForm, string[]]>([
    [0, 0, '%', ['0', '0.5 %', '1 %']],
    [0, 0.45, '%', ['0', '0.25 %', '0.5 %']],
    [3, 18, '%', ['0', '10 %', '20 %']],
    [3, 97, '%', ['0', '50 %', '100 %']],
    [0, 100, '%', ['0', '50 %', '100 %']],
    [10, 3_000_000, 'B/s', ['0', '2 MiB/s', '4 MiB/s']],
    [0, 900, 'B', ['0', '512 B', '1 KiB']],
    [0, 0, 'B', ['0', '512 B', '1 KiB']],
    [40, 52, '°C', ['40 °C', '50 °C', '60 °C']],
    [2, 60, '°C', ['0', '50 °C', '100 °C']],
    [0, 1, ['stopped', 'running'], ['stopped', 'running']],
    [1, 1, ['stopped', 'running'], ['stopped', 'running']],
    [1, 3, ['unknown', 'running', 'exited', 'paused', 'dead'], ['running', 'exited', 'paused']],
    [2, 2, ['unknown', 'running', 'exited'], ['exited']],
    [0, 7, POOL_STATUS, ['unknown', 'degraded', 'offline', 'removed']],
    [-4, 4, '', ['−5', '0', '5']],
    [0, 0.03, '', ['0', '0.02', '0.04']],
  ])('from %p to %p in %p', (least, most, unit, ticks) => {
    expect(labels(least, most, unit, 2)).toEqual(ticks)
  })

  test.each<[number, number, ValueForm, string[]]>([
    [32, 34, '%', ['32 %', '33 %', '34 %']],
    [3, 97, '%', ['0', '50 %', '100 %']],
    [50, 50, '%', ['46 %', '48 %', '50 %']],
    [0, 0, 'B', ['0', '512 B', '1 KiB']],
  ])('fitted to %p to %p in %p begin where the values do', (least, most, unit, ticks) => {
    const scale = valueScale(least, most, unit, { parts: 2, isFitted: true })
    expect(scale.ticks.map(({ label }) => label.replaceAll('\u202f', ' '))).toEqual(ticks)
  })

  test('hold every value between their ends, whatever the values are', () => {
    for (const unit of ['%', 'B', 'B/s', '/s', 's', '°C', ''] as const)
      for (let power = -5; power < 16; power++)
        for (const [least, most] of [
          [0, 3.3],
          [1.2, 9.99],
          [-4, 1],
          [5, 5],
        ] as const) {
          const scale = valueScale(least * 10 ** power, most * 10 ** power, unit)
          expect(scale.low).toBeLessThanOrEqual(least * 10 ** power)
          expect(scale.high).toBeGreaterThanOrEqual(most * 10 ** power * (1 - 1e-9))
          expect(scale.ticks.length).toBeGreaterThanOrEqual(2)
          expect(scale.ticks.length).toBeLessThanOrEqual(8)
        }
  })
})

/** 2026-11-22 12:07 UTC; the tests run in UTC. */
const NOW = 1_795_349_220
const HOUR = 3600
const DAY = 86_400

describe('times', () => {
  test.each([
    ['an hour', HOUR, ['11:15', '11:30', '11:45', '12:00']],
    ['a day', DAY, ['18:00', '22 Nov', '06:00']],
    ['a week', 7 * DAY, ['16 Nov', '18 Nov', '20 Nov', '22 Nov']],
    ['90 days', 90 * DAY, ['Sep', 'Oct', 'Nov']],
    ['a year', 365 * DAY, ['2026', 'Apr', 'Jul', 'Oct']],
    ['five years', 5 * 365 * DAY, ['2024', '2026']],
  ])('%s', (_, length, wanted) => {
    expect(timeTicks(NOW - length, NOW, 4).map(({ label }) => label)).toEqual(wanted)
  })

  test('come in order, within the ends and not too many', () => {
    for (let length = 10; length < 40 * 365 * DAY; length *= 1.7) {
      const from = Math.round(NOW - length)
      const ticks = timeTicks(from, NOW, 6)
      expect(ticks.length).toBeLessThanOrEqual(8)
      for (const [i, { at }] of ticks.entries()) {
        expect(at).toBeGreaterThanOrEqual(from)
        expect(at).toBeLessThanOrEqual(NOW)
        expect(at).toBeGreaterThan(ticks[i - 1]?.at ?? 0)
      }
    }
  })
})
