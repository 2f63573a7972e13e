import { expect, test } from 'bun:test'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import { encodeBatch } from '../../../src/protocol/encode.ts'
import { makeOwn } from '../../support/tls.ts'
import { aPacket, Client, NOW, PASSPHRASE, startRig } from '../harness.ts'

const LOCAL = ['127.0.0.0/8'].flatMap((range) => parseAddressRange(range) ?? [])
const CONNECTIONS = 240
const MESSAGES = 6
const KINDS = ['lines', 'packed', 'original', 'csv'] as const

let state = 20_261_129
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 2 ** 32
}

type Sender = {
  readonly n: number
  readonly host: string
  readonly kind: (typeof KINDS)[number]
  readonly client: Client
  readonly bytes: Buffer
  /** Messages that are to be stored. */
  readonly messages: number
  /** Where it is cut off; null when all of it is sent. */
  readonly cutAt: number | null
  at: number
}

/** Of every size from a few bytes to more than what is kept for use again, some much longer. */
const widthOf = (n: number, message: number) =>
  n % 40 < 2 ? 1900 : 1 + ((n * 7 + (message >> 1) * 131) % 400)
const nameOf = (n: number, i: number) => `perf.of${n}.metric${i}`
/** Tells sender, message and place. */
const sampleOf = (n: number, message: number, i: number) => n * 100_000 + message * 10_000 + i
const timeOf = (message: number) => NOW - 60 * (MESSAGES - message)

function encode(n: number, kind: Sender['kind'], host: string): Buffer {
  const parts: Buffer[] = []
  const messages = kind === 'lines' || kind === 'packed' ? MESSAGES : 1
  for (let message = 0; message < messages; message++) {
    const width = kind === 'csv' ? 30 : widthOf(n, message)
    const metrics = Array.from({ length: width }, (_, i) => nameOf(n, i))
    const values = metrics.map((_, i) => sampleOf(n, message, i))
    const time = timeOf(message)
    if (kind === 'csv') {
      parts.push(Buffer.from(metrics.map((metric, i) => `${time};${host};${metric};${values[i]}\n`).join('')))
    } else if (kind === 'original') {
      const row = { time, ...Object.fromEntries(metrics.map((metric, i) => [metric, values[i]])) }
      parts.push(Buffer.from(JSON.stringify(aPacket({ name: host, data: [row], events: [] }))))
    } else {
      const layout = message >> 1
      const batch = {
        ...{ id: message, host, passphrase: PASSPHRASE, metrics, frames: [[time, ...values]], events: [] },
      }
      // Every second one is of the plain kind that is read without an object for each of its parts.
      const isPlain = message % 2 === 1
      const line = JSON.stringify(
        isPlain
          ? { v: 1, id: message, host, clock: NOW, layout, frames: batch.frames }
          : { v: 1, ...batch, layout },
      )
      parts.push(Buffer.from(kind === 'lines' ? `${line}\n` : encodeBatch(batch, layout, !isPlain)))
    }
  }
  return Buffer.concat(parts)
}

test('messages of hundreds of senders that come in pieces at a time stay whose they are', async () => {
  const rig = await startRig({
    csvAgents: true,
    plainFrom: LOCAL,
    tls: { ...(await makeOwn(['localhost'])), port: 0 },
    limits: { csvQuietMs: 300, unknownPerAddress: CONNECTIONS * 2, connections: CONNECTIONS * 4 },
  })
  const senders: Sender[] = []
  for (let n = 0; n < CONNECTIONS; n++) {
    const kind = KINDS[n % KINDS.length] ?? 'lines'
    const host = `sender${n}`
    const bytes = encode(n, kind, host)
    const isCut = n % 11 === 5
    senders.push({
      ...{ n, host, kind, bytes, at: 0, cutAt: isCut ? 1 + Math.floor(random() * (bytes.length - 2)) : null },
      client: await Client.connect(n % 16 < 4 ? (rig.engine.tlsPort ?? 0) : rig.port, { tls: n % 8 < 4 }),
      messages: kind === 'lines' || kind === 'packed' ? MESSAGES : 1,
    })
  }
  const open = [...senders]
  while (open.length > 0) {
    for (let turn = 0; turn < 60 && open.length > 0; turn++) {
      const at = Math.floor(random() * open.length)
      const sender = open[at]
      if (sender === undefined) continue
      const end = Math.min(
        sender.cutAt ?? sender.bytes.length,
        sender.at + 1 + Math.floor(random() ** 3 * 9000),
      )
      sender.client.write(sender.bytes.subarray(sender.at, end))
      sender.at = end
      if (end === sender.cutAt) sender.client.close()
      if (end === (sender.cutAt ?? sender.bytes.length)) open.splice(at, 1)
    }
    await Bun.sleep(1)
  }
  for (const { client, cutAt, kind, messages, host } of senders) {
    if (cutAt !== null) continue
    if (kind === 'original' || kind === 'csv')
      expect(`${host} ${await client.all()}`).toBe(`${host} Received`)
    else
      expect(await client.lines(messages)).toMatchObject(
        Array.from({ length: messages }, () => ({ stored: true })),
      )
  }
  const samples = rig.store.samples()
  let expected = 0
  for (const { n, host, kind, messages, cutAt } of senders) {
    if (cutAt !== null) continue
    for (let message = 0; message < messages; message++) {
      const width = kind === 'csv' ? 30 : widthOf(n, message)
      expected += width
      for (let i = 0; i < width; i++)
        if (samples.get(`${host} ${nameOf(n, i)} ${timeOf(message)}`) !== sampleOf(n, message, i))
          throw new Error(`${host}, ${kind}, message ${message}, metric ${i} is not what was sent`)
    }
  }
  expect(expected).toBeGreaterThan(100_000)
  const cut = new Set(senders.filter(({ cutAt }) => cutAt !== null).map(({ host }) => host))
  for (const [key, value] of samples) {
    const [host = '', metric = '', time] = key.split(' ')
    const n = Number(host.slice('sender'.length))
    const i = Number(/^perf\.of(\d+)\.metric(\d+)$/.exec(metric)?.[2])
    const message = MESSAGES - (NOW - Number(time)) / 60
    expect([metric, value]).toEqual([nameOf(n, i), sampleOf(n, message, i)])
    if (!cut.has(host)) expected--
  }
  expect(expected).toBe(0)
  for (const { client } of senders) client.close()
  await rig.engine.stop()
  expect(rig.engine.counters().held).toBe(0)
})
