/** Kinds of values, as rpm numbers them, with the multiple of bytes that each begins at. */
const KINDS = {
  int16: { number: 3, align: 2 },
  int32: { number: 4, align: 4 },
  text: { number: 6, align: 1 },
  bytes: { number: 7, align: 1 },
  texts: { number: 8, align: 1 },
  translated: { number: 9, align: 1 },
} as const

type Entry = {
  readonly tag: number
  readonly kind: keyof typeof KINDS
  readonly count: number
  readonly data: Buffer
}

/**
 * A header of an .rpm: a table of numbered values and the values behind it. `region` is the tag under which all of it
 * belongs together: 62 in the header of signatures, 63 in the one that tells of the package.
 */
export class RpmHeader {
  readonly #entries: Entry[] = []

  constructor(readonly region: 62 | 63) {}

  text(tag: number, value: string): this {
    return this.#add(tag, 'text', 1, Buffer.from(`${value}\0`))
  }

  texts(tag: number, values: readonly string[]): this {
    return this.#add(tag, 'texts', values.length, Buffer.from(values.map((one) => `${one}\0`).join('')))
  }

  /** A text that might be there in several languages. */
  translated(tag: number, value: string): this {
    return this.#add(tag, 'translated', 1, Buffer.from(`${value}\0`))
  }

  int16(tag: number, values: readonly number[]): this {
    const data = Buffer.alloc(2 * values.length)
    for (const [at, value] of values.entries()) data.writeUInt16BE(value, 2 * at)
    return this.#add(tag, 'int16', values.length, data)
  }

  int32(tag: number, values: readonly number[]): this {
    const data = Buffer.alloc(4 * values.length)
    for (const [at, value] of values.entries()) data.writeUInt32BE(value, 4 * at)
    return this.#add(tag, 'int32', values.length, data)
  }

  bytes(tag: number, data: Buffer): this {
    return this.#add(tag, 'bytes', data.length, data)
  }

  encode(): Buffer {
    const sorted = [...this.#entries].sort((a, b) => a.tag - b.tag)
    const table: Buffer[] = []
    const store: Buffer[] = []
    let at = 0
    for (const { tag, kind, count, data } of sorted) {
      const { number, align } = KINDS[kind]
      const gap = (align - (at % align)) % align
      table.push(row(tag, number, at + gap, count))
      store.push(Buffer.alloc(gap), data)
      at += gap + data.length
    }
    // The region stands first in the table and last in the store; its value points back over the whole table.
    const rows = sorted.length + 1
    table.unshift(row(this.region, KINDS.bytes.number, at, ROW_BYTES))
    store.push(row(this.region, KINDS.bytes.number, -ROW_BYTES * rows, ROW_BYTES))
    const head = Buffer.alloc(16)
    head.write('8eade80100000000', 0, 'hex')
    head.writeUInt32BE(rows, 8)
    head.writeUInt32BE(at + ROW_BYTES, 12)
    return Buffer.concat([head, ...table, ...store])
  }

  #add(tag: number, kind: Entry['kind'], count: number, data: Buffer): this {
    this.#entries.push({ tag, kind, count, data })
    return this
  }
}

const ROW_BYTES = 16

function row(tag: number, kind: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(ROW_BYTES)
  bytes.writeUInt32BE(tag, 0)
  bytes.writeUInt32BE(kind, 4)
  bytes.writeInt32BE(offset, 8)
  bytes.writeUInt32BE(count, 12)
  return bytes
}
