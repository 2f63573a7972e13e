import { expect, test } from 'bun:test'
import { defineProbe, type Probe } from '../../../src/agent/probes/probe.ts'
import { createProbeRunner } from '../../../src/agent/probes/runner.ts'
import { createLog } from '../../../src/lib/log.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { fakeClock } from '../../support/clock.ts'

function setUp(probes: readonly Probe<unknown>[]) {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line.slice(25)) })
  const runner = createProbeRunner({
    probes,
    platform: { system: 'linux', proc: fakeProc({ files: { '/n': '1' } }) },
    context: { processes: [], services: [] },
    clock,
    log,
  })
  return { clock, lines, run: () => runner.run() }
}

/** A probe whose readings come from `read`; its samples show the previous reading and the seconds between. */
const probeOf = (name: string, read: () => number | null | Promise<number | null>) =>
  defineProbe<number>({
    name,
    metrics: [],
    linux: () => read(),
    samples: (now, previous, seconds) => [
      { metric: `${name}.now`, value: now },
      { metric: `${name}.previous`, value: previous ?? -1 },
      { metric: `${name}.seconds`, value: seconds },
    ],
  })

const steady = (name: string) => probeOf(name, () => 1)
const values = (run: { samples: { metric: string; value: number }[] }) =>
  Object.fromEntries(run.samples.map(({ metric, value }) => [metric, value]))

test('hands over the reading before and the time between', async () => {
  let count = 0
  const { clock, run } = setUp([probeOf('a', () => ++count)])
  expect(values(await run())).toEqual({ 'a.now': 1, 'a.previous': -1, 'a.seconds': 0 })
  await clock.advance(60_000)
  clock.jump(0)
  expect(values(await run())).toEqual({ 'a.now': 2, 'a.previous': 1, 'a.seconds': 60 })
})

test('two runs at one moment are no interval', async () => {
  const { run } = setUp([steady('a')])
  await run()
  expect(values(await run())).toEqual({ 'a.now': 1, 'a.previous': -1, 'a.seconds': 0 })
})

test('a null reading is silent, and forgets the one before', async () => {
  const readings = [1, null, 3]
  const { clock, lines, run } = setUp([probeOf('a', () => readings.shift() ?? null)])
  await run()
  await clock.advance(1000)
  expect(await run()).toEqual({ samples: [], failed: 0, stuck: [] })
  await clock.advance(1000)
  expect(values(await run())).toMatchObject({ 'a.now': 3, 'a.previous': -1 })
  expect(lines).toEqual([])
})

test('what is not there is looked for again after five minutes, what fails at once', async () => {
  let asked = 0
  let found: number | null = null
  const { clock, run } = setUp([
    probeOf('a', () => {
      asked++
      return found
    }),
  ])
  for (let i = 0; i < 299; i++) {
    await run()
    await clock.advance(1000)
  }
  expect(asked).toBe(1)
  found = 7
  await run()
  await clock.advance(1000)
  expect(values(await run())).toMatchObject({ 'a.now': 7 })
  expect(asked).toBe(2)

  let failures = 0
  const broken = setUp([
    probeOf('b', () => {
      failures++
      throw new Error('no')
    }),
  ])
  for (let i = 0; i < 3; i++) await broken.run()
  expect(failures).toBe(3)
})

test('a probe that throws is counted each time, logged when it begins and ends, and leaves the others alone', async () => {
  let broken = true
  const bad = probeOf('bad', () => {
    if (broken) throw new Error('no such sensor')
    return 1
  })
  const { clock, lines, run } = setUp([bad, steady('good')])
  for (let i = 0; i < 3; i++) {
    const { samples, failed } = await run()
    expect([samples.length, failed]).toEqual([3, 1])
    await clock.advance(1000)
  }
  broken = false
  expect((await run()).failed).toBe(0)
  expect((await run()).failed).toBe(0)
  expect(lines).toEqual([
    'warn  probe fails probe=bad reason="no such sensor"',
    'info  probe works again probe=bad',
  ])
})

test('a fault in the arithmetic is that probe’s fault alone', async () => {
  const bad = defineProbe<number>({
    name: 'bad',
    metrics: [],
    linux: () => 1,
    samples: () => {
      throw new Error('oops')
    },
  })
  const { run } = setUp([bad, steady('good')])
  expect((await run()).failed).toBe(1)
})

