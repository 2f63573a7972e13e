import { type HttpHead, readHead } from '../checks/http-message.ts'

const MAX_HEAD_BYTES = 64 * 1024
/** The line in front of a chunk: a number, and extensions that nobody uses. */
const MAX_CHUNK_LINE = 256

/** Each piece of a body takes memory of its own, so that many small ones count as more than their bytes. */
const PIECE_BYTES = 64

const END_OF_LINE = Buffer.from('\r\n')
const BEGIN_LENGTH = 'HTTP/1.1 '.length

const NOT_HTTP = 'the answer is not HTTP'

/** Takes the bytes of one HTTP answer as they come; its work grows with their number alone. */
export class AnswerReader {
  readonly #most: number
  /** What is received and not yet understood. */
  #rest: Buffer = Buffer.alloc(0)
  #head: HttpHead | null = null
  readonly #parts: Buffer[] = []
  #size = 0
  /** Of the body or the chunk that is being read; null while the line in front of a chunk is awaited. */
  #left: number | null = null
  #isChunked = false
  /** The last chunk was there: the lines that may follow it are awaited. */
  #isTrailer = false
  #isWhole = false

  /** @param most bytes that the body may have */
  constructor(most: number) {
    this.#most = most
  }

  /** Any byte was received. */
  get hasBegun(): boolean {
    return this.#head !== null || this.#rest.length > 0
  }

  /** True once the answer is complete. Throws when it is too long, or not HTTP, or followed by more. */
  push(data: Buffer): boolean {
    if (this.#isWhole) throw new Error(NOT_HTTP)
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    if (this.#head === null && !this.#readHead()) return false
    if (this.#isChunked) this.#readChunks()
    else this.#readPart()
    if (!this.#isChunked && this.#left === 0) this.#isWhole = true
    if (this.#isWhole && this.#rest.length > 0) throw new Error(NOT_HTTP)
    return this.#isWhole
  }

  /** The other side has closed. True when that ends the answer, as where its length was not given. */
  end(): boolean {
    if (this.#head !== null && !this.#isChunked && this.#left === Number.POSITIVE_INFINITY)
      this.#isWhole = true
    return this.#isWhole
  }

  get status(): number {
    return this.#head?.status ?? Number.NaN
  }

  /** The same connection may be asked again. */
  get isKept(): boolean {
    return this.#isWhole && !/\bclose\b/i.test(this.#head?.headers.get('connection') ?? '')
  }

  get body(): Buffer {
    const [first] = this.#parts
    return this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts)
  }

  #readHead(): boolean {
    const head = readHead(this.#rest)
    if (head === null) {
      const begin = this.#rest.toString('latin1', 0, BEGIN_LENGTH)
      const isOther = begin.length === BEGIN_LENGTH && !/^HTTP\/1\.[01] $/.test(begin)
      if (isOther || this.#rest.length > MAX_HEAD_BYTES) throw new Error(NOT_HTTP)
      return false
    }
    this.#head = head
    this.#rest = this.#rest.subarray(head.length)
    this.#isChunked = /\bchunked\b/i.test(head.headers.get('transfer-encoding') ?? '')
    if (!this.#isChunked) this.#left = readLength(head)
    if (this.#left !== Number.POSITIVE_INFINITY) this.#checkSize(this.#left ?? 0)
    return true
  }

  #readPart(): void {
    const part = this.#rest.subarray(0, this.#left ?? 0)
    if (part.length === 0) return
    this.#size += part.length
    this.#checkSize(0)
    this.#parts.push(part)
    this.#left = (this.#left ?? 0) - part.length
    this.#rest = this.#rest.subarray(part.length)
  }

  #readChunks(): void {
    for (;;) {
      if (this.#left !== null) {
        this.#readPart()
        if (this.#left > 0 || this.#rest.length < END_OF_LINE.length) return
        this.#rest = this.#rest.subarray(END_OF_LINE.length)
        this.#left = null
      }
      const end = this.#rest.indexOf(END_OF_LINE)
      if (end > MAX_CHUNK_LINE || (end < 0 && this.#rest.length > MAX_CHUNK_LINE)) throw new Error(NOT_HTTP)
      if (end < 0) return
      const line = this.#rest.toString('latin1', 0, end)
      this.#rest = this.#rest.subarray(end + END_OF_LINE.length)
      if (this.#isTrailer) {
        this.#isWhole = line === ''
        if (this.#isWhole) return
        continue
      }
      const digits = /^([0-9a-f]{1,8})(?:;|\s*$)/i.exec(line)?.[1]
      if (digits === undefined) throw new Error(NOT_HTTP)
      const size = Number.parseInt(digits, 16)
      this.#checkSize(size)
      if (size === 0) this.#isTrailer = true
      else this.#left = size
    }
  }

  #checkSize(more: number): void {
    if (this.#size + more > this.#most || this.#parts.length * PIECE_BYTES > this.#most)
      throw new Error(`the answer is longer than ${this.#most} bytes`)
  }
}

/** Infinite where the end of the connection is the end of the answer. */
function readLength({ status, headers }: HttpHead): number {
  if (status === 204 || status === 304) return 0
  const text = headers.get('content-length')
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (!/^\d{1,15}$/.test(text)) throw new Error(NOT_HTTP)
  return Number(text)
}
