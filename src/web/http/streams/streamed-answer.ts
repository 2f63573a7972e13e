import { readFor } from '../../../lib/reader.ts'
import { yieldThread } from '../../../lib/yield-thread.ts'
import { chooseEncoding } from '../../assets/compress.ts'

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

  /** Makes the first piece: what it throws is an answer of its own. What a later piece throws ends the connection. */
  static async begin(
    pieces: AsyncGenerator<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ): Promise<StreamedAnswer> {
    return new StreamedAnswer(await pieces.next(), pieces, headers)
  }

  /** The reader has gone: nothing further is made. */
  async drop(): Promise<void> {
    await this.#more.return(undefined)
  }

  /** `common` are the headers of every answer; `noteFailure` is told why a later piece could not be made. */
  finish(
    request: Request,
    common: Readonly<Record<string, string>>,
    noteFailure: (error: unknown) => void,
  ): Response {
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
      this.drop().catch(noteFailure)
      // Without it the runtime would say that GET gives 0 bytes.
      headers.set('transfer-encoding', 'chunked')
      return new Response(null, { headers })
    }
    const plain = this.#stream(request, noteFailure)
    if (encoding === null) return new Response(plain, { headers })
    return new Response(plain.pipeThrough(new CompressionStream('gzip')), { headers })
  }

  #stream(reader: Request, noteFailure: (error: unknown) => void): ReadableStream<Uint8Array<ArrayBuffer>> {
    let next: IteratorResult<Uint8Array> | null = this.#first
    // By the reader, perhaps while a piece is made: that one has no place to go then, which is no failure.
    let isLeft = false
    const take = async () => {
      // Pieces of many answers are made one at a time.
      await yieldThread()
      return readFor(reader, () => this.#more.next())
    }
    return new ReadableStream(
      {
        pull: async (controller) => {
          try {
            const { done, value } = next ?? (await take())
            next = null
            if (isLeft) return
            if (done) controller.close()
            else controller.enqueue(new Uint8Array(value))
          } catch (error) {
            noteFailure(error)
            if (!isLeft) controller.error(error)
          }
        },
        cancel: () => {
          isLeft = true
          return this.drop()
        },
      },
      { highWaterMark: 0 },
    )
  }
}
