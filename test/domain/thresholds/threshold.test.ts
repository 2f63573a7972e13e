import { describe, expect, test } from 'bun:test'
import { SEVERITIES } from '../../../src/domain/event.ts'
import {
  createThresholdTable,
  describeThreshold,
  isBreach,
  type Threshold,
} from '../../../src/domain/thresholds/threshold.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'
import {
  FRESH_STATE,
  joinThresholdStates,
  parseThresholdState,
  step,
  type ThresholdChange,
  type ThresholdState,
} from '../../../src/domain/thresholds/threshold-state.ts'
import { describeDuration } from '../../../src/domain/time/duration.ts'

const MEMORY = 'perf.memory.percent.used'

const threshold = (over: Partial<Threshold>): Threshold => ({
  metric: MEMORY,
  severity: 3,
  compare: '>',
  value: 85,
  duration: 180,
  clearAfter: null,
  clearValue: null,
  ...over,
})

/**
 * Evaluates one metric's values, a minute each; null is a minute without a value, undefined one without a
 * frame.
 */
function evaluate(thresholds: Threshold[], values: (number | null | undefined)[], metric = MEMORY) {
  const book = createThresholdTable(thresholds, [])
  let state: ThresholdState = FRESH_STATE
  const changes: ThresholdChange[] = []
  values.forEach((value, minute) => {
    if (value === undefined) return
    const frame = { time: (minute + 1) * 60, metrics: [metric, 'perf.other'], values: [value, 1] }
    const result = step(state, frame, { book, interval: 60, makeUid: (name, at) => `${name}@${at}` })
    state = parseThresholdState(JSON.stringify(result.state))
    changes.push(...result.changes)
  })
  return {
    state,
    reported: changes.map(
      (change) => `${change.time / 60} ${change.stale ? 'stale ' : ''}${change.status} ${change.severity}`,
    ),
    changes,
  }
}

