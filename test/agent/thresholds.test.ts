import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { Agent } from '../../src/agent/agent.ts'
import type { Threshold } from '../../src/domain/thresholds/threshold.ts'
import { readLimit } from '../../src/domain/thresholds/threshold.ts'
import { type Bench, openBench } from './support/bench.ts'
import { compareHistories, readEndings, readStories, setValues } from './support/event-story.ts'
import { startWireServer, type WireServer } from './support/wire-server.ts'

const INTERVAL = 10
const MEMORY = 'perf.memory.percent.used'

let bench: Bench
let server: WireServer
let agent: Agent | null = null
let values: Map<string, number>
let begin = 0
let seen = 0

beforeEach(() => {
  bench = openBench()
  server = startWireServer()
  values = new Map([[MEMORY, 10]])
  setValues(bench, values)
  begin = bench.clock.now()
  seen = 0
})

afterEach(async () => {
  await stop()
  server.close()
  bench.close()
})

const threshold = (more: Partial<Threshold> = {}): Threshold => ({
  metric: MEMORY,
  severity: 3,
  compare: '>',
  value: 80,
  duration: 20,
  clearAfter: null,
  clearValue: null,
  ...more,
})

async function start(thresholds: readonly Threshold[], hasDefaultThresholds = false) {
  agent = await bench.start({ ports: [server.port], interval: INTERVAL, thresholds, hasDefaultThresholds })
}

/** Moves the clock on while the agent waits for answers. */
async function stop() {
  const stopping = agent?.stop()
  agent = null
  for (let second = 0; second < 5; second++) await bench.clock.advance(1000)
  await stopping
}

/** Lets so many more cycles pass, the first at a start among them, and what they queued arrive. */
async function pass(cycles: number) {
  seen += cycles
  await bench.advanceUntil(() => bench.cycles.length >= seen)
  // Short of the next cycle, so that the values can be changed in time for it.
  while (bench.clock.now() % INTERVAL !== INTERVAL - 2) {
    await bench.pass(1000)
  }
}

const tell = () => compareHistories(server, begin)

