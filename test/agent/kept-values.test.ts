import { expect, test } from 'bun:test'
import { openSource } from '../../src/agent/machine-source.ts'
import { defineProbe, type Probe } from '../../src/agent/probes/probe.ts'
import { createProbeRunner } from '../../src/agent/probes/runner.ts'
import { createLog } from '../../src/lib/log.ts'
import { fakeProc } from '../platform/fake-proc.ts'
import { fakeClock } from '../support/clock.ts'
import { openBench } from './support/bench.ts'
import { compareHistories } from './support/event-story.ts'
import { startWireServer } from './support/wire-server.ts'

function setUp(probes: readonly Probe<unknown>[], proc = fakeProc({})) {
  const clock = fakeClock()
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const runner = createProbeRunner({
    probes,
    platform: { system: 'linux', proc },
    context: { processes: [], services: [] },
    clock,
    log,
  })
  /** The values of so many cycles by the name of a metric, a second apart. */
  async function cycles(count: number, seconds = 1) {
    const found: (number | undefined)[][] = []
    for (let i = 0; i < count; i++) {
      const { samples } = await runner.run()
      found.push(samples.map(({ value }) => value))
      await clock.advance(seconds * 1000)
    }
    return found.map(([first]) => first)
  }
  return { clock, cycles, runner }
}

/** Its value counts its readings; `rate` is what the seconds since the reading before were. */
function slow(name = 'a', keepSeconds = 10) {
  let readings = 0
  const state = { isBroken: false }
  const probe = defineProbe<number>({
    name,
    metrics: [],
    keepSeconds,
    counted: [`${name}.counted`],
    linux() {
      if (state.isBroken) throw new Error('broken')
      return ++readings
    },
    samples: (now, _, seconds) => [
      { metric: `${name}.now`, value: now },
      { metric: `${name}.seconds`, value: seconds },
      { metric: `${name}.counted`, value: 1 },
    ],
  })
  return { probe, state }
}

test('values that are kept are given again until they are ten seconds old', async () => {
  const { cycles } = setUp([slow().probe])
  expect(await cycles(25)).toEqual([1, ...Array(10).fill(2), ...Array(10).fill(3), ...Array(4).fill(4)])
})

test('rates are of the time between two readings, and what is counted is given once', async () => {
  const { cycles, runner } = setUp([slow().probe])
  await cycles(11)
  const [first, second] = [await runner.run(), await runner.run()]
  const rest = { failed: 0, stuck: [] }
  const values = (counted: number) => [
    { metric: 'a.now', value: 3 },
    { metric: 'a.seconds', value: 10 },
    { metric: 'a.counted', value: counted },
  ]
  expect(first).toEqual({ samples: values(1), ...rest })
  expect(second).toEqual({ samples: values(0), ...rest })
})

test.each([10, 15, 60])('with %d seconds between cycles each cycle reads', async (seconds) => {
  const { cycles } = setUp([slow().probe])
  expect(await cycles(5, seconds)).toEqual([1, 2, 3, 4, 5])
})

test('several probes that keep their values do not all read in the same cycle', async () => {
  const read: string[][] = []
  const probes = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    defineProbe<number>({
      name,
      metrics: [],
      keepSeconds: 10,
      linux: () => read.at(-1)?.push(name) ?? 0,
      samples: () => [],
    }),
  )
  const { clock, runner } = setUp(probes)
  for (let i = 0; i < 22; i++) {
    read.push([])
    await runner.run()
    await clock.advance(1000)
  }
  // Two to have a first rate, then each in a cycle of its own.
  expect(read.map((names) => names.join(''))).toEqual([
    'abcde',
    'abcde',
    '',
    'a',
    '',
    'b',
    '',
    'c',
    '',
    'd',
    '',
    'e',
    '',
    'a',
    '',
    'b',
    '',
    'c',
    '',
    'd',
    '',
    'e',
  ])
})

test('a probe that fails has no values, and is asked again in the next cycle', async () => {
  const { probe, state } = slow()
  const { cycles } = setUp([probe])
  await cycles(11)
  state.isBroken = true
  expect(await cycles(2)).toEqual([undefined, undefined])
  state.isBroken = false
  // What came before the gap is forgotten: the first reading has no rate, so that the next cycle reads too.
  expect(await cycles(3)).toEqual([3, 4, 4])
})