describe('a threshold', () => {
  test.each([
    ['>', 2, 1, true],
    ['>', 1, 1, false],
    ['<', 0, 1, true],
    ['<', 1, 1, false],
    ['=', 1, 1, true],
    ['=', 2, 1, false],
    ['>=', 1, 1, true],
    ['>=', 0, 1, false],
    ['<=', 1, 1, true],
    ['<=', 2, 1, false],
    ['!=', 2, 1, true],
    ['!=', 1, 1, false],
  ] as const)('%p with %p and %p: %p', (compare, value, limit, expected) => {
    expect(isBreach(value, compare, limit)).toBe(expected)
  })

  test('is worded as the original words it', () => {
    expect(describeThreshold(MEMORY, threshold({ duration: 900 }))).toBe(
      'Memory percent used > 85 for 15 minutes',
    )
    expect(describeThreshold(MEMORY, threshold({ duration: 0 }))).toBe('Memory percent used > 85')
    expect([1, 60, 90, 3600, 5400, 86400].map(describeDuration)).toEqual([
      '1 second',
      '1 minute',
      '90 seconds',
      '1 hour',
      '90 minutes',
      '1 day',
    ])
  })

  test('opens when every sample of the whole duration breaches, and not before', () => {
    expect(evaluate([threshold({})], [90, 90, 90]).reported).toEqual([])
    const { changes } = evaluate([threshold({})], [10, 90, 90, 90, 90, 90])
    expect(changes).toEqual([
      {
        uid: `${MEMORY}@300`,
        change: 1,
        time: 300,
        metric: MEMORY,
        severity: 3,
        status: 'open',
        message: 'Memory percent used > 85 for 3 minutes',
        value: 90,
        stale: false,
      },
    ])
  })
  test('has the value that caused each of its changes, and none with its closing', () => {
    const steps = [threshold({ duration: 0 }), threshold({ duration: 0, severity: 1, value: 95 })]
    const { changes } = evaluate(steps, [88.5, 97.25, 20, 20, 20])
    expect(changes.map(({ status, severity, value }) => [status, severity, value ?? null])).toEqual([
      ['open', 3, 88.5],
      ['open', 1, 97.25],
      ['closed', 1, null],
    ])
  })

  test('one good sample begins the count anew', () => {
    expect(evaluate([threshold({})], [90, 90, 90, 80, 90, 90, 90]).reported).toEqual([])
    expect(evaluate([threshold({})], [90, 90, 90, 80, 90, 90, 90, 90]).reported).toEqual(['8 open 3'])
  })

  test('a duration of nothing opens at the first sample', () => {
    expect(evaluate([threshold({ duration: 0 })], [90]).reported).toEqual(['1 open 3'])
  })

  test('a gap of two intervals is covered, a longer one is not', () => {
    expect(evaluate([threshold({})], [90, null, 90, 90]).reported).toEqual(['4 open 3'])
    expect(evaluate([threshold({})], [90, undefined, 90, 90]).reported).toEqual(['4 open 3'])
    expect(evaluate([threshold({})], [90, null, null, 90, 90, 90]).reported).toEqual([])
    expect(evaluate([threshold({})], [90, undefined, undefined, 90, 90, 90, 90]).reported).toEqual([
      '7 open 3',
    ])
  })

  test('a busy machine that skips most cycles of a second still opens its event, and closes it', () => {
    const book = createThresholdTable([threshold({ duration: 900 })], [])
    const options = { book, interval: 1, makeUid: () => 'u1' }
    const reported: string[] = []
    let state: ThresholdState = FRESH_STATE
    const hear = (time: number, value: number) => {
      const result = step(state, { time, metrics: [MEMORY], values: [value] }, options)
      state = parseThresholdState(JSON.stringify(result.state))
      reported.push(...result.changes.map((change) => `${change.time} ${change.status}`))
    }
    // Five seconds of ten are there, and now and then nothing for 40 s.
    for (let time = 1000; time < 2500; time++)
      if (time % 10 < 5 || time % 300 > 100) if (time % 300 > 40) hear(time, 95)
    expect(reported).toEqual(['1900 open'])
    for (let time = 2500; time < 2510; time++) hear(time, 10)
    expect(reported).toEqual(['1900 open', '2502 closed'])
    expect(JSON.stringify(state).length).toBeLessThan(2000)
  })

  test('samples of which more than half are missing prove no breach', () => {
    const book = createThresholdTable([threshold({ duration: 600 })], [])
    const options = { book, interval: 1, makeUid: () => 'u1' }
    let state: ThresholdState = FRESH_STATE
    const changes: ThresholdChange[] = []
    for (let time = 1000; time < 5000; time += 3) {
      const result = step(state, { time, metrics: [MEMORY], values: [95] }, options)
      state = result.state
      changes.push(...result.changes)
    }
    expect(changes).toEqual([])
  })

  test('a clock that is set back does not stop the count, and changes have the time of the clock', () => {
    const book = createThresholdTable([threshold({})], [])
    const options = { book, interval: 60, makeUid: () => 'u1' }
    const frame = (time: number) => ({ time, metrics: [MEMORY], values: [90] })
    let state: ThresholdState = FRESH_STATE
    const reported: number[] = []
    for (const [time, at] of [
      [100_020, 100_020],
      [100_080, 100_080],
      [96_540, 100_140],
      [96_600, 100_200],
    ] as const) {
      const result = step(state, frame(time), { ...options, at })
      state = result.state
      reported.push(...result.changes.map((change) => change.time))
    }
    expect(reported).toEqual([96_600])
  })

  test('closes after two good intervals, and a breach between begins that count anew', () => {
    const bad = [90, 90, 90, 90]
    expect(evaluate([threshold({})], [...bad, 80, 80, 80]).reported).toEqual(['4 open 3', '7 closed 3'])
    expect(evaluate([threshold({})], [...bad, 80, 80, 90, 80, 80]).reported).toEqual(['4 open 3'])
    expect(evaluate([threshold({ clearAfter: 0 })], [...bad, 80]).reported).toEqual([
      '4 open 3',
      '5 closed 3',
    ])
    expect(evaluate([threshold({ clearAfter: 300 })], [...bad, 1, 1, 1, 1, 1]).reported).toEqual(['4 open 3'])
  })

  test('a closing carries the id of its opening and the next change number; the next problem has a new id', () => {
    const { changes } = evaluate([threshold({ duration: 0, clearAfter: 0 })], [90, 80, 90])
    expect(changes.map(({ uid, change, status }) => [uid, change, status])).toEqual([
      [`${MEMORY}@60`, 1, 'open'],
      [`${MEMORY}@60`, 2, 'closed'],
      [`${MEMORY}@180`, 1, 'open'],
    ])
  })

  test('between value and clear_value an open event stays and no new one opens', () => {
    const soft = threshold({ duration: 0, clearAfter: 60, clearValue: 80 })
    expect(evaluate([soft], [82, 90, 82, 82, 82, 79, 79, 82]).reported).toEqual(['2 open 3', '7 closed 3'])
  })

  test('severity rises and falls with the thresholds that hold', () => {
    const steps = [
      threshold({ severity: 4, value: 85, duration: 0, clearAfter: 0 }),
      threshold({ severity: 2, value: 95, duration: 60, clearAfter: 0 }),
    ]
    const { reported, changes } = evaluate(steps, [90, 96, 96, 90, 96, 96, 10])
    expect(reported).toEqual(['1 open 4', '3 open 2', '4 open 4', '6 open 2', '7 closed 2'])
    expect(changes.map((change) => change.change)).toEqual([1, 2, 3, 4, 5])
    expect(new Set(changes.map((change) => change.uid)).size).toBe(1)
    expect(changes[1]?.message).toBe('Memory percent used > 95 for 1 minute')
  })

  test('a metric that stops coming leaves its event open and marks it stale once', () => {
    const quick = threshold({ duration: 0 })
    expect(evaluate([quick], [90, null, null, null, null, null]).reported).toEqual([
      '1 open 3',
      '4 stale open 3',
    ])
    expect(evaluate([quick], [90, null, null, null, null, 90]).reported).toEqual([
      '1 open 3',
      '4 stale open 3',
      '6 open 3',
    ])
    expect(evaluate([quick], [90, null, null, null, 80, 80, 80]).reported).toEqual([
      '1 open 3',
      '4 stale open 3',
      '5 open 3',
      '7 closed 3',
    ])
  })

  test('a pause of the agent itself is not a metric that stopped coming', () => {
    const pause = new Array<undefined>(60).fill(undefined)
    expect(evaluate([threshold({ duration: 0 })], [90, ...pause, null, 90]).reported).toEqual(['1 open 3'])
  })

  test('a metric that nobody watches any more closes its event, sampled or not', () => {
    const options = { interval: 60, makeUid: () => 'u1' }
    const open = step(
      FRESH_STATE,
      { time: 60, metrics: [MEMORY], values: [90] },
      { ...options, book: createThresholdTable([threshold({ duration: 0 })], []) },
    ).state
    for (const values of [[90], [null]]) {
      const book = createThresholdTable([], [])
      const { changes, state } = step(open, { time: 120, metrics: [MEMORY], values }, { ...options, book })
      expect(changes.map(({ uid, status, change }) => [uid, status, change])).toEqual([['u1', 'closed', 2]])
      expect(state.metrics).toEqual([])
    }
  })

  test('an open event outlives a new value in the configuration', () => {
    const options = { interval: 60, makeUid: () => 'u1' }
    const frame = (time: number, value: number) => ({ time, metrics: [MEMORY], values: [value] })
    const before = createThresholdTable([threshold({ duration: 0 })], [])
    const after = createThresholdTable([threshold({ duration: 600, value: 70 })], [])
    const open = step(FRESH_STATE, frame(60, 90), { ...options, book: before }).state
    expect(step(open, frame(120, 75), { ...options, book: after }).changes).toEqual([])
  })

  test('hearing a frame again changes nothing, a clock set back counts from there', () => {
    const book = createThresholdTable([threshold({})], [])
    const options = { book, interval: 60, makeUid: () => 'u1' }
    const frame = (time: number) => ({ time, metrics: [MEMORY], values: [90] })
    let state = step(FRESH_STATE, frame(100_000), options).state
    expect(step(state, frame(100_000), options)).toEqual({ state, changes: [] })
    expect(step(state, frame(99_940), options)).toEqual({ state, changes: [] })
    const reported: number[] = []
    for (const time of [50_000, 50_060, 50_120, 50_180]) {
      const result = step(state, frame(time), options)
      state = result.state
      reported.push(...result.changes.map((change) => change.time))
    }
    expect(reported).toEqual([50_180])
  })

  test('a state found late adds the events that it had left open, and nothing else', () => {
    const entry = (metric: string, uid: string | null, last = 60) => ({
      metric,
      last,
      missed: 0,
      runs: [{ key: '3>0', holds: uid !== null, since: null }],
      event: uid === null ? null : { uid, change: 1, severity: 3 as const, message: 'M', stale: false },
    })
    const older = {
      time: 60,
      metrics: [entry('a', 'a1'), entry('b', 'b1'), entry('c', null), entry('d', 'd1')],
    }
    const newer = { time: 600, metrics: [entry('a', 'a2', 600), entry('b', null, 600)] }
    expect(joinThresholdStates(older, newer)).toEqual({
      time: 600,
      metrics: [entry('a', 'a2', 600), entry('b', 'b1'), entry('d', 'd1')],
    })
    expect(joinThresholdStates(older, FRESH_STATE)).toBe(older)
  })

  test('a damaged state is begun anew', () => {
    for (const json of [
      '',
      'null',
      '[]',
      '{"time":1}',
      '{"time":1,"metrics":[{}]}',
      '{"time":1,"metrics":[null]}',
    ])
      expect(parseThresholdState(json)).toEqual(FRESH_STATE)
  })
})