describe('an agent with thresholds', () => {
  test('opens an event after the duration, raises and lowers it, and closes it when all is good for long enough', async () => {
    await start([
      threshold({ clearAfter: 30 }),
      threshold({ severity: 1, value: 95, duration: 10, clearAfter: 10 }),
    ])
    await pass(1)
    values.set(MEMORY, 85)
    await pass(2)
    expect(tell()).toEqual([])
    await pass(1)
    expect(tell()).toEqual(['open 3 @30'])
    values.set(MEMORY, 99)
    await pass(2)
    values.set(MEMORY, 90)
    await pass(2)
    values.set(MEMORY, 40)
    await pass(3)
    expect(tell()).toEqual(['open 3 @30, open 1 @50, open 3 @70'])
    await pass(1)
    expect(tell()).toEqual(['open 3 @30, open 1 @50, open 3 @70, closed 3 @110'])
    const [story] = readStories(server).values()
    expect(story?.[0]).toMatchObject({
      change: 1,
      metric: MEMORY,
      message: 'Memory percent used > 80 for 20 seconds',
    })
    expect(story?.[0]?.uid).toMatch(/^[0-9a-f-]{36}$/)
    await pass(3)
    values.set(MEMORY, 85)
    await pass(3)
    expect(tell()).toHaveLength(2)
  })

  test('says in an event why the value is what it is, as the check found it', async () => {
    const STATE = 'perf.check.shop.state'
    const { measure } = bench.source
    let reason = 'the connection was refused'
    bench.source = {
      ...bench.source,
      measure: async () => ({ ...(await measure()), reasons: new Map([[STATE, reason]]) }),
    }
    values.set(STATE, 0)
    await start([threshold({ metric: STATE, compare: '=', value: 0, duration: INTERVAL })])
    await pass(2)
    reason = 'no answer within 10 s'
    await pass(2)
    values.set(STATE, 1)
    await pass(3)
    const [story] = readStories(server).values()
    expect(story?.map(({ status, message }) => [status, message])).toEqual([
      ['open', 'Check shop state = 0 for 10 seconds: the connection was refused'],
      ['closed', 'Check shop state = 0 for 10 seconds: the connection was refused'],
    ])
    expect(readLimit(STATE, story?.[0]?.message ?? '')).toEqual({ compare: '=', value: 0 })
  })

  test('judges every metric of a pattern by itself, and one that has an exception by that alone', async () => {
    const used = (name: string) => `perf.filesystem.${name}.percent.used`
    for (const name of ['dev.sda1', 'dev.sdb1', 'dev.sdc1']) values.set(used(name), 90)
    await start([
      threshold({ metric: used('*'), duration: 0 }),
      threshold({ metric: used('dev.sdb1'), duration: 0, value: 99 }),
    ])
    await pass(1)
    values.set(used('dev.sdc1'), 20)
    await pass(3)
    const stories = [...readStories(server).values()].map((story) =>
      story.map(({ metric, status }) => `${metric} ${status}`),
    )
    expect(stories).toEqual([
      [`${used('dev.sda1')} open`],
      [`${used('dev.sdc1')} open`, `${used('dev.sdc1')} closed`],
    ])
  })

  test('has thresholds out of the box, unless they are switched off', async () => {
    values.set('perf.process.sshd.state', 0)
    await start([], true)
    await pass(32)
    expect(tell()).toEqual(['open 3 @300'])
    await stop()
    await start([], false)
    await pass(1)
    expect(tell()[0]).toStartWith('open 3 @300, closed 3 ')
  }, 15_000)

  test('counts on over a restart, and closes after another one what it opened', async () => {
    values.set(MEMORY, 90)
    await start([threshold({ duration: 40 })])
    await pass(3)
    await stop()
    await start([threshold({ duration: 40 })])
    await pass(2)
    expect(tell()).toEqual(['open 3 @40'])
    values.set(MEMORY, 10)
    await pass(1)
    await stop()
    await start([threshold({ duration: 40 })])
    await pass(2)
    expect(tell()).toEqual(['open 3 @40, closed 3 @70'])
  })

  test('closes an event whose threshold was taken out of the configuration, and keeps one that got another value', async () => {
    values.set(MEMORY, 90).set('perf.system.load.15', 7)
    const load = threshold({ metric: 'perf.system.load.15', value: 5, duration: 0 })
    await start([threshold({ duration: 0 }), load])
    await pass(1)
    await stop()
    await start([threshold({ duration: 0, value: 85 })])
    await pass(1)
    expect(tell()).toEqual(['open 3 @0', 'open 3 @0, closed 3 @10'])
  })

  test('marks an event stale when its metric stops coming, and takes the mark away when it is back', async () => {
    values.set(MEMORY, 90)
    await start([threshold({ duration: 0 })])
    await pass(1)
    values.delete(MEMORY)
    await pass(4)
    values.set(MEMORY, 90)
    await pass(1)
    expect(tell()).toEqual(['open 3 @0, open 3 stale @30, open 3 @50'])
  })

  test('reports later what happened while the server was unreachable, with the times when it happened', async () => {
    server.close()
    await start([threshold({ duration: 10 })])
    await pass(1)
    values.set(MEMORY, 90)
    await pass(4)
    values.set(MEMORY, 10)
    await pass(10)
    server.reopen()
    await bench.advanceUntil(() => tell()[0]?.includes('closed') === true)
    expect(tell()).toEqual(['open 3 @20, closed 3 @70'])
    expect(bench.clock.now() - begin).toBeGreaterThan(140)
  })

  test('says the same again, with the same id and numbers, when answers are lost', async () => {
    let lost = 0
    server.answer = (batch, { accept, disconnect }) => {
      if (batch.events.length > 0 && ++lost % 3 !== 0) disconnect()
      else accept()
    }
    values.set(MEMORY, 90)
    await start([threshold({ duration: 0 }), threshold({ duration: 20, severity: 2 })])
    await pass(4)
    values.set(MEMORY, 10)
    await pass(4)
    await bench.advanceUntil(() => tell()[0]?.includes('closed') === true)
    expect(lost).toBeGreaterThan(3)
    expect(tell()).toEqual(['open 3 @0, open 2 @20, closed 2 @60'])
  })

  test('begins anew with a state that is damaged, and goes on sampling', async () => {
    values.set(MEMORY, 90)
    await start([threshold({ duration: 0 })])
    await pass(1)
    await stop()
    const database = new Database(bench.queueFile)
    expect(database.run('UPDATE threshold_state SET json = \'{"time":\'').changes).toBe(1)
    database.close()
    await start([threshold({ duration: 0 })])
    await pass(2)
    expect(tell()).toHaveLength(2)
    expect(bench.logLines.join('\n')).toContain('damaged')
  })

  test('that lost its queue ends what was open of each metric that is good, once, and leaves the others to be seen', async () => {
    const load = 'perf.system.load.15'
    values.set(MEMORY, 90).set(load, 9)
    const thresholds = [threshold({ duration: 20 }), threshold({ metric: load, value: 5, duration: 20 })]
    await start(thresholds)
    await pass(3)
    expect(tell()).toHaveLength(2)
    expect(readEndings(server)).toEqual([])
    await stop()
    for (const suffix of ['', '-wal', '-shm']) rmSync(bench.queueFile + suffix, { force: true })
    values.set(MEMORY, 10)
    await start(thresholds)
    await pass(2)
    expect(readEndings(server)).toEqual([MEMORY])
    values.set(load, 1)
    await pass(1)
    expect(readEndings(server)).toEqual([MEMORY, load])
    await stop()
    await start(thresholds)
    await pass(3)
    expect(readEndings(server)).toEqual([MEMORY, load])
    expect(tell()).toHaveLength(2)
  })

  test('takes over a queue from before there were thresholds', async () => {
    server.answer = (batch, { accept }) => {
      if (batch.frames.length === 0) accept()
    }
    await start([])
    await pass(2)
    await stop()
    const database = new Database(bench.queueFile)
    database.run(`DROP TABLE threshold_state;
      ALTER TABLE item DROP COLUMN crc; ALTER TABLE layout DROP COLUMN crc; ALTER TABLE totals DROP COLUMN damaged;
      ALTER TABLE totals DROP COLUMN aged; ALTER TABLE totals DROP COLUMN generation; ALTER TABLE totals DROP COLUMN newest;
      ALTER TABLE totals DROP COLUMN is_clean; DROP TABLE loss;
      PRAGMA user_version = 1`)
    database.close()
    server.answer = (_, { accept }) => accept()
    values.set(MEMORY, 90)
    await start([threshold({ duration: 0 })])
    await pass(2)
    const times = new Set(server.batches.flatMap(({ frames }) => frames.map(([time]) => (time ?? 0) - begin)))
    expect(times.isSupersetOf(new Set([0, 10, 20]))).toBe(true)
    expect(tell()).toEqual(['open 3 @20'])
    expect(bench.logLines.join('\n')).not.toContain('moved aside')
  })

  test('judges in memory while the disk takes nothing, and keeps it when the disk takes it again', async () => {
    values.set(MEMORY, 90)
    await start([threshold({ duration: 20 })])
    await pass(1)
    try {
      limitFileSize('0')
      await pass(3)
      expect(bench.logLines.join('\n')).toContain('kept in memory')
      expect(tell()).toEqual(['open 3 @20'])
    } finally {
      limitFileSize('unlimited')
    }
    await pass(1)
    await stop()
    await start([threshold({ duration: 20 })])
    values.set(MEMORY, 10)
    await pass(4)
    expect(tell()).toHaveLength(1)
    expect(tell()[0]).toStartWith('open 3 @20, closed 3 ')
  })
})

/** The largest file that this process may write: to SQLite, going beyond is a disk that fails. */
function limitFileSize(bytes: string) {
  const { exitCode } = Bun.spawnSync(['prlimit', '--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
  if (exitCode !== 0) throw new Error('prlimit failed')
}
