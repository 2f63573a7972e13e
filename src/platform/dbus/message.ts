import { DbusReader, type DbusValue, DbusWriter } from './values.ts'

/** The kinds of arguments that we send: a text, a list of texts, or an empty dictionary of options. */
export type DbusArgument = string | readonly string[] | typeof NO_OPTIONS
export const NO_OPTIONS = { options: 'none' } as const

export type DbusCall = {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly arguments?: readonly DbusArgument[]
}

export type DbusMessage = {
  /** Bytes that it takes. */
  readonly length: number
  /** The call that it answers; null for a message that is not an answer. */
  readonly replyTo: number | null
  /** The name of the error; null when it is none. */
  readonly error: string | null
  readonly values: DbusValue[]
}

export const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  error: 4,
  replySerial: 5,
  destination: 6,
  signature: 8,
} as const
export const TYPE = { call: 1, reply: 2, error: 3 } as const
const LITTLE = 0x6c
const BIG = 0x42
const VERSION = 1
/** The specification allows 128 MB; no answer to our calls comes near this. */
const MAX_MESSAGE = 8 * 1024 * 1024
const HEAD = 16

export function encodeCall(serial: number, call: DbusCall): Uint8Array {
  const body = new DbusWriter()
  const given = call.arguments ?? []
  const signature = given.map(typeOf).join('')
  for (const argument of given) {
    if (argument === NO_OPTIONS) body.emptyDictionary()
    else if (typeof argument === 'string') body.text(argument)
    else if (Array.isArray(argument)) body.texts(argument)
  }
  return encodeMessage({
    type: TYPE.call,
    serial,
    body: body.bytes,
    signature,
    fields: [
      [FIELD.path, 'o', call.path],
      [FIELD.interface, 's', call.interface],
      [FIELD.member, 's', call.member],
      [FIELD.destination, 's', call.destination],
    ],
  })
}

function typeOf(argument: DbusArgument): string {
  if (argument === NO_OPTIONS) return 'a{sv}'
  return typeof argument === 'string' ? 's' : 'as'
}

type Encoded = {
  readonly type: number
  readonly serial: number
  readonly body: readonly number[]
  readonly signature: string
  readonly fields: readonly (readonly [field: number, type: string, value: string | number])[]
}

/** A message of any type, with a body that is encoded already. */
export function encodeMessage({ type, serial, body, signature, fields }: Encoded): Uint8Array {
  const head = new DbusWriter()
  for (const byte of [LITTLE, type, 0, VERSION]) head.byte(byte)
  head.uint32(body.length)
  head.uint32(serial)
  const list = new DbusWriter()
  const all = signature === '' ? fields : [...fields, [FIELD.signature, 'g', signature] as const]
  for (const [field, kind, value] of all) {
    list.align(8)
    list.byte(field)
    list.signature(kind)
    if (typeof value === 'number') list.uint32(value)
    else if (kind === 'g') list.signature(value)
    else list.text(value)
  }
  head.uint32(list.bytes.length)
  head.bytes.push(...list.bytes)
  head.align(8)
  return Uint8Array.from([...head.bytes, ...body])
}

/** The first message of what was received; null while it is not whole. Throws where it can be none. */
export function takeMessage(bytes: Uint8Array): DbusMessage | null {
  if (bytes.length < HEAD) return null
  const [order, type] = bytes
  if (order !== LITTLE && order !== BIG) throw new RangeError('the bus sends what is no message')
  const isLittleEndian = order === LITTLE
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bodyLength = view.getUint32(4, isLittleEndian)
  const bodyAt = Math.ceil((HEAD + view.getUint32(12, isLittleEndian)) / 8) * 8
  const length = bodyAt + bodyLength
  if (length > MAX_MESSAGE) throw new RangeError('a message of the bus is too long')
  if (bytes.length < length) return null
  if (type !== TYPE.reply && type !== TYPE.error) return { length, replyTo: null, error: null, values: [] }
  const fields = readFields(bytes.subarray(0, bodyAt), isLittleEndian)
  const replyTo = fields.get(FIELD.replySerial)
  const error = fields.get(FIELD.error)
  const body = new DbusReader(bytes.subarray(bodyAt, length), isLittleEndian)
  return {
    length,
    replyTo: typeof replyTo === 'number' ? replyTo : null,
    error: type === TYPE.error ? String(error ?? 'error') : null,
    values: body.read(String(fields.get(FIELD.signature) ?? '')),
  }
}

/** The fields follow the first twelve bytes as a list of pairs. */
function readFields(head: Uint8Array, isLittleEndian: boolean): Map<number, DbusValue> {
  const [, , , , , , list] = new DbusReader(head, isLittleEndian).read('yyyyuua(yv)')
  const fields = new Map<number, DbusValue>()
  if (Array.isArray(list))
    for (const field of list)
      if (Array.isArray(field) && typeof field[0] === 'number') fields.set(field[0], field[1] ?? '')
  return fields
}
