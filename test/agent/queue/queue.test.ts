import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue } from '../../../src/agent/queue/queue.ts'
import type { Item } from '../../../src/agent/queue/queue-rows.ts'
import type { EventReport } from '../../../src/domain/event.ts'
import { createLog } from '../../../src/lib/log.ts'
import { fakeClock } from '../../support/clock.ts'

const METRICS = ['perf.a', 'perf.b']
const ALL = { items: 1000, bytes: 1e6, isExcluded: (_: Item) => false }
const FOREVER = Number.MAX_SAFE_INTEGER

let folder = ''
let file = ''
let logLines: string[] = []
const log = createLog({ level: 'debug', format: 'text', write: (line) => logLines.push(line) })
const clock = fakeClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-queue-'))
  file = join(folder, 'queue.db')
  logLines = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const openQueue = (bytes = 1e6) => new Queue({ file, bytes, interval: 60, clock, log })

function append(queue: Queue, time: number, values: (number | null)[] = [time, 1], metrics = METRICS) {
  queue.append({ frame: { time, metrics, values }, events: [] }, null)
}

const timesOf = (queue: Queue) => queue.takeOldest(0, FOREVER, ALL).map((item) => item.time)

const event = (time: number): EventReport => ({
  uid: 'e1',
  change: 1,
  time,
  metric: 'perf.a',
  severity: 2,
  status: 'open',
  message: 'A > 1',
})

test('what no server has confirmed is listed in ranges, also after a restart, and nothing counts as confirmed by mistake', () => {
  const queue = openQueue()
  expect(queue.known).toEqual({ newest: 0, unconfirmed: [] })
  for (let i = 1; i <= 120; i++) append(queue, 60 * i)
  expect(queue.known).toEqual({ newest: 120, unconfirmed: [{ first: 1, last: 120 }] })
  const items = queue.takeOldest(0, FOREVER, ALL)
  const removeIds = (...ids: number[]) => queue.remove(items.filter(({ id }) => ids.includes(id)))
  removeIds(1, 2, 120)
  expect(queue.known).toEqual({ newest: 120, unconfirmed: [{ first: 3, last: 119 }] })
  removeIds(50, 51)
  // Dropped, which no server knows yet: not confirmed.
  queue.refuse(items.filter(({ id }) => id === 60))
  append(queue, 60 * 121)
  const ranges = [
    { first: 3, last: 49 },
    { first: 52, last: 119 },
    { first: 121, last: 121 },
  ]
  expect(queue.known).toEqual({ newest: 121, unconfirmed: ranges })
  queue.close()
  const again = openQueue()
  expect(again.known).toEqual({ newest: 121, unconfirmed: ranges })
  again.remove(items.filter(({ id }) => id % 2 === 0))
  const { unconfirmed = [] } = again.known ?? {}
  expect(unconfirmed).toHaveLength(24)
  expect(unconfirmed[0]?.first).toBe(3)
  expect(unconfirmed[0]?.last).toBeGreaterThan(60)
  expect(unconfirmed.at(-2)).toEqual({ first: 119, last: 119 })
  again.close()
})

test('the lowest id that may still come is right after any order of answers', () => {
  const queue = openQueue(1500)
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let i = 1; i <= 400; i++) {
    if (random(3) > 0) append(queue, 60 * i)
    const waiting = queue.takeOldest(0, FOREVER, ALL)
    expect(queue.lowestId).toBe(
      Math.min(
        waiting[0]?.id ?? queue.newestId + 1,
        ...queue.losses.flatMap(({ first }) => (first > 0 ? [first] : [])),
      ),
    )
    // The newest is answered before older ones, as when samples go before a backlog.
    const newest = waiting.at(-1)
    if (newest !== undefined && random(3) === 0) queue.remove([newest])
    const other = waiting[random(waiting.length + 1)]
    if (other !== undefined && other !== newest && random(8) === 0) queue.remove([other])
    queue.confirmLosses(queue.losses)
  }
  expect(queue.figures.dropped).toBeGreaterThan(0)
  queue.close()
})

