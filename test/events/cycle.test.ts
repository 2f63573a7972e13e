import { describe, expect, test } from 'bun:test'
import { EventEngine, STOP_LIMIT_MS } from '../../src/events/cycle.ts'
import type { EventEngineStore, Task } from '../../src/events/task.ts'
import { TASK_LIMIT_MS } from '../../src/events/task-runner.ts'
import type { Log } from '../../src/lib/log.ts'
import type { EventChange } from '../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { ENGINE_OPTIONS } from './engine-options.ts'

type Line = { level: string; message: string; fields: Record<string, unknown> }

function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (message: string, fields = {}) => {
      lines.push({ level, message, fields })
    }
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

const idleStore: EventEngineStore = {
  dataAudit: { settle: async () => {}, closeQuiet: async () => {}, prune: async () => {} },
  maintenance: {
    admitWaiting: async () => 0,
    compact: async () => 0,
    dropSamples: async () => ({ frames: 0, blocks: 0, isLeft: false }),
    dropEvents: async () => 0,
    dropHosts: async () => [],
    findSampleTimes: async () => ({ oldest: null, newest: null }),
  },
  sessions: { prune: async () => 0 },
  audit: { prune: async () => 0 },
  events: { report: async () => true },
  hosts: { findAll: async () => new Map() },
  rules: { list: async () => [] },
  maintenanceWindows: { list: async () => [] },
  targets: { list: async () => [] },
  outbox: {
    listChanges: async () => [],
    listDue: async () => [],
    listNotified: async () => [],
    settle: async () => {},
    listWaiting: async () => [],
    countSent: async () => [],
    bind: async () => {},
    note: async () => {},
    split: async () => {},
    listOpen: async () => [],
    forgetNotifiedOpen: async () => {},
    shiftTimes: async () => {},
    clampTimes: async () => {},
    listTargetStates: async () => [],
  },
  watch: {
    listLastSeen: async () => [],
    listClocks: async () => [],
    listSeen: async () => [],
    resolveAttempts: async () => 0,
    report: async () => {},
    remember: async () => {},
    recall: async () => null,
    takeLease: async () => true,
    releaseLease: async () => {},
  },
}

const DAY = 86400
const retention = { samples: 365 * DAY, events: 30 * DAY, hosts: 30 * DAY }

async function start(tasks: Task[] | undefined, clock: FakeClock, store = idleStore, looksBetween = false) {
  const { log, lines } = recordingLog()
  const engine = new EventEngine({
    ...ENGINE_OPTIONS,
    looksBetween,
    store,
    retention,
    holder: 'this one',
    random: () => 0.5,
    clock,
    log,
    ...(tasks ? { tasks } : {}),
  })
  return { engine, lines }
}

const task = (name: string, run: () => Promise<boolean>, every = 0): Task => ({ name, every, run })

