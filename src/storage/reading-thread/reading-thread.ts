import type { Clock, Timer } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import { ReaderGoneError, signalOfReader } from '../../lib/reader.ts'
import { TooBusyError } from '../../lib/too-busy-error.ts'
import type { NoteDamage } from '../timeseries/damage.ts'
import type { ReadAnswer, ReadName, ReadOrder, SlowReads, ThreadDatabase } from './messages.ts'

/** Without a read for this long the thread ends and gives its memory back. */
const IDLE_MS = 60_000
/** A read that takes longer is given up, with the thread. */
const LIMIT_MS = 60_000
/** The most reads of either kind that wait for their turn: further ones are refused. */
const MAX_WAITING = 64
/** Outages of so few hosts are read by index. */
const FEW_HOSTS = 20
/** Samples of a month say when a disk will be full. */
const SHORT_SECONDS = 31 * 86_400
/** So long the thread may take to close its connections; then it is ended. */
const CLOSE_MS = 5000
/** Reads that the thread has at once. The others wait here, where it is known who still wants them. */
const MAX_AT_ONCE = 4

/** An entry of the build. In the compiled program its path is relative to the root of the bundle. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('./entry.ts', import.meta.url).href
  : new URL('./src/storage/reading-thread/entry.js', import.meta.url).href

type ThreadRead = {
  readonly name: ReadName
  readonly values: readonly unknown[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** The reader's signal; null where the read goes on to its end. */
  readonly signal: AbortSignal | null
  /** It takes milliseconds, and a page waits for it: it goes before all that may take longer. */
  readonly isShort: boolean
}

/** `limit` ends the thread when the read takes too long, whatever others are answered meanwhile. */
type RunningRead = ThreadRead & { readonly place: number; readonly limit: Timer }