test('a clock that is set back and put right leaves out as many cycles as found their time taken, for that reason', async () => {
  const own = fakeClock(1_000_020_000)
  const queue = new Queue({ file, bytes: 1e6, interval: 60, clock: own, log })
  const cycle = (isTaken: boolean) => {
    const time = Math.floor(own.now() / 60) * 60
    if (isTaken) queue.noteTakenTime(time)
    else append(queue, time)
    return own.advance(60_000)
  }
  for (let i = 0; i < 10; i++) await cycle(false)
  own.jump(own.nowMs() - 420_000)
  for (let i = 0; i < 5; i++) await cycle(true)
  own.jump(own.nowMs() + 420_000)
  await cycle(false)
  const { losses } = queue
  expect(new Set(losses.map(({ reason }) => reason))).toEqual(new Set(['clock']))
  expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(5)
  queue.close()
})

test('a clock that is set between two runs of the agent does not make an absence', () => {
  let seconds = 1000
  const bootClock = { id: 'this start', seconds: () => seconds }
  const open = () => new Queue({ file, bytes: 1e6, interval: 60, clock, bootClock, log })
  const run = (time: number) => {
    const queue = open()
    append(queue, time)
    const { losses } = queue
    queue.close()
    return losses.filter(({ reason }) => reason !== 'unused')
  }
  expect(run(6000)).toEqual([])
  // Eight days on by the wall clock, two minutes by the other one.
  seconds += 120
  expect(run(6000 + 8 * 86_400)).toEqual([
    { first: 0, last: 0, reason: 'off', from: 6060, to: 6060, count: 1 },
  ])
  bootClock.id = 'the next start'
  seconds = 20
  expect(run(6000 + 9 * 86_400).at(-1)).toMatchObject({ reason: 'off', count: 1439 })
})

