import { createConnection } from 'node:net'
import { join } from 'node:path'
import { encodeMessage, FIELD, TYPE } from '../../../src/platform/dbus/message.ts'
import { DbusReader, DbusWriter } from '../../../src/platform/dbus/values.ts'

/** A value with its signature: `['s', 'text']`, `['a{sv}', {…}]` with such pairs as values of variants. */
export type Typed = readonly [signature: string, value: unknown]

const SIZES: Readonly<Record<string, number>> = { b: 4, u: 4, i: 4, q: 2, t: 8, x: 8, d: 8, y: 1 }

/** Writes any value, for the side that answers; ours only asks. */
function write(out: DbusWriter, signature: string, value: unknown) {
  const kind = signature[0] ?? ''
  if (kind === 's' || kind === 'o') out.text(String(value))
  else if (kind === 'g') out.signature(String(value))
  else if (kind === 'v') {
    const [inner, held] = value as Typed
    out.signature(inner)
    write(out, inner, held)
  } else if (kind === '(') {
    out.align(8)
    for (const [i, type] of splitTypes(signature.slice(1, -1)).entries())
      write(out, type, (value as readonly unknown[])[i])
  } else if (kind === 'a') writeList(out, signature.slice(1), value)
  else writeNumber(out, kind, value)
}

/** The single types of a signature: `sa{sv}` has two. */
const splitTypes = (signature: string) => signature.match(/a*(?:\{[^}]*\}|\([^)]*\)|\w)/g) ?? []

function writeList(out: DbusWriter, element: string, value: unknown) {
  out.uint32(0)
  const lengthAt = out.bytes.length - 4
  if ('({tx'.includes(element[0] ?? '')) out.align(8)
  const from = out.bytes.length
  if (element.startsWith('{'))
    for (const [key, one] of Object.entries(value as Record<string, unknown>)) {
      out.align(8)
      out.text(key)
      write(out, element.slice(2, -1), one)
    }
  else for (const one of value as readonly unknown[]) write(out, element, one)
  const length = out.bytes.length - from
  for (let i = 0; i < 4; i++) out.bytes[lengthAt + i] = (length >>> (8 * i)) & 0xff
}

function writeNumber(out: DbusWriter, kind: string, value: unknown) {
  const size = SIZES[kind] ?? 4
  out.align(size)
  const bytes = new DataView(new ArrayBuffer(8))
  if (kind === 'd') bytes.setFloat64(0, Number(value), true)
  else bytes.setBigUint64(0, BigInt.asUintN(64, BigInt(value as number)), true)
  for (let i = 0; i < size; i++) out.bytes.push(bytes.getUint8(i))
}

export type Answer = (call: {
  readonly path: string
  readonly member: string
  readonly arguments: readonly unknown[]
}) => readonly Typed[] | Error | null

/** The bus itself, as distributions run it, at a socket of its own. */
export async function startBus(folder: string): Promise<{ socket: string; stop(): Promise<void> }> {
  const socket = join(folder, 'bus')
  const config = join(folder, 'bus.conf')
  await Bun.write(
    config,
    `<busconfig><type>custom</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
    <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
  )
  const bus = Bun.spawn(['dbus-daemon', `--config-file=${config}`, '--nofork', '--print-address'], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  await bus.stdout.getReader().read()
  return {
    socket,
    async stop() {
      bus.kill()
      await bus.exited
    },
  }
}

/** A service that answers calls under a name; `null` never answers. */
export async function serveBus(socket: string, name: string, answer: Answer): Promise<{ stop(): void }> {
  const connection = createConnection({ path: socket })
  let received: Uint8Array = new Uint8Array(0)
  let isReady = false
  let serial = 0
  const owned = Promise.withResolvers<void>()
  const send = (message: Omit<Parameters<typeof encodeMessage>[0], 'serial'>) =>
    connection.write(encodeMessage({ ...message, serial: ++serial }))
  const ask = (member: string, values: readonly Typed[]) => {
    const body = new DbusWriter()
    for (const [signature, value] of values) write(body, signature, value)
    send({
      type: TYPE.call,
      body: body.bytes,
      signature: values.map(([signature]) => signature).join(''),
      fields: [
        [FIELD.path, 'o', '/org/freedesktop/DBus'],
        [FIELD.interface, 's', 'org.freedesktop.DBus'],
        [FIELD.member, 's', member],
        [FIELD.destination, 's', 'org.freedesktop.DBus'],
      ],
    })
  }
  const take = () => {
    for (;;) {
      if (received.length < 16) return
      const view = new DataView(received.buffer, received.byteOffset, received.byteLength)
      const bodyAt = Math.ceil((16 + view.getUint32(12, true)) / 8) * 8
      const length = bodyAt + view.getUint32(4, true)
      if (received.length < length) return
      const message = received.subarray(0, length)
      received = received.subarray(length)
      const [, type, , , , callSerial, list] = new DbusReader(message.subarray(0, bodyAt), true).read(
        'yyyyuua(yv)',
      )
      const fields = new Map(
        (list as readonly (readonly [number, string])[]).map(([key, value]) => [key, value]),
      )
      if (type === TYPE.reply && fields.get(FIELD.replySerial) === (2 as unknown)) owned.resolve()
      if (type !== TYPE.call) continue
      const values = new DbusReader(message.subarray(bodyAt), true).read(fields.get(FIELD.signature) ?? '')
      const found = answer({
        path: fields.get(FIELD.path) ?? '',
        member: fields.get(FIELD.member) ?? '',
        arguments: values,
      })
      if (found === null) continue
      const body = new DbusWriter()
      const typed: readonly Typed[] = found instanceof Error ? [['s', found.message]] : found
      for (const [signature, value] of typed) write(body, signature, value)
      send({
        type: found instanceof Error ? TYPE.error : TYPE.reply,
        body: body.bytes,
        signature: typed.map(([signature]) => signature).join(''),
        fields: [
          [FIELD.destination, 's', fields.get(7) ?? ''],
          [FIELD.replySerial, 'u', Number(callSerial)],
          ...(found instanceof Error ? ([[FIELD.error, 's', found.name]] as const) : []),
        ],
      })
    }
  }
  connection.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!isReady) {
      const end = received.indexOf(10)
      if (end < 0) return
      received = received.subarray(end + 1)
      isReady = true
      connection.write('BEGIN\r\n')
      ask('Hello', [])
      ask('RequestName', [
        ['s', name],
        ['u', 0],
      ])
    }
    take()
  })
  connection.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')}\r\n`)
  await owned.promise
  return { stop: () => connection.destroy() }
}
