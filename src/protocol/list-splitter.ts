import { ByteBuffer } from '../lib/byte-buffer.ts'
import { ProtocolError } from './protocol-error.ts'

/** The lists of a legacy packet that may be long. */
export type ListName = 'data' | 'events'

/** Elements are handed on when about this many bytes of them are together. */
const SLAB_BYTES = 256 * 1024
const MAX_SLAB_BYTES = 4 * 1024 * 1024
/** Everything outside the two lists. */
const MAX_HEAD_BYTES = 64 * 1024
const MAX_DEPTH = 16

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** The character before the key distinguishes it from the end of a longer key with an escaped quote in it. */
const LIST_KEY = /[{,\s]"(data|events)"\s*:\s*$/

/**
 * Takes a legacy packet apart while it arrives, so that one of a hundred megabytes is never in memory as a
 * whole: the elements of "data" and "events" are passed on a slab at a time; what is left is the packet with
 * both lists empty.
 */
export class ListSplitter {
  readonly #take: (list: ListName, json: string) => void
  readonly #head = new ByteBuffer()
  readonly #slab = new ByteBuffer()
  #list: ListName | null = null
  #depth = 0
  #inString = false
  #isEscaped = false
  #isComplete = false

  /** `take` gets whole elements of one list as the text of a JSON array. */
  constructor(take: (list: ListName, json: string) => void) {
    this.#take = take
  }

  /** Bytes of memory held. */
  get held(): number {
    return this.#head.capacity + this.#slab.capacity
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /** The packet without its elements, closed where it is not yet complete; may not be JSON then. */
  head(): string {
    const text = this.#head.view().toString()
    if (this.#isComplete) return text
    return this.#list === null ? '' : `${text}]}`
  }

  /**
   * Bytes behind the end of the packet are ignored. Throws a ProtocolError when a part is too long or nests
   * too deep.
   */
  feed(bytes: Uint8Array): void {
    if (this.#isComplete) return
    let depth = this.#depth
    let inString = this.#inString
    let isEscaped = this.#isEscaped
    let mark = 0
    const to = bytes.length
    for (let i = 0; i < to; i++) {
      const byte = bytes[i]
      if (inString) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) throw new ProtocolError('malformed', 'nested too deep')
        if (depth !== 2 || byte !== OPEN_BRACKET) continue
        this.#keep(bytes, mark, i + 1)
        mark = i + 1
        this.#list = this.#findListName()
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth === 2 && this.#list !== null) {
          this.#keep(bytes, mark, i)
          this.#flush(this.#list)
          this.#list = null
          mark = i
        }
        if (--depth > 0) continue
        this.#keep(bytes, mark, i + 1)
        this.#isComplete = true
        return
      } else if (byte === COMMA && depth === 2 && this.#list !== null && this.#isSlabFull(i - mark)) {
        this.#keep(bytes, mark, i)
        this.#flush(this.#list)
        mark = i + 1
      }
    }
    this.#keep(bytes, mark, to)
    this.#depth = depth
    this.#inString = inString
    this.#isEscaped = isEscaped
  }

  #isSlabFull(more: number): boolean {
    return this.#slab.length + more >= SLAB_BYTES
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const isElement = this.#list !== null
    const buffer = isElement ? this.#slab : this.#head
    if (buffer.length + to - from > (isElement ? MAX_SLAB_BYTES : MAX_HEAD_BYTES))
      throw new ProtocolError(
        'oversized',
        isElement ? 'a row is too long' : 'too much besides rows and events',
      )
    buffer.append(bytes, from, to)
  }

  #flush(list: ListName): void {
    const slab = this.#slab.view()
    if (slab.length > 0) this.#take(list, `[${slab.toString()}]`)
    this.#slab.discard(slab.length)
  }

  #findListName(): ListName | null {
    const tail = this.#head.view().subarray(-96, -1).toString('latin1')
    const name = LIST_KEY.exec(tail)?.[1]
    return name === 'data' || name === 'events' ? name : null
  }
}