test('a probe that hangs is given up, and not asked again until it is back', async () => {
  let asked = 0
  let answer: (value: number) => void = () => {}
  const slow = probeOf('slow', () => {
    asked++
    return new Promise<number>((resolve) => {
      answer = resolve
    })
  })
  const { clock, lines, run } = setUp([slow, steady('good')])
  const first = run()
  await clock.advance(3000)
  expect(await first).toMatchObject({ failed: 1, stuck: ['probe slow'] })
  const second = await run()
  expect([second.failed, second.samples.length, asked]).toEqual([1, 3, 1])
  answer(5)
  await clock.advance(1000)
  const third = run()
  answer(6)
  expect(values(await third)).toMatchObject({ 'slow.now': 6, 'slow.previous': -1 })
  expect(lines).toEqual([
    'warn  probe fails probe=slow reason="no answer within 3000 ms"',
    'warn  a read is stuck; the other probes go on what="probe slow"',
    'info  probe works again probe=slow',
    'info  a stuck read has completed what="probe slow"',
  ])
})

test('a name that is not legal is dropped and logged once; values that are no numbers and second values are dropped', async () => {
  const odd = defineProbe<number>({
    name: 'odd',
    metrics: [],
    linux: () => 1,
    samples: () => [
      { metric: 'a b', value: 1 },
      { metric: 'nan', value: Number.NaN },
      { metric: 'far', value: Number.POSITIVE_INFINITY },
      { metric: 'fine', value: 1 },
      { metric: 'fine', value: 2 },
    ],
  })
  const { lines, run } = setUp([odd])
  await run()
  expect(await run()).toEqual({ samples: [{ metric: 'fine', value: 1 }], failed: 0, stuck: [] })
  expect(lines).toEqual([
    'warn  metric skipped: its name is invalid metric="a b"',
    'warn  metric left out: another one has its name metric=fine',
  ])
})

test('files that LXCFS serves and that do not come back fail the probes that need them, and are named', async () => {
  const mountinfo = '1 0 0:9 /proc/loadavg /proc/loadavg rw - fuse.lxcfs lxcfs rw\n'
  const base = fakeProc({ files: { '/proc/self/mountinfo': mountinfo, '/proc/stat': '7' } })
  const proc = {
    ...base,
    readText(path: string) {
      if (path === '/proc/loadavg') throw new RangeError('would block for ever')
      return base.readText(path)
    },
    readSlowly: () => Promise.reject(new Error('/proc/loadavg has not been read')),
    listStuck: () => ['/proc/loadavg'],
  }
  const reader = (name: string) =>
    defineProbe<number>({
      name,
      metrics: [],
      linux: (from) => Number(from.readText(`/proc/${name}`)),
      samples: (value) => [{ metric: name, value }],
    })
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line.slice(25)) })
  const runner = createProbeRunner({
    probes: [reader('loadavg'), reader('stat')],
    platform: { system: 'linux', proc },
    context: { processes: [], services: [] },
    clock: fakeClock(),
    log,
  })
  const run = { samples: [{ metric: 'stat', value: 7 }], failed: 1, stuck: ['/proc/loadavg'] }
  expect(await runner.run()).toEqual(run)
  expect(await runner.run()).toEqual(run)
  expect(lines).toEqual([
    'warn  probe fails probe=loadavg reason="/proc/loadavg has not been read"',
    'warn  a read is stuck; the other probes go on what=/proc/loadavg',
  ])
})

test('within one run a file is read once, in the next one anew', async () => {
  const reads = new Map<string, number>()
  const proc = {
    ...fakeProc({}),
    readText(path: string) {
      reads.set(path, (reads.get(path) ?? 0) + 1)
      return String(reads.get(path))
    },
  }
  const reader = (name: string) =>
    defineProbe<number>({
      name,
      metrics: [],
      linux: (from) => Number(from.readText('/proc/meminfo')),
      samples: (value) => [{ metric: name, value }],
    })
  const { clock } = setUp([])
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const context = { processes: [], services: [] }
  const platform = { system: 'linux', proc } as const
  const runner = createProbeRunner({ probes: [reader('a'), reader('b')], platform, context, clock, log })
  expect(values(await runner.run())).toEqual({ a: 1, b: 1 })
  expect(values(await runner.run())).toEqual({ a: 2, b: 2 })
})
