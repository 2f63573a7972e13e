import { ProtocolError } from './protocol-error.ts'

/** No message of either dialect nests deeper than 5. */
const MAX_DEPTH = 16

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** True for the four characters that JSON takes as white space. */
export const isWhiteSpace = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/**
 * Finds the end of one JSON object in bytes that arrive in pieces; looks at each byte once and keeps none.
 */
export class ObjectScanner {
  #depth = 0
  #inString = false
  #isEscaped = false

  /**
   * The index behind the object's last byte, or -1 when it goes on behind `to`. Throws when it nests too
   * deep.
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    let depth = this.#depth
    let inString = this.#inString
    let isEscaped = this.#isEscaped
    for (let i = from; i < to; i++) {
      const byte = bytes[i]
      if (inString) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) throw new ProtocolError('malformed', 'nested too deep')
      } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth <= 0) return i + 1
    }
    this.#depth = depth
    this.#inString = inString
    this.#isEscaped = isEscaped
    return -1
  }
}

/**
 * Shorter texts can't nest deep enough to cost anything, and the scan would cost each ordinary packet a tenth
 * more.
 */
export const UNSCANNED_BYTES = 16 * 1024

/**
 * Throws a ProtocolError when the JSON nests deeper than any message does: parsing it would cost time and
 * memory.
 */
export function checkNesting(bytes: Uint8Array, from: number, to: number): void {
  if (to - from > UNSCANNED_BYTES) new ObjectScanner().scan(bytes, from, to)
}