describe('the queue', () => {
  test('is its owner’s alone, with its log', () => {
    const queue = openQueue()
    append(queue, 60)
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600)
    queue.close()
  })

  test('gives back what was appended, in order, after it was opened again', () => {
    const queue = openQueue()
    append(queue, 60, [1.5, null])
    queue.append({ frame: null, events: [event(61)] }, null)
    append(queue, 120, [2.5, 3])
    queue.close()
    const again = openQueue()
    const items = again.takeOldest(0, FOREVER, ALL)
    expect(items.map(({ kind, body }) => [kind, JSON.parse(body)])).toEqual([
      ['frame', [60, 1.5, null]],
      ['event', event(61)],
      ['frame', [120, 2.5, 3]],
    ])
    expect(again.metricsOf(items[0]?.metricSet ?? -1)).toEqual(METRICS)
    expect(again.figures).toEqual({ length: 3, dropped: 0, refused: 0, damaged: 0, aged: 0 })
    again.close()
  })

  test('gives what the thresholds remembered once after it was opened, the newest', () => {
    const queue = openQueue()
    expect([queue.takeFoundThresholds(), queue.takeFoundThresholds()]).toEqual([{ kept: null }, null])
    queue.append({ frame: { time: 0, metrics: METRICS, values: [1, 2] }, events: [], thresholds: '1' }, null)
    append(queue, 60)
    queue.append({ frame: null, events: [event(61)], thresholds: '2' }, null)
    queue.close()
    const again = openQueue()
    expect([again.takeFoundThresholds(), again.takeFoundThresholds()]).toEqual([{ kept: '2' }, null])
    again.close()
  })

  test('writes a list of names once, over restarts too', () => {
    for (let i = 0; i < 3; i++) {
      const queue = openQueue()
      append(queue, 60 * i, [1, 2], [...METRICS])
      queue.close()
    }
    const database = new Database(file)
    expect(database.query('SELECT count(*) AS n FROM layout').get()).toEqual({ n: 1 })
    database.close()
  })

  test('deletes exactly what was acknowledged', () => {
    const queue = openQueue()
    for (let i = 0; i < 10; i++) append(queue, i * 60)
    const items = queue.takeOldest(0, FOREVER, ALL)
    queue.remove(items.filter((_, i) => i % 3 === 0))
    queue.close()
    const again = openQueue()
    expect(timesOf(again)).toEqual([60, 120, 240, 300, 420, 480])
    expect(again.figures.length).toBe(6)
    again.close()
  })

  test('gives batches of one layout, bounded in items and bytes, without those on their way', () => {
    const queue = openQueue()
    for (let i = 0; i < 5; i++) append(queue, i)
    append(queue, 5, [1], ['perf.c'])
    append(queue, 6)
    const take = (limits: Partial<typeof ALL>) =>
      queue.takeOldest(0, FOREVER, { ...ALL, ...limits }).map((item) => item.time)
    expect(take({})).toEqual([0, 1, 2, 3, 4])
    expect(take({ items: 2 })).toEqual([0, 1])
    expect(take({ bytes: 1 })).toEqual([0])
    const [first, second] = queue.takeOldest(0, FOREVER, ALL)
    expect(take({ isExcluded: ({ id }) => id === first?.id || id === second?.id })).toEqual([2, 3, 4])
    expect(queue.takeNewest(0, FOREVER, ALL).map((item) => item.time)).toEqual([6])
    queue.close()
  })

  test('drops the oldest frames when it is full, events last, and remembers how many', () => {
    const queue = openQueue(3000)
    queue.append({ frame: null, events: [event(0)] }, null)
    for (let i = 1; i <= 200; i++) append(queue, i)
    const times = timesOf(queue)
    const { length, dropped } = queue.figures
    expect(length + dropped).toBe(201)
    expect(times[0]).toBe(0)
    expect(times.slice(1)).toEqual(Array.from({ length: length - 1 }, (_, i) => 200 - length + 2 + i))
    expect(dropped).toBeGreaterThan(100)
    queue.close()
    const again = openQueue(3000)
    expect(again.figures.dropped).toBe(dropped)
    expect(logLines.filter((line) => line.includes('are dropped'))).toHaveLength(1)
    again.close()
  })

  test('drops what is too old, and nothing when its age is not to be judged', () => {
    const queue = openQueue()
    for (let i = 0; i < 5; i++) append(queue, i * 60)
    expect(queue.figures.dropped).toBe(0)
    queue.append({ frame: { time: 300, metrics: METRICS, values: [1, 2] }, events: [] }, 150)
    expect(timesOf(queue)).toEqual([180, 240, 300])
    expect(queue.figures.dropped).toBe(3)
    queue.close()
  })

  test('remembers over a restart which times were taken', () => {
    const queue = openQueue()
    append(queue, 600)
    queue.remove(queue.takeOldest(0, FOREVER, ALL))
    queue.close()
    const again = openQueue()
    expect([again.hasTaken(600), again.hasTaken(660), again.hasTaken(540)]).toEqual([true, false, false])
    again.close()
  })

  test('gives the space of a long backlog back to the filesystem', () => {
    const queue = openQueue(1e8)
    for (let i = 0; i < 300; i++) append(queue, i, [1], [`perf.${'x'.repeat(200)}${i % 2}`])
    for (let i = 0; i < 20; i++)
      queue.append(
        {
          frame: null,
          events: Array.from({ length: 100 }, () => ({ ...event(i), message: 'm'.repeat(2000) })),
        },
        null,
      )
    for (;;) {
      const items = queue.takeOldest(0, FOREVER, ALL)
      if (items.length === 0) break
      queue.remove(items)
    }
    queue.close()
    expect(statSync(file).size).toBeLessThan(200_000)
  })

  test('moves a damaged file aside, says where, and begins anew', () => {
    writeFileSync(file, 'this is not a database, '.repeat(500))
    const queue = openQueue()
    append(queue, 60)
    expect(timesOf(queue)).toEqual([60])
    queue.close()
    expect(readFileSync(`${file}.corrupt`, 'utf8')).toStartWith('this is not')
    expect(logLines.join('\n')).toContain(`${file}.corrupt`)
  })

  test('says in the log what is lost with a file that is gone, and with a log of SQLite that is gone', () => {
    const queue = openQueue()
    for (let i = 1; i <= 3; i++) append(queue, 60 * i)
    queue.close()
    const again = openQueue()
    for (let i = 4; i <= 5; i++) append(again, 60 * i)
    // As after a crash, but without the log beside the file.
    const [content, note] = [readFileSync(file), readFileSync(`${file}.state`)]
    again.close()
    writeFileSync(file, content)
    writeFileSync(`${file}.state`, note)
    const third = openQueue()
    expect(timesOf(third)).toEqual([60, 120, 180])
    expect(logLines.join('')).toMatch(/the queue file lacks what was written last.* lost=2/)
    third.close()
    rmSync(file)
    const fourth = openQueue()
    expect(fourth.figures).toMatchObject({ length: 0, damaged: 3 })
    expect(logLines.join('')).toMatch(/the queue file was lost with what waited in it.* lost=3/)
    fourth.close()
  })

  test('finds damage behind a sound header', () => {
    const queue = openQueue()
    for (let i = 0; i < 2000; i++) append(queue, i)
    queue.close()
    damage(file)
    const again = openQueue()
    append(again, 5000)
    append(again, 5060)
    expect(timesOf(again)).toEqual([5000, 5060])
    again.close()
    expect(existsSync(`${file}.corrupt`)).toBe(true)
  })

  test('begins anew when the file is damaged while it is open, and counts what is lost', () => {
    const queue = openQueue(1e8)
    const values = Array.from({ length: 300 }, () => 123456)
    for (let i = 0; i < 1000; i++) append(queue, i, values)
    queue.append({ frame: null, events: [], thresholds: '{"time":1}' }, null)
    damage(file)
    damage(`${file}-wal`)
    for (let i = 0; i < 10; i++) queue.takeOldest(0, FOREVER, { ...ALL, items: 5000, bytes: 1e9 })
    append(queue, 6000)
    expect(timesOf(queue)).toEqual([6000])
    expect(queue.figures).toEqual({ length: 1, dropped: 0, aged: 0, refused: 0, damaged: 1000 })
    queue.close()
    expect(logLines.filter((line) => line.includes(`${file}.corrupt`))).toHaveLength(1)
    const again = openQueue()
    expect(again.takeFoundThresholds()).toEqual({ kept: '{"time":1}' })
    again.close()
  })

  /** A row takes some 400 bytes; `fill` gives 2,000 of them. */
  const fill = (queue: Queue) => {
    const values = Array.from({ length: 60 }, (_, i) => 100_000 + i)
    const metrics = values.map((_, i) => `perf.m${i}`)
    for (let time = 1; time <= 2000; time++) append(queue, time, values, metrics)
  }

  test('keeps every row around damaged pages, counts what is lost, also over the new file', () => {
    const queue = openQueue(1e8)
    fill(queue)
    queue.close()
    const size = statSync(file).size
    const handle = openSync(file, 'r+')
    for (const part of [0.3, 0.6])
      writeSync(handle, Buffer.alloc(4096), 0, 4096, Math.floor((size * part) / 4096) * 4096)
    closeSync(handle)
    const again = openQueue(1e8)
    const { length, damaged, dropped } = again.figures
    expect(length).toBeGreaterThan(1950)
    expect(length + damaged).toBe(2000)
    expect(dropped).toBe(0)
    const items = again.takeOldest(0, FOREVER, { ...ALL, items: 5000, bytes: 1e9 })
    expect(items).toHaveLength(length)
    for (const { time, body } of items) expect(JSON.parse(body).slice(0, 3)).toEqual([time, 100_000, 100_001])
    again.close()
    const third = openQueue(1e8)
    expect(third.figures).toEqual({ length, damaged, dropped: 0, aged: 0, refused: 0 })
    third.close()
    expect(logLines.filter((line) => line.includes('was damaged'))).toHaveLength(1)
  })

  test('keeps what a file that was cut off still holds', () => {
    const queue = openQueue(1e8)
    fill(queue)
    queue.close()
    truncateSync(file, Math.floor(statSync(file).size / 2))
    const again = openQueue(1e8)
    expect(again.figures.length).toBeGreaterThan(500)
    expect(again.figures.damaged).toBeGreaterThan(0)
    const items = again.takeOldest(0, FOREVER, { ...ALL, items: 5000, bytes: 1e9 })
    // SQLite puts a page or two of the front behind: it is not the first rows alone that are still there.
    const times = items.map(({ time }) => time)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    for (const { time, body } of items) expect(JSON.parse(body).slice(0, 3)).toEqual([time, 100_000, 100_001])
    append(again, 5000, [1, 2])
    expect(again.takeNewest(0, FOREVER, { ...ALL, items: 1 }).map(({ time }) => time)).toEqual([5000])
    again.close()
  })

  test('drops a row of which one bit was flipped, and sends no wrong value', () => {
    const queue = openQueue()
    for (const time of [60, 120, 180]) append(queue, time, [123_456_000 + time, 1])
    queue.close()
    const bytes = readFileSync(file)
    const at = bytes.indexOf('[120,123456120')
    expect(at).toBeGreaterThan(0)
    bytes[at + 6] = (bytes[at + 6] ?? 0) ^ 1
    writeFileSync(file, bytes)
    const again = openQueue()
    expect(timesOf(again)).toEqual([60, 180])
    expect(again.figures).toEqual({ length: 2, dropped: 0, refused: 0, damaged: 1, aged: 0 })
    again.close()
    const third = openQueue()
    expect(third.figures).toEqual({ length: 2, dropped: 0, refused: 0, damaged: 1, aged: 0 })
    third.close()
  })

  test('never touches a database of something else', () => {
    const other = new Database(file, { create: true })
    other.run('CREATE TABLE important (id INTEGER)')
    other.close()
    expect(() => openQueue()).toThrow('queue')
    expect(existsSync(`${file}.corrupt`)).toBe(false)
  })

  test('is not opened by two agents', () => {
    const queue = openQueue()
    append(queue, 1)
    expect(() => openQueue()).toThrow('queue')
    queue.close()
  }, 10_000)

  test('keeps new items in memory while the disk is full, and writes them when there is room', () => {
    const queue = openQueue()
    append(queue, 1)
    limitFileSize('32768')
    try {
      for (let i = 2; i <= 100; i++) append(queue, i, [i, 1], [`perf.${'long'.repeat(40)}${i}`])
      expect(queue.figures).toMatchObject({ length: 100, dropped: 0 })
      const [first] = queue.takeOldest(0, FOREVER, { ...ALL, items: 1 })
      queue.remove(first === undefined ? [] : [first])
      expect(queue.takeOldest(0, FOREVER, { ...ALL, items: 1 })[0]?.time).toBe(2)
    } finally {
      limitFileSize('unlimited')
    }
    append(queue, 101)
    queue.close()
    expect(logLines.filter((line) => line.includes('kept in memory'))).toHaveLength(1)
    expect(logLines.filter((line) => line.includes('on disk again'))).toHaveLength(1)
    const again = openQueue()
    expect(again.figures.length).toBe(100)
    expect(again.takeNewest(0, FOREVER, ALL)[0]?.time).toBe(101)
    again.close()
  })

  test('begins in memory when the disk is full at the start, and moves to the disk later', () => {
    limitFileSize('0')
    let queue: Queue
    try {
      queue = openQueue()
      for (let i = 1; i <= 5; i++) append(queue, i)
      expect(timesOf(queue)).toEqual([1, 2, 3, 4, 5])
      queue.remove(queue.takeOldest(0, FOREVER, { ...ALL, items: 2 }))
      expect(queue.figures.length).toBe(3)
    } finally {
      limitFileSize('unlimited')
    }
    append(queue, 6)
    queue.close()
    const again = openQueue()
    expect(timesOf(again)).toEqual([3, 4, 5, 6])
    again.close()
  })

  test('keeps a bounded number in memory and counts what it had to drop', () => {
    const queue = openQueue(20_000)
    append(queue, 0)
    limitFileSize('4096')
    try {
      for (let i = 1; i <= 2000; i++) append(queue, i)
      const { length, dropped } = queue.figures
      expect(length + dropped).toBe(2001)
      expect(length).toBeLessThan(1000)
      expect(queue.takeNewest(0, FOREVER, { ...ALL, items: 1 })[0]?.time).toBe(2000)
    } finally {
      limitFileSize('unlimited')
    }
    append(queue, 2001)
    expect(queue.takeNewest(0, FOREVER, { ...ALL, items: 1 })[0]?.time).toBe(2001)
    queue.close()
  })
})

/** Spoils every page behind the first two. */
function damage(path: string) {
  const handle = openSync(path, 'r+')
  const size = statSync(path).size
  if (size > 8192) writeSync(handle, Buffer.alloc(size - 8192, 0xff), 0, size - 8192, 8192)
  closeSync(handle)
}

/** The largest size of a file of this process: to SQLite it looks like a full disk. */
function limitFileSize(bytes: string) {
  const { exitCode } = Bun.spawnSync(['prlimit', '--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
  if (exitCode !== 0) throw new Error('prlimit failed')
}
