/** A value of D-Bus as it is read. Numbers of 64 bits that are too long for a number lose their last digits. */
export type DbusValue = number | string | boolean | readonly DbusValue[] | DbusDictionary
export type DbusDictionary = { readonly [key: string]: DbusValue }

export const isDictionary = (value: DbusValue | undefined): value is DbusDictionary =>
  typeof value === 'object' && !Array.isArray(value)

const ALIGNMENT: Readonly<Record<string, number>> = {
  y: 1,
  b: 4,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  x: 8,
  t: 8,
  d: 8,
  h: 4,
  s: 4,
  o: 4,
  g: 1,
  v: 1,
  a: 4,
  '(': 8,
  '{': 8,
}

/** The bound of the specification, more than any message has that we ask for. */
const MAX_DEPTH = 32
const MAX_VALUES = 500_000

/** Reads values of a message and checks every length: messages of a bus are not trusted. */
export class DbusReader {
  #at = 0
  #count = 0
  readonly #view: DataView

  constructor(
    readonly bytes: Uint8Array,
    readonly isLittleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The values of a signature, in its order. Throws `RangeError` where the bytes do not match it. */
  read(signature: string): DbusValue[] {
    const values: DbusValue[] = []
    for (let i = 0; i < signature.length; ) {
      const type = completeType(signature, i)
      values.push(this.#value(type, 0))
      i += type.length
    }
    return values
  }

  align(to: number) {
    this.#at = Math.ceil(this.#at / to) * to
  }

  #value(type: string, depth: number): DbusValue {
    const [kind = ''] = type
    const alignment = ALIGNMENT[kind]
    if (alignment === undefined || depth > MAX_DEPTH || ++this.#count > MAX_VALUES)
      throw new RangeError('a message of the bus is not understood')
    this.align(alignment)
    switch (kind) {
      case 's':
      case 'o':
        return this.#text(this.#number(4))
      case 'g':
        return this.#text(this.#number(1))
      case 'b':
        return this.#number(4) !== 0
      case 'v': {
        const inner = this.#text(this.#number(1))
        return this.#value(completeType(inner, 0), depth + 1)
      }
      case 'a':
        return this.#array(type.slice(1), depth)
      case '(':
        return this.#members(type, depth)
      default:
        return this.#plain(kind, alignment)
    }
  }

  #members(type: string, depth: number): DbusValue[] {
    const values: DbusValue[] = []
    for (let i = 1; i < type.length - 1; ) {
      const member = completeType(type, i)
      values.push(this.#value(member, depth + 1))
      i += member.length
    }
    return values
  }

  #array(element: string, depth: number): DbusValue {
    const length = this.#number(4)
    this.align(ALIGNMENT[element[0] ?? ''] ?? 1)
    const end = this.#at + length
    if (end > this.bytes.length) throw new RangeError('a list of the bus is longer than its message')
    if (!element.startsWith('{')) {
      const values: DbusValue[] = []
      while (this.#at < end) values.push(this.#value(element, depth + 1))
      return values
    }
    const entries = new Map<string, DbusValue>()
    while (this.#at < end) {
      this.align(8)
      const [key = '', value = ''] = this.#members(element, depth)
      entries.set(String(key), value)
    }
    return Object.fromEntries(entries)
  }

  #plain(kind: string, size: number): number {
    const at = this.#take(size)
    switch (kind) {
      case 'y':
        return this.#view.getUint8(at)
      case 'n':
        return this.#view.getInt16(at, this.isLittleEndian)
      case 'q':
        return this.#view.getUint16(at, this.isLittleEndian)
      case 'i':
        return this.#view.getInt32(at, this.isLittleEndian)
      case 'x':
        return Number(this.#view.getBigInt64(at, this.isLittleEndian))
      case 't':
        return Number(this.#view.getBigUint64(at, this.isLittleEndian))
      case 'd':
        return this.#view.getFloat64(at, this.isLittleEndian)
      default:
        return this.#view.getUint32(at, this.isLittleEndian)
    }
  }

  #number(size: 1 | 4): number {
    const at = this.#take(size)
    return size === 1 ? this.#view.getUint8(at) : this.#view.getUint32(at, this.isLittleEndian)
  }

  /** Texts end with a zero that their length does not count. */
  #text(length: number): string {
    const at = this.#take(length + 1)
    return new TextDecoder().decode(this.bytes.subarray(at, at + length))
  }

  #take(length: number): number {
    const at = this.#at
    if (at + length > this.bytes.length) throw new RangeError('a message of the bus ends too early')
    this.#at += length
    return at
  }
}

/** The first complete type of a signature from `from` on: `a{sv}` of `a{sv}i`. */
function completeType(signature: string, from: number): string {
  let depth = 0
  for (let i = from; i < signature.length; i++) {
    const character = signature[i] ?? ''
    if ('({'.includes(character)) depth++
    if (')}'.includes(character)) depth--
    if (depth <= 0 && character !== 'a') return signature.slice(from, i + 1)
  }
  throw new RangeError('a signature of the bus is not complete')
}

/** Writes what we send: texts, numbers of 32 bits, lists of texts. Little-endian. */
export class DbusWriter {
  readonly bytes: number[] = []

  align(to: number) {
    while (this.bytes.length % to !== 0) this.bytes.push(0)
  }

  byte(value: number) {
    this.bytes.push(value & 0xff)
  }

  uint32(value: number) {
    this.align(4)
    this.bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff)
  }

  text(value: string) {
    const encoded = new TextEncoder().encode(value)
    this.uint32(encoded.length)
    this.bytes.push(...encoded, 0)
  }

  signature(value: string) {
    this.bytes.push(value.length, ...new TextEncoder().encode(value), 0)
  }

  texts(values: readonly string[]) {
    const list = new DbusWriter()
    for (const value of values) list.text(value)
    // Each text begins at a multiple of four, as the list does.
    this.uint32(list.bytes.length)
    this.bytes.push(...list.bytes)
  }

  /** Its entries would begin at a multiple of eight. */
  emptyDictionary() {
    this.uint32(0)
    this.align(8)
  }
}