describe('which thresholds count', () => {
  const values = (book: ReturnType<typeof createThresholdTable>, metric: string) =>
    book.of(metric).map((entry) => entry.value)

  test('an exception for one metric wins over the pattern, the configuration over what is out of the box', () => {
    const book = createThresholdTable(
      [
        threshold({ metric: 'perf.filesystem.*.percent.used', value: 80 }),
        threshold({ metric: 'perf.filesystem.*.percent.used', value: 90 }),
        threshold({ metric: 'perf.filesystem.dev.sdb.percent.used', value: 98 }),
      ],
      [threshold({ metric: '*.percent.used', value: 50 }), threshold({ metric: MEMORY, value: 60 })],
    )
    expect(values(book, 'perf.filesystem.dev.sda.percent.used')).toEqual([80, 90])
    expect(values(book, 'perf.filesystem.dev.sdb.percent.used')).toEqual([98])
    expect(values(book, 'perf.processor.percent.used')).toEqual([50])
    expect(values(book, MEMORY)).toEqual([60])
    expect(values(book, 'perf.network.bytes.sent')).toEqual([])
  })

  test('one of the configuration replaces the standard step of its severity, and no other', () => {
    const standard = standardThresholds({ processors: 1 })
    const metric = 'perf.filesystem.dev.sda.percent.used'
    const own = createThresholdTable([threshold({ metric, severity: 2, value: 97 })], standard)
    expect(own.of(metric).map(({ severity, value }) => [severity, value])).toEqual([
      [2, 97],
      [4, 85],
      [3, 90],
      [1, 99],
    ])
    const all = SEVERITIES.map((severity) => threshold({ metric, severity, value: 70 }))
    expect(createThresholdTable(all, standard).of(metric)).toEqual(all)
  })

  test('out of the box everything that can run full or stop is watched', () => {
    const book = createThresholdTable([], standardThresholds({ processors: 4 }))
    expect(values(book, MEMORY)).toEqual([85, 90, 95, 99])
    expect(values(book, 'perf.filesystem.dev.sda1.percent.used')).toEqual([85, 90, 95, 99])
    expect(values(book, 'perf.filesystem.dev.sda1.inodes.percent.used')).toEqual([85, 90, 95, 99])
    expect(values(book, 'perf.pagefile.percent.used')).toEqual([85, 90, 95])
    expect(values(book, 'perf.system.load.15')).toEqual([8, 16, 32])
    expect(values(book, 'perf.process.nginx.state')).toEqual([0])
    expect(values(book, 'perf.service.ssh.state')).toEqual([0])
    expect(values(book, 'perf.filesystem.dev.sda1.percent.active')).toEqual([])
  })
})

