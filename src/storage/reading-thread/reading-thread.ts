import type { Clock, Timer } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import { TooBusyError } from '../../lib/too-busy-error.ts'
import type { NoteDamage } from '../timeseries/damage.ts'
import type { Answer, Order, ReadName, SlowReads, ThreadDatabase } from './messages.ts'

/** Without a read for so long the thread ends and gives its memory back. */
const IDLE_MS = 60_000
/** A read that takes longer is given up, with the thread. */
const LIMIT_MS = 60_000
/** Reads that wait for their turn at most: whoever comes then is turned away. */
const MAX_WAITING = 64
/** Reads that the thread has at once. The others wait here, where it is known who still wants them. */
const MAX_AT_ONCE = 4

/** An entry of the build. In the compiled program the way there counts from the top of what is compiled. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('./entry.ts', import.meta.url).href
  : new URL('./src/storage/reading-thread/entry.js', import.meta.url).href

export type ReadingThread = SlowReads & { close(): Promise<void> }

type Read = {
  readonly name: ReadName
  readonly values: readonly unknown[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

type Running = {
  readonly worker: Worker
  readonly reads: Map<number, Read>
  limit: Timer | null
  /** Told when the thread has closed its connections, or is gone. */
  closed: () => void
}

export type ReadingThreadOptions = {
  readonly database: ThreadDatabase
  readonly note: NoteDamage
  readonly clock: Clock
  readonly log: Log
}

/**
 * Reads on a thread with connections of its own, so that nobody else waits meanwhile: SQLite reads
 * synchronously. The thread starts with the first read.
 */
export function createReadingThread({ database, note, clock, log }: ReadingThreadOptions): ReadingThread {
  const waiting: Read[] = []
  let running: Running | null = null
  let idle: Timer | null = null
  let lastId = 0
  let isClosed = false

  function start(): Running {
    const worker = new Worker(ENTRY, { smol: true })
    const one: Running = { worker, reads: new Map(), limit: null, closed: () => {} }
    worker.onmessage = ({ data }: MessageEvent<Answer>) => take(one, data)
    worker.onerror = (event) => fail(one, new Error(`the reading thread failed: ${event.message}`))
    worker.postMessage({ open: database } satisfies Order)
    return one
  }

  function take(one: Running, answer: Answer) {
    if ('damage' in answer) return note(answer.damage)
    if ('isClosed' in answer) return one.closed()
    if ('log' in answer) return log[answer.log](answer.message, { ...answer.fields, thread: 'reading' })
    const read = one.reads.get(answer.id)
    one.reads.delete(answer.id)
    if ('value' in answer) read?.resolve(answer.value)
    else read?.reject(new Error(answer.problem))
    one.limit?.cancel()
    one.limit = null
    next()
  }

  /** The thread is gone: what it had is rejected, what waits goes to a new one. */
  function fail(one: Running, error: Error) {
    one.closed()
    if (running !== one) return
    log.warn('the reading thread is started anew', { error: describeError(error) })
    running = null
    one.limit?.cancel()
    one.worker.terminate()
    for (const read of one.reads.values()) read.reject(error)
    next()
  }

  function next() {
    idle?.cancel()
    idle = null
    while (waiting.length > 0 && (running?.reads.size ?? 0) < MAX_AT_ONCE) {
      const read = waiting.shift()
      if (read) send(read)
    }
    const one = running
    if (one === null) return
    if (one.reads.size === 0) {
      idle = clock.after(IDLE_MS, () => end(one))
      return
    }
    one.limit ??= clock.after(LIMIT_MS, () =>
      fail(one, new Error(`the database was read for over ${LIMIT_MS / 1000} s without an answer`)),
    )
  }

  function send({ name, values, ...read }: Read) {
    running ??= start()
    const id = ++lastId
    running.reads.set(id, { name, values, ...read })
    running.worker.postMessage({ id, name, values } satisfies Order)
  }

  async function end(one: Running) {
    if (running === one) running = null
    const { promise, resolve } = Promise.withResolvers<void>()
    one.closed = resolve
    one.worker.postMessage({ close: true } satisfies Order)
    await promise
    one.worker.terminate()
  }

  /** The answer is what the method of that name in `entry.ts` gave. */
  function ask<Name extends ReadName>(name: Name) {
    return (...values: Parameters<SlowReads[Name]>) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      if (isClosed) reject(new Error('the database is closed'))
      else if (waiting.length >= MAX_WAITING)
        reject(new TooBusyError('too much is being read from the database: try again in a moment'))
      else {
        waiting.push({ name, values, resolve, reject })
        next()
      }
      return promise as ReturnType<SlowReads[Name]>
    }
  }

  return {
    listHosts: ask('listHosts'),
    listEvents: ask('listEvents'),
    countBySeverity: ask('countBySeverity'),
    listOutages: ask('listOutages'),
    range: ask('range'),
    ranges: ask('ranges'),
    async close() {
      isClosed = true
      idle?.cancel()
      for (const read of waiting.splice(0)) read.reject(new Error('the database is closed'))
      if (running === null) return
      running.limit?.cancel()
      await end(running)
    },
  }
}