describe('the cycle of the event engine', () => {
  test('runs every task at once and then at the interval', async () => {
    const clock = fakeClock()
    const runs: number[] = []
    const { engine } = await start([task('one', async () => runs.push(clock.monotonicMs()) < 0, 0)], clock)
    await clock.advance(35_000)
    await engine.stop()
    await clock.advance(60_000)
    expect(runs).toEqual([0, 10_000, 20_000, 30_000])
  })

  test('what somebody waits for runs within a second after an event changed, and only that', async () => {
    const clock = fakeClock()
    const runs: string[] = []
    const note = (name: string) => async () => {
      runs.push(`${name} ${clock.monotonicMs()}`)
      return false
    }
    let changes = 0
    const change = { id: 1 } as unknown as EventChange
    const store = {
      ...idleStore,
      outbox: { ...idleStore.outbox, listChanges: async () => Array.from({ length: changes }, () => change) },
    }
    const tasks = [{ ...task('prompt', note('prompt')), isPrompt: true }, task('other', note('other'))]
    const { engine } = await start(tasks, clock, store, true)
    await clock.advance(3500)
    expect(runs).toEqual(['prompt 0', 'other 0'])
    changes = 1
    await clock.advance(600)
    changes = 0
    await clock.advance(8000)
    expect(runs).toEqual(['prompt 0', 'other 0', 'prompt 4000', 'prompt 10000', 'other 10000'])
    await engine.stop()
    changes = 1
    await clock.advance(30_000)
    expect(runs).toHaveLength(5)
  })

  test('a task with a time of its own runs that often, and in the next cycle when work is left', async () => {
    const clock = fakeClock()
    const runs: number[] = []
    const left = [true, true, false, false]
    const seldom = task(
      'seldom',
      async () => {
        runs.push(clock.monotonicMs())
        return left.shift() ?? false
      },
      60,
    )
    const { engine } = await start([seldom], clock)
    await clock.advance(100_000)
    await engine.stop()
    expect(runs).toEqual([0, 10_000, 20_000, 80_000])
  })

  test('finishes late rather than never and does not overlap', async () => {
    const clock = fakeClock()
    const runs: number[] = []
    let running = 0
    let most = 0
    const slow = task('slow', async () => {
      runs.push(clock.monotonicMs())
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => clock.after(25_000, resolve))
      running--
      return false
    })
    const { engine } = await start([slow], clock)
    await clock.advance(60_000)
    void engine.stop()
    expect(most).toBe(1)
    expect(runs).toEqual([0, 25_000, 50_000])
  })

  test('a failing task is logged once, its recovery too, and the next task runs all the same', async () => {
    const clock = fakeClock()
    let broken = true
    let other = 0
    const { engine, lines } = await start(
      [
        task(
          'fragile',
          async () => {
            if (broken) throw new Error('disk full', { cause: new Error('ENOSPC') })
            return false
          },
          600,
        ),
        task('sturdy', async () => ++other < 0),
      ],
      clock,
    )
    await clock.advance(45_000)
    broken = false
    await clock.advance(10_000)
    await engine.stop()
    expect(other).toBe(6)
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'a task of the event engine failed',
        fields: { task: 'fragile', error: 'disk full: ENOSPC' },
      },
      {
        level: 'info',
        message: 'a task of the event engine works again',
        fields: { task: 'fragile', failures: 5 },
      },
    ])
  })

  test('a task that hangs holds the others up once, not for ever, and is not started twice', async () => {
    const clock = fakeClock()
    let started = 0
    let other = 0
    const { engine, lines } = await start(
      [
        task('hung', () => {
          started++
          return new Promise<boolean>(() => {})
        }),
        task('sturdy', async () => ++other < 0),
      ],
      clock,
    )
    await clock.advance(TASK_LIMIT_MS + 30_000)
    expect({ started, other }).toEqual({ started: 1, other: 5 })
    expect(lines.map((line) => line.level)).toEqual(['warn'])
    const stopped = engine.stop()
    await clock.advance(STOP_LIMIT_MS)
    await stopped
    expect(lines.at(-1)?.fields).toEqual({ tasks: ['hung'] })
  })

  test('stopping waits for the running task and starts no other', async () => {
    const clock = fakeClock()
    const done: string[] = []
    const slow = task('slow', async () => {
      await new Promise<void>((resolve) => clock.after(1000, resolve))
      done.push('slow')
      return false
    })
    const { engine } = await start([slow, task('next', async () => done.push('next') < 0)], clock)
    await clock.advance(0)
    let stopped = false
    const stop = engine.stop().then(() => {
      stopped = true
    })
    await clock.advance(500)
    expect(stopped).toBe(false)
    await clock.advance(500)
    await stop
    expect(done).toEqual(['slow'])
  })
})

