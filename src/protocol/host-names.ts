import { MAX_HOST_NAME } from '../domain/hosts/host.ts'

/** The number of names kept; the next packet of any other host makes a new string. */
const SLOTS = 4096

/** Bytes that a plain name has: small letters, digits and, not as the first one, `-`, `.` and `_`. */
const FIRST = 1
const FURTHER = 2
const KINDS = new Uint8Array(256)
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789') KINDS[character.charCodeAt(0)] = FIRST
for (const character of '-._') KINDS[character.charCodeAt(0)] = FURTHER

/**
 * Plain host names by their bytes. The same name is the same string each time, so packets make no new
 * strings, and a lookup by name compares no characters. Names with other letters, or with capitals, are not
 * kept here.
 */
export class HostNames {
  readonly #names: string[] = new Array(SLOTS).fill('')

  /** Null when the bytes from `from` to `end` are not a plain name. */
  find(bytes: Uint8Array, from: number, end: number): string | null {
    const length = end - from
    if (length === 0 || length > MAX_HOST_NAME || KINDS[bytes[from] ?? 0] !== FIRST) return null
    let hash = 0
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (KINDS[byte] === 0) return null
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1)
    const known = this.#names[slot] ?? ''
    if (isName(known, bytes, from, length)) return known
    let name = ''
    for (let at = from; at < end; at++) name += String.fromCharCode(bytes[at] ?? 0)
    this.#names[slot] = name
    return name
  }
}

/** Whether the bytes from `from` are those of the name, which is of ASCII characters. */
export function isName(name: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (name.length !== length) return false
  for (let i = 0; i < length; i++) if (name.charCodeAt(i) !== bytes[from + i]) return false
  return true
}
