import type { Clock, Timer } from '../../../lib/clock.ts'
import { ReaderGoneError, readFor } from '../../../lib/reader.ts'
import { TooBusyError } from '../../../lib/too-busy-error.ts'
import { yieldThread } from '../../../lib/yield-thread.ts'
import { chooseEncoding } from '../../assets/compress.ts'

/**
 * A reader who takes no piece for so long has its connection closed: the runtime lets those off whose answer goes on. A piece
 * has up to some hundred kilobytes, so one who takes 4 kB a second is in time.
 */
const TAKE_MS = 120_000
/** Answers under way; further ones are refused. Each has some megabyte of memory, however slow its reader is. */
const MOST_OPEN = 100

export type StreamContext = {
  /** Told why a later piece could not be made. */
  readonly noteFailure: (error: unknown) => void
  readonly clock: Pick<Clock, 'after'>
}

let open = 0

async function* counted(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  open++
  try {
    yield* pieces
  } finally {
    open--
  }
}

/**
 * An answer that would be too long to be in memory at once, or to be made without a pause: each piece is made when the
 * client has taken the one before.
 */
export class StreamedAnswer {
  readonly #first: IteratorResult<Uint8Array>
  readonly #more: AsyncGenerator<Uint8Array>
  readonly #headers: Readonly<Record<string, string>>

  private constructor(
    first: IteratorResult<Uint8Array>,
    more: AsyncGenerator<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#first = first
    this.#more = more
    this.#headers = headers
  }

  /**
   * Makes the first piece: what it throws is an answer of its own, as is a `TooBusyError` where too many are under way. What a
   * later piece throws ends the connection.
   */
  static async begin(
    pieces: AsyncGenerator<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ): Promise<StreamedAnswer> {
    if (open >= MOST_OPEN)
      throw new TooBusyError('too many long answers are under way: try again in a moment')
    const more = counted(pieces)
    return new StreamedAnswer(await more.next(), more, headers)
  }

  /** The reader has gone: nothing further is made. */
  async drop(): Promise<void> {
    await this.#more.return(undefined)
  }

  /** `common` are the headers of every answer. */
  finish(request: Request, common: Readonly<Record<string, string>>, context: StreamContext): Response {
    const headers = new Headers({
      ...common,
      'cache-control': 'no-store',
      vary: 'Accept-Encoding',
      ...this.#headers,
    })
    // Of our two encodings the one that is compressed on a thread of the runtime's own.
    const encoding = chooseEncoding(request.headers.get('accept-encoding'), ['gzip'])
    if (encoding !== null) headers.set('content-encoding', encoding)
    if (request.method === 'HEAD') {
      this.drop().catch(context.noteFailure)
      // Without it the runtime would say that GET gives 0 bytes.
      headers.set('transfer-encoding', 'chunked')
      return new Response(null, { headers })
    }
    // The runtime does not look at the answer then.
    if (request.signal.aborted) this.drop().catch(context.noteFailure)
    const plain = this.#stream(request, context)
    if (encoding === null) return new Response(plain, { headers })
    return new Response(plain.pipeThrough(new CompressionStream('gzip')), { headers })
  }

  #stream(reader: Request, { noteFailure, clock }: StreamContext): ReadableStream<Uint8Array<ArrayBuffer>> {
    let next: IteratorResult<Uint8Array> | null = this.#first
    // By the reader, perhaps while a piece is made: that one has no place to go then, which is no failure.
    let isLeft = false
    const take = async () => {
      // Pieces of many answers are made one at a time.
      await yieldThread()
      return readFor(reader, () => this.#more.next())
    }
    let limit: Timer | null = null
    const leave = () => {
      isLeft = true
      limit?.cancel()
      return this.drop()
    }
    const giveUp = (controller: ReadableStreamDefaultController) => {
      const gone = new ReaderGoneError()
      noteFailure(gone)
      controller.error(gone)
      leave().catch(noteFailure)
    }
    return new ReadableStream(
      {
        start: (controller) => {
          limit = clock.after(TAKE_MS, () => giveUp(controller))
        },
        pull: async (controller) => {
          limit?.cancel()
          try {
            const { done, value } = next ?? (await take())
            next = null
            if (isLeft) return
            if (done) controller.close()
            else {
              controller.enqueue(new Uint8Array(value))
              limit = clock.after(TAKE_MS, () => giveUp(controller))
            }
          } catch (error) {
            noteFailure(error)
            if (!isLeft) controller.error(error)
          }
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    )
  }
}
