import { afterEach, expect, test } from 'bun:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { makeCertificate } from '../support/certificate.ts'
import { Client, MemoryStore, NOW, PASSPHRASE, type Rig, startRig, waitFor } from './harness.ts'

let rig: Rig | null = null
afterEach(async () => {
  await rig?.engine.stop()
  rig = null
})

/** A row of numbers that looks the same in each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const METRICS = Array.from({ length: 40 }, (_, i) => `perf.disk.sd${i}.used`)
const BATCHES = 16
const PACKINGS = [null, 'zstd', 'gzip'] as const
const pack = { zstd: zstdCompressSync, gzip: gzipSync }

type Sent = { readonly bytes: Buffer; readonly samples: Map<string, number> }

/** Batches of one host, of few and many frames, packed and not, read by the quick reader and by the other one. */
function writeBatches(host: string, random: (below: number) => number): Sent {
  const parts: Buffer[] = []
  const samples = new Map<string, number>()
  let time = NOW - 500_000
  for (let id = 0; id < BATCHES; id++) {
    const frames = Array.from({ length: 1 + random(id > 0 && random(3) === 0 ? 900 : 60) }, () => [
      time++,
      ...METRICS.map(() => random(1e6) / 100),
    ])
    for (const [at, ...values] of frames)
      for (const [i, value] of values.entries()) samples.set(`${host} ${METRICS[i]} ${at}`, value)
    const opening = id === 0 ? { passphrase: PASSPHRASE, metrics: METRICS } : {}
    // A member that the quick reader does not know leaves the line to the other one.
    const odd = random(3) === 0 ? { open: [] } : {}
    const line = Buffer.from(JSON.stringify({ v: 1, id, host, ...opening, layout: 0, frames, ...odd }))
    // What an unknown sender says is short.
    const packing = id === 0 ? null : (PACKINGS[random(3)] ?? null)
    if (packing === null) parts.push(line, Buffer.from('\n'))
    else {
      const packed = pack[packing](line)
      const header = { v: 1, encoding: packing, bytes: packed.length, size: line.length }
      parts.push(Buffer.from(`${JSON.stringify(header)}\n`), packed)
    }
  }
  return { bytes: Buffer.concat(parts), samples }
}

/** Pieces of any size from a byte on, with and without a pause behind them. */
async function sendInPieces(client: Client, bytes: Buffer, random: (below: number) => number) {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + random(2 ** random(20)))
    client.write(bytes.subarray(at, end))
    at = end
    if (random(8) === 0) await Bun.sleep(random(3))
    await client.until(({ unsent }) => unsent < 2 ** 20)
  }
}

/** Keeps what comes, and takes its time, so that connections wait for room in the middle of a message. */
class SlowStore extends MemoryStore {
  override async write(reports: Parameters<MemoryStore['write']>[0]) {
    await Bun.sleep(2)
    return super.write(reports)
  }
}

test('what comes in pieces of any size is stored as it was sent, whatever is freed meanwhile', async () => {
  const { key, cert } = makeCertificate()
  const store = new SlowStore()
  const seed = Number(process.env.SEED ?? 1)
  rig = await startRig({ store, tls: { certificate: cert, key, port: 0 } })
  const { engine, port } = rig
  const expected = new Map<string, number>()
  await Promise.all(
    // Plain, TLS from the first byte, and TLS behind a look at the first byte; twice each.
    Array.from({ length: 6 }, async (_, i) => {
      const random = createRandom(seed * 100 + i)
      const { bytes, samples } = writeBatches(`web${i}`, random)
      for (const [name, value] of samples) expected.set(name, value)
      const kind = i % 3
      const client = await Client.connect(kind === 1 ? (engine.tlsPort ?? 0) : port, { tls: kind > 0 })
      await sendInPieces(client, bytes, random)
      await client.until(({ received }) => received.split('\n').length > BATCHES, 60_000)
      const answers = client.received.trim().split('\n')
      // In the order of the batches, each stored.
      expect(answers.map((line) => JSON.parse(line))).toMatchObject(
        Array.from({ length: BATCHES }, (_, id) => ({ id, stored: true })),
      )
      client.close()
    }),
  )
  const stored = store.samples()
  expect(stored.size).toBe(expected.size)
  let wrong = 0
  for (const [name, value] of expected) if (stored.get(name) !== value) wrong++
  expect(wrong).toBe(0)
  await waitFor(() => engine.counters().held === 0)
  expect(engine.counters().refused).toEqual({})
}, 120_000)
