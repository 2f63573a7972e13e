/**
 * What it costs to decode one packet: `bun test/bench/decode.ts`. Prints the least of many rounds, in microseconds,
 * since others may use the machine meanwhile. Run it at two commits, in turn, to compare them.
 */
import { ProtocolDecoder } from '../../src/collect/protocol-decoder.ts'
import { NameLists } from '../../src/protocol/names.ts'
import { PlainBatchReader } from '../../src/protocol/plain-batch.ts'

const NOW = 1_790_000_000
const PACKETS = 20_000
const ROUNDS = 25

const metrics = Array.from({ length: 60 }, (_, i) => `perf.metric.number${i}.percent.used`)
const values = metrics.map((_, i) => Math.round(i * 137.31) / 100)
const nameLists = new NameLists()
const plainBatches = new PlainBatchReader(nameLists.hosts)

const openDecoder = () =>
  new ProtocolDecoder({
    nameLists,
    plainBatches,
    legacyBytes: 1 << 27,
    now: () => NOW,
    findPassphrase: () => 'current',
    findCsvObstacle: () => 'not here',
    canTake: () => true,
    admit() {},
    submit() {},
    refuseBatch(error) {
      throw error
    },
  })

const line = (batch: object) => Buffer.from(`${JSON.stringify(batch)}\n`)

/** One connection that sends packet after packet. */
function decodeOurs(): void {
  const decoder = openDecoder()
  decoder.consume(line({ v: 1, id: 0, host: 'web01', passphrase: 'x', layout: 0, metrics, frames: [] }))
  const packet = line({ v: 1, id: 1, host: 'web01', clock: NOW, layout: 0, frames: [[NOW - 60, ...values]] })
  for (let i = 0; i < PACKETS; i++) decoder.consume(packet)
}

/** Each packet on a connection of its own. */
function decodeOriginal(): void {
  const row = Object.fromEntries([['time', NOW - 60], ...metrics.map((metric, i) => [metric, values[i]])])
  const facts = {
    ip: '10.0.0.5',
    platform: 'Linux',
    build: 'Ubuntu 18.04',
    arch: '64bit',
    domain: 'example.org',
  }
  const head = { time: NOW, name: 'Web01', ...facts, procs: '4', memory: 7976, passphrase: 'x' }
  const packet = line({ ...head, data: [row], events: [] })
  for (let i = 0; i < PACKETS; i++) openDecoder().consume(packet)
}

for (const [name, decode] of Object.entries({ ours: decodeOurs, original: decodeOriginal })) {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now()
    decode()
    least = Math.min(least, performance.now() - began)
  }
  console.log(`${name}: ${((1000 * least) / PACKETS).toFixed(2)} µs a packet of ${metrics.length} values`)
}