test('checks have failed twice when they open an event, whatever their interval', () => {
  const checks = [
    { name: 'shop', interval: 60 },
    { name: 'backup', interval: 3600 },
  ]
  const book = createThresholdTable([], standardThresholds({ processors: 1, checks }))
  const state = (name: string) =>
    book.of(`perf.check.${name}.state`).map(({ severity, duration }) => [severity, duration])
  expect([state('shop'), state('backup')]).toEqual([[[2, 60]], [[2, 3600]]])
  expect(book.of('perf.check.shop.certificate.days').map(({ severity, value }) => [severity, value])).toEqual(
    [
      [3, 14],
      [1, 3],
    ],
  )
})

test('breaches are found by the names of each list', () => {
  const book = createThresholdTable(
    [
      threshold({ metric: 'perf.a', compare: '>', value: 80 }),
      threshold({ metric: 'perf.a', severity: 1, value: 90 }),
    ],
    [threshold({ metric: 'perf.*.b', compare: '<', value: 5 })],
  )
  const names = ['perf.a', 'perf.b', 'perf.x.b']
  expect(book.findBreaches(names, [95, 100, 1])).toEqual([0, 2])
  expect(book.findBreaches(names, [85, 0, 5])).toEqual([0])
  expect(book.findBreaches(names, [80, 0, 5])).toEqual([])
  expect(book.findBreaches(['perf.b', 'perf.a'], [95, 95])).toEqual([1])
  expect(book.findBreaches(names, [null, null, null])).toEqual([])
})