test.each([3600, -3600])(
  'after the clock was set by %d seconds, or a sleep of the machine, everything is read',
  async (seconds) => {
    const { clock, cycles } = setUp([slow().probe])
    expect(await cycles(4)).toEqual([1, 2, 2, 2])
    clock.jump(clock.nowMs() + seconds * 1000)
    expect(await cycles(2)).toEqual([3, 3])
  },
)

test('after something was mounted everything is read, and where nothing was the table is not', async () => {
  let mountinfo = '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n'
  let hasChanged = true
  let asked = 0
  const base = fakeProc({})
  const proc = {
    ...base,
    haveMountsChanged: () => hasChanged,
    readText(path: string) {
      if (path === '/proc/self/mountinfo') asked++
      return path === '/proc/self/mountinfo' ? mountinfo : base.readText(path)
    },
  }
  const { cycles } = setUp([slow().probe], proc)
  expect(await cycles(2)).toEqual([1, 2])
  hasChanged = false
  expect(await cycles(3)).toEqual([2, 2, 2])
  expect(asked).toBe(2)
  // The kernel speaks of a change, but the table is what it was.
  hasChanged = true
  expect(await cycles(1)).toEqual([2])
  mountinfo += '2 1 8:2 / /home rw - ext4 /dev/sda2 rw\n'
  expect(await cycles(2)).toEqual([3, 3])
})

test('a metric that a threshold counts is read in each cycle, and the others as before', async () => {
  const [counted, other] = [slow('a'), slow('b')]
  const { clock, runner } = setUp([counted.probe, other.probe])
  const seen: (number | undefined)[][] = []
  for (let cycle = 0; cycle < 8; cycle++) {
    const { samples } = await runner.run(new Set(cycle >= 3 && cycle < 6 ? ['a.now'] : []))
    seen.push(['a.now', 'b.now'].map((name) => samples.find(({ metric }) => metric === name)?.value))
    await clock.advance(1000)
  }
  expect(seen.map(([a]) => a)).toEqual([1, 2, 2, 3, 4, 5, 5, 5])
  expect(seen.map(([, b]) => b)).toEqual([1, 2, 2, 2, 2, 2, 2, 2])
})

test('a threshold of four seconds opens and closes by readings, not by one value that is given again', async () => {
  const bench = openBench()
  const server = startWireServer()
  const { clock, logLines } = bench
  const files: Record<string, string> = {}
  const setLoad = (load: number) => {
    files['/proc/loadavg'] = `${load.toFixed(2)} 0.50 0.50 1/200 4321\n`
  }
  setLoad(1)
  bench.source = openSource({
    platform: { system: 'linux', proc: fakeProc({ files }) },
    ...{ processes: [], services: [], clock },
    log: createLog({ level: 'error', format: 'text', write: (line) => logLines.push(line) }),
  })
  const threshold = { metric: 'perf.system.load.1', compare: '>', value: 5, duration: 4 } as const
  const begin = clock.now()
  const agent = await bench.start({
    ports: [server.port],
    interval: 1,
    thresholds: [{ ...threshold, severity: 3, clearAfter: 4, clearValue: null }],
  })
  async function pass(seconds: number) {
    for (let i = 0; i < seconds; i++) {
      await clock.advance(1000)
      await Bun.sleep(2)
    }
  }
  try {
    await pass(12)
    // The value is kept for five seconds: with eleven between, one of them is in a cycle that reads.
    for (let high = 0; high < 5; high++) {
      setLoad(9)
      await pass(1)
      setLoad(1)
      await pass(10)
    }
    expect(compareHistories(server, begin)).toEqual([])
    setLoad(9)
    await pass(12)
    expect(compareHistories(server, begin)).toHaveLength(1)
    for (let low = 0; low < 5; low++) {
      setLoad(1)
      await pass(1)
      setLoad(9)
      await pass(10)
    }
    expect(compareHistories(server, begin).map((story) => story.includes('closed'))).toEqual([false])
    setLoad(1)
    await pass(12)
    expect(compareHistories(server, begin).map((story) => story.includes('closed'))).toEqual([true])
  } finally {
    await bench.stop(agent)
    server.close()
    bench.close()
  }
})
