import { expect, test } from 'bun:test'
import { createThresholdTable, isBreach, type Threshold } from '../../../src/domain/thresholds/threshold.ts'
import {
  FRESH_STATE,
  parseThresholdState,
  step,
  type ThresholdChange,
  type ThresholdState,
} from '../../../src/domain/thresholds/threshold-state.ts'

const METRICS = ['perf.a', 'perf.b.x', 'perf.b.y', 'perf.unwatched']

function randomFrom(seed: number) {
  let state = seed
  return (n: number) => {
    state = (state * 48271) % 2147483647
    return state % n
  }
}

type Sample = { time: number; value: number }

/** By the definition: looks back over all samples for every sample. */
function holdsAtEnd(samples: readonly Sample[], threshold: Threshold, interval: number): boolean {
  const { compare, value: limit } = threshold
  const covered = (end: number, seconds: number, fits: (value: number) => boolean) => {
    const last = samples[end]
    if (!last) return false
    const hole = Math.max(2 * interval, 60, seconds / 4)
    let there = 0
    for (let i = end; i >= 0; i--) {
      const sample = samples[i]
      const later = samples[i + 1]
      if (!sample || !fits(sample.value)) return false
      if (i < end && later && later.time - sample.time > hole) return false
      if (sample.time > last.time - seconds) there++
      else return there >= seconds / interval / 2
    }
    return false
  }
  const good = (value: number) =>
    !isBreach(value, compare, limit) && !isBreach(value, compare, threshold.clearValue ?? limit)
  let holds = false
  samples.forEach((_, i) => {
    holds = holds
      ? !covered(i, threshold.clearAfter ?? 2 * interval, good)
      : covered(i, threshold.duration, (value) => isBreach(value, compare, limit))
  })
  return holds
}

/** What a server holds after hearing changes in any order, any number of times. */
function seen(changes: readonly ThresholdChange[], random: (n: number) => number) {
  const newest = new Map<string, ThresholdChange>()
  const jumble = [...changes, ...changes.filter(() => random(3) === 0)]
  for (let i = jumble.length - 1; i > 0; i--) {
    const j = random(i + 1)
    const [one, other] = [jumble[i], jumble[j]]
    if (one && other) [jumble[i], jumble[j]] = [other, one]
  }
  for (const change of jumble)
    if ((newest.get(change.uid)?.change ?? 0) < change.change) newest.set(change.uid, change)
  return [...newest.values()].filter((change) => change.status === 'open')
}

function randomThreshold(metric: string, random: (n: number) => number): Threshold {
  const compare = (['>', '<', '=', '>=', '<=', '!='] as const)[random(6)] ?? '>'
  const value = random(6)
  const easier = compare.startsWith('>') ? -1 : compare.startsWith('<') ? 1 : 0
  return {
    metric,
    severity: ([1, 2, 3, 4] as const)[random(4)] ?? 1,
    compare,
    value,
    duration: random(6) * 45 * (random(4) === 0 ? 8 : 1),
    clearAfter: random(2) ? null : random(4) * 60,
    clearValue: random(2) && easier !== 0 ? value + easier : null,
  }
}

test('random samples, gaps, repetitions and restarts end where the definition ends', () => {
  let opened = 0
  for (let seed = 1; seed <= 400; seed++) {
    const random = randomFrom(seed * 7919)
    const thresholds = ['perf.a', 'perf.a', 'perf.b.*', 'perf.b.*', ...(random(2) ? ['perf.b.y'] : [])].map(
      (metric) => randomThreshold(metric, random),
    )
    const book = createThresholdTable(thresholds, [])
    const interval = [60, 60, 10, 1][random(4)] ?? 60
    // Where samples are rare, half of them may be missing for the whole run; where a cycle is short, most.
    const sparse = random(3)
    const options = { book, interval, makeUid: (metric: string, at: number) => `${metric} ${at}` }
    const history = new Map<string, Sample[]>(METRICS.map((metric) => [metric, []]))
    const levels = METRICS.map(() => random(6))
    const changes: ThresholdChange[] = []
    let state: ThresholdState = FRESH_STATE
    let time = 1_000_000_020
    for (let cycle = 0; cycle < 160; cycle++) {
      const skipped = sparse === 0 ? 0 : random(sparse === 1 ? 2 : 4)
      time +=
        interval *
        (1 + skipped + (random(12) === 0 ? random(random(4) === 0 ? Math.ceil(400 / interval) : 5) : 0))
      METRICS.forEach((_, i) => {
        if (random(4) === 0) levels[i] = random(7)
      })
      const values = METRICS.map((_, i) => (random(15) === 0 ? null : (levels[i] ?? 0)))
      const frame = { time, metrics: METRICS, values }
      METRICS.forEach((metric, i) => {
        const value = values[i]
        if (typeof value === 'number') history.get(metric)?.push({ time, value })
      })
      const result = step(state, frame, options)
      state = result.state
      changes.push(...result.changes)
      if (random(6) === 0) state = parseThresholdState(JSON.stringify(state))
      if (random(6) === 0) expect(step(state, frame, options)).toEqual({ state, changes: [] })

      const open: (string | number)[][] = state.metrics.flatMap(({ metric, event }) =>
        event ? [[metric, event.severity]] : [],
      )
      const expected = METRICS.flatMap((metric) => {
        const samples = history.get(metric) ?? []
        const holding = book.of(metric).filter((threshold) => holdsAtEnd(samples, threshold, interval))
        return holding.length > 0 ? [[metric, Math.min(...holding.map((one) => one.severity))]] : []
      })
      expect([seed, cycle, open.sort()]).toEqual([seed, cycle, expected.sort()])
    }

    for (const metric of METRICS) {
      const story = changes.filter((change) => change.metric === metric)
      let current: ThresholdChange | null = null
      for (const change of story) {
        if (current === null) expect([change.status, change.change]).toEqual(['open', 1])
        else expect([change.uid, change.change]).toEqual([current.uid, current.change + 1])
        current = change.status === 'open' ? change : null
        opened += change.change === 1 ? 1 : 0
      }
      const uids = story.filter((change) => change.change === 1).map((change) => change.uid)
      expect(new Set(uids).size).toBe(uids.length)
    }
    const server = seen(changes, random).map(({ metric, severity, stale, uid }) => [
      metric,
      severity,
      stale,
      uid,
    ])
    const agent = state.metrics.flatMap(({ metric, event }) =>
      event ? [[metric, event.severity, event.stale, event.uid]] : [],
    )
    expect(server.sort()).toEqual(agent.sort())
  }
  expect(opened).toBeGreaterThan(1000)
})