describe('the work of the event engine', () => {
  test('compacts past days in pieces until nothing is left', async () => {
    const clock = fakeClock(Date.UTC(2026, 0, 1, 5, 10))
    let hostDays = 10
    const calls: number[] = []
    const store: EventEngineStore = {
      ...idleStore,
      maintenance: {
        ...idleStore.maintenance,
        admitWaiting: async () => 0,
        compact: async (before, limit) => {
          calls.push(before)
          const compacted = Math.min(limit, hostDays)
          hostDays -= compacted
          return compacted
        },
      },
    }
    const { engine } = await start(undefined, clock, store)
    await clock.advance(1000)
    await engine.stop()
    expect(hostDays).toBe(0)
    expect(calls).toEqual([1, 2, 3].map(() => Date.UTC(2026, 0, 1, 2) / 1000))
  })

  test('a long compaction stops at the end of its time slice and continues in the next cycle', async () => {
    const clock = fakeClock()
    let calls = 0
    const store: EventEngineStore = {
      ...idleStore,
      maintenance: {
        ...idleStore.maintenance,
        admitWaiting: async () => 0,
        compact: async (_, limit) => {
          calls++
          await new Promise<void>((resolve) => clock.after(100, resolve))
          return limit
        },
      },
    }
    const { engine } = await start(undefined, clock, store)
    await clock.advance(9999)
    const first = calls
    // Half of a slice of four seconds is rest.
    expect(first).toBeGreaterThan(15)
    expect(first).toBeLessThan(25)
    await clock.advance(10_000)
    expect(calls).toBe(first * 2)
    const stop = engine.stop()
    await clock.advance(200)
    await stop
  })

  test('retention of events and hosts that takes minutes keeps no other task waiting, and ends soon when the engine stops', async () => {
    const clock = fakeClock()
    let pieces = 0
    let hostPieces = 0
    let looks = 0
    const store: EventEngineStore = {
      ...idleStore,
      watch: {
        ...idleStore.watch,
        async listSeen() {
          looks++
          return []
        },
      },
      maintenance: {
        ...idleStore.maintenance,
        async dropEvents(_before, _limit, isOver = () => false) {
          while (!isOver()) {
            pieces++
            await new Promise<void>((resolve) => clock.after(200, resolve))
          }
          return pieces
        },
        async dropHosts(_before, _limit, isOver = () => false) {
          while (!isOver()) {
            hostPieces++
            await new Promise<void>((resolve) => clock.after(200, resolve))
          }
          return []
        },
      },
    }
    const { engine, lines } = await start(undefined, clock, store)
    await clock.advance(3_590_000)
    expect(pieces).toBe(0)
    const looksBefore = looks
    await clock.advance(700_000)
    const before = pieces
    expect(before).toBeGreaterThan(3000)
    expect(hostPieces).toBeGreaterThan(3000)
    // Each cycle of ten seconds goes on beside them, and no more than one was held up for some seconds.
    expect(looks - looksBefore).toBeGreaterThanOrEqual(68)
    const stop = engine.stop()
    await clock.advance(200)
    await stop
    expect(pieces).toBe(before)
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
    expect(lines.find(({ message }) => message === 'dropped old events')?.fields.events).toBe(before)
  })

  test('drops by retention and names the hosts it removes, but not before they had time to report', async () => {
    const clock = fakeClock()
    const asked: Record<string, number[]> = { samples: [], events: [], hosts: [], sessions: [] }
    const store: EventEngineStore = {
      ...idleStore,
      maintenance: {
        admitWaiting: async () => 0,
        compact: async () => 0,
        dropSamples: async (before) => {
          asked.samples?.push(before)
          return { frames: 1, blocks: 0, isLeft: false }
        },
        findSampleTimes: async () => ({ oldest: 1, newest: null }),
        dropEvents: async (before) => {
          asked.events?.push(clock.now() - before)
          return 3
        },
        dropHosts: async (before) => {
          asked.hosts?.push(clock.now() - before)
          return ['web01', 'web02'].map((host) => ({ host, lastSeen: 1, samples: 2, events: 3 }))
        },
      },
      sessions: {
        prune: async (now) => {
          asked.sessions?.push(clock.now() - now)
          return 1
        },
      },
    }
    const { engine, lines } = await start(undefined, clock, store)
    await clock.advance(3_590_000)
    expect(asked.hosts).toEqual([])
    expect(asked.samples).toEqual([])
    expect(asked.events).toEqual([])
    expect(asked.sessions).toEqual([])
    await clock.advance(20_000)
    await engine.stop()
    expect(asked.hosts).toEqual([30 * DAY])
    expect(asked.sessions).toEqual([0])
    expect(asked.events).toEqual([30 * DAY])
    // The oldest sample is of the first of January 1970, and one day is what a run drops.
    expect(asked.samples).toEqual([DAY])
    expect(lines.filter((line) => line.level === 'warn').map((line) => line.fields.host)).toEqual([
      'web01',
      'web02',
    ])
  })

  test('a jump of the clock is logged, and no host is removed because of it', async () => {
    const clock = fakeClock()
    let dropped = 0
    const store: EventEngineStore = {
      ...idleStore,
      maintenance: {
        ...idleStore.maintenance,
        dropHosts: async () => {
          dropped++
          return []
        },
      },
    }
    const { engine, lines } = await start(undefined, clock, store)
    await clock.advance(3_605_000)
    const before = dropped
    expect(before).toBeGreaterThan(0)
    clock.jump(clock.nowMs() + 40 * DAY * 1000)
    await clock.advance(3_590_000)
    expect(dropped).toBe(before)
    await clock.advance(660_000)
    expect(dropped).toBeGreaterThan(before)
    await engine.stop()
    expect(lines.find((line) => line.message.includes('jumped'))?.fields).toEqual({ seconds: 40 * DAY })
  })
})