type Running = {
  readonly worker: Worker
  readonly reads: Map<number, RunningRead>
  /** By place: 1 signals to the thread that the result of this read is not needed any more. */
  readonly givenUp: Int32Array
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
 * Reads on a thread with connections of its own, so that nothing else waits meanwhile: SQLite reads
 * synchronously. The thread starts with the first read.
 */
export class ReadingThread implements SlowReads {
  readonly #options: ReadingThreadOptions
  readonly #waiting: ThreadRead[] = []
  #running: Running | null = null
  #idle: Timer | null = null
  #lastId = 0
  #isClosed = false

  constructor(options: ReadingThreadOptions) {
    this.#options = options
  }

  readonly listHosts = this.#ask('listHosts')
  readonly listEvents = this.#ask('listEvents')
  readonly countBySeverity = this.#ask('countBySeverity')
  readonly listOutages = this.#ask('listOutages', ({ names }) => names.length <= FEW_HOSTS)
  readonly range = this.#ask('range', (_host, _metric, from, to) => to - from <= SHORT_SECONDS)
  readonly ranges = this.#ask('ranges')
  readonly summarize = this.#ask('summarize', () => true)
  readonly listAudit = this.#ask('listAudit')
  readonly readStats = this.#ask('readStats')
  readonly listLargestHosts = this.#ask('listLargestHosts')

  /** Rejects what waits, and resolves when the thread has closed its connections. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#idle?.cancel()
    for (const read of this.#waiting.splice(0)) read.reject(new Error('the database is closed'))
    if (this.#running !== null) await this.#end(this.#running)
  }

  /** The answer is what the method of that name in `entry.ts` gave. */
  #ask<Name extends ReadName>(
    name: Name,
    checkShort: (...values: Parameters<SlowReads[Name]>) => boolean = () => false,
  ) {
    return (...values: Parameters<SlowReads[Name]>) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const isShort = checkShort(...values)
      if (this.#isClosed) reject(new Error('the database is closed'))
      else if (this.#waiting.filter((read) => read.isShort === isShort).length >= MAX_WAITING)
        reject(new TooBusyError('too much is being read from the database: try again in a moment'))
      else this.#accept({ name, values, resolve, reject, signal: signalOfReader(), isShort })
      return promise as ReturnType<SlowReads[Name]>
    }
  }

  #accept(read: ThreadRead) {
    if (read.signal?.aborted) return read.reject(new ReaderGoneError())
    read.signal?.addEventListener('abort', () => this.#giveUp(read), { once: true })
    const place = read.isShort ? this.#waiting.findIndex(({ isShort }) => !isShort) : -1
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, read)
    this.#next()
  }

  /** A read that waits is dropped; one that runs ends at its next statement, and keeps its place until then. */
  #giveUp(read: ThreadRead) {
    const at = this.#waiting.indexOf(read)
    if (at >= 0) this.#waiting.splice(at, 1)
    const running = this.#running
    for (const { resolve, place } of running?.reads.values() ?? [])
      if (running && resolve === read.resolve) Atomics.store(running.givenUp, place, 1)
    read.reject(new ReaderGoneError())
  }

  /** Gives the thread what waits, as much as it takes at once. */
  #next() {
    this.#idle?.cancel()
    this.#idle = null
    while (this.#waiting.length > 0 && (this.#running?.reads.size ?? 0) < MAX_AT_ONCE) {
      const read = this.#waiting.shift()
      if (read) this.#send(read)
    }
    const running = this.#running
    if (running?.reads.size === 0) this.#idle = this.#options.clock.after(IDLE_MS, () => this.#end(running))
  }

  #send(read: ThreadRead) {
    this.#running ??= this.#start()
    const running = this.#running
    const { reads, givenUp, worker } = running
    const taken = new Set([...reads.values()].map(({ place }) => place))
    const place = [...givenUp.keys()].find((place) => !taken.has(place)) ?? 0
    Atomics.store(givenUp, place, 0)
    const id = ++this.#lastId
    const limit = this.#options.clock.after(LIMIT_MS, () =>
      this.#fail(running, new Error(`the database was read for over ${LIMIT_MS / 1000} s without an answer`)),
    )
    reads.set(id, { ...read, place, limit })
    const { name, values } = read
    worker.postMessage({ id, place, name, values } satisfies ReadOrder)
  }

  #start(): Running {
    const worker = new Worker(ENTRY, { smol: true })
    const givenUp = new Int32Array(new SharedArrayBuffer(MAX_AT_ONCE * Int32Array.BYTES_PER_ELEMENT))
    const running: Running = { worker, reads: new Map(), givenUp, closed: () => {} }
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => this.#take(running, data)
    worker.onerror = (event) => this.#fail(running, new Error(`the reading thread failed: ${event.message}`))
    worker.postMessage({ open: this.#options.database, givenUp } satisfies ReadOrder)
    return running
  }

  #take(running: Running, answer: ReadAnswer) {
    const { note, log } = this.#options
    if ('damage' in answer) return note(answer.damage)
    if ('isClosed' in answer) return running.closed()
    if ('log' in answer) return log[answer.log](answer.message, { ...answer.fields, thread: 'reading' })
    const read = running.reads.get(answer.id)
    running.reads.delete(answer.id)
    if ('value' in answer) read?.resolve(answer.value)
    else read?.reject(new Error(answer.problem))
    read?.limit.cancel()
    this.#next()
  }

  /** The thread is gone: what it had is rejected, what waits goes to a new one. */
  #fail(running: Running, error: Error) {
    running.closed()
    if (this.#running !== running) return
    this.#options.log.warn('the reading thread is started anew', { error: describeError(error) })
    this.#running = null
    running.worker.terminate()
    rejectAll(running, error)
    this.#next()
  }

  async #end(running: Running): Promise<void> {
    if (this.#running === running) this.#running = null
    const { promise, resolve } = Promise.withResolvers<void>()
    running.closed = resolve
    // A thread that reads takes no message meanwhile.
    const timer = this.#options.clock.after(CLOSE_MS, resolve)
    running.worker.postMessage({ close: true } satisfies ReadOrder)
    await promise
    timer.cancel()
    running.worker.terminate()
    rejectAll(running, new Error('the database is closed'))
  }
}

function rejectAll({ reads }: Running, error: Error) {
  for (const { reject, limit } of reads.values()) {
    limit.cancel()
    reject(error)
  }
  reads.clear()
}
