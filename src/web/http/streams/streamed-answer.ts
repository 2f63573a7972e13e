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
    if (request.method === 'HEAD') {
      this.drop().catch(noteFailure)
      return new Response(null, { headers })
    }
    const plain = this.#stream(request, noteFailure)
    // Of our two encodings the one that is compressed on a thread of the runtime's own.
    if (chooseEncoding(request.headers.get('accept-encoding'), ['gzip']) === null)
      return new Response(plain, { headers })
    headers.set('content-encoding', 'gzip')
    return new Response(plain.pipeThrough(new CompressionStream('gzip')), { headers })
  }

  #stream(reader: Request, noteFailure: (error: unknown) => void): ReadableStream<Uint8Array<ArrayBuffer>> {
    let next: IteratorResult<Uint8Array> | null = this.#first
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
            if (done) controller.close()
            else controller.enqueue(new Uint8Array(value))
          } catch (error) {
            noteFailure(error)
            controller.error(error)
          }
        },
        cancel: () => this.drop(),
      },
      { highWaterMark: 0 },
    )
  }
}
