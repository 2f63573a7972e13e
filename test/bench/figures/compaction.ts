import { Database } from 'bun:sqlite'
import { METRICS as ALL_METRICS, hostName, machine } from '../data.ts'
import type { Benchmark, BenchmarkOptions, Figure, Peers } from '../figure.ts'
import { openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'
import { folderBytes, waitFor } from '../process.ts'
import { AcknowledgementProbe } from '../waits/probe.ts'

const DAY = 86_400
const MINUTES = 1440
/** Four of twelve: compaction works for a fifth of the time at most, and this has to end within ten minutes. */
const METRICS = ALL_METRICS.slice(0, 4)
/** Written together, so that what is written next to each other lies next to each other. */
const MINUTES_AT_ONCE = 10
const HOSTS_AT_ONCE = 1000
const FACTS = {
  ip: '10.0.0.1',
  platform: 'Linux',
  build: 'Debian GNU/Linux 13',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
}

/** A server finds a whole day of ten thousand hosts that is not compacted, as after a day without event engine. */
export const compaction: Benchmark = {
  name: 'compaction',
  async run(_: Peers, { isShort }: BenchmarkOptions): Promise<Figure[]> {
    const hosts = isShort ? 500 : 10_000
    const folder = makeFolder()
    // The day before yesterday: whatever time it is, all of it is old enough.
    const midnight = Math.floor(Date.now() / 1000 / DAY) * DAY - DAY
    await fillFrames(folder, hosts, midnight)
    const before = folderBytes(folder)
    const server = await startOurs(['server'], folder, ['events.availability_check=6h'])
    const probe = new AcknowledgementProbe()
    await probe.start(server.collect, PASSPHRASE)
    const database = new Database(`${folder}/monitor.db`, { readonly: true })
    const frames = database.query<{ time: number }, [number]>('SELECT time FROM frame WHERE time < ? LIMIT 1')
    const spent = server.processor()
    const begun = performance.now()
    const waits = await probe.during(() =>
      waitFor('compaction of a day', async () => frames.get(midnight) === null, 1800),
    )
    const seconds = (performance.now() - begun) / 1000
    const processor = server.processor() - spent
    const memory = server.memoryMiB()
    database.close()
    probe.stop()
    await server.stop()
    const samples = hosts * MINUTES * METRICS.length
    const name = `compaction of a day of ${hosts.toLocaleString('en')} hosts, ${METRICS.length} metrics`
    const bytes = folderBytes(folder)
    deleteFolder(folder)
    return [
      {
        name: `longest wait of an acknowledgement: ${name}`,
        ...{ unit: 'ms', ours: waits.longest, peer: 100, peerName: 'promise', bound: 1 },
        note: `median ${waits.median.toFixed(1)} ms`,
      },
      {
        name: `${name}: seconds from the start of the server to its end`,
        ...{ unit: 's', ours: seconds, peer: DAY, peerName: 'the day', bound: null },
        note: `${((processor / samples) * 1e6).toFixed(2)} µs of processor time a sample`,
      },
      {
        name: `${name}: highest resident memory`,
        ...{
          unit: 'MiB',
          ours: memory,
          peer: 150 / 1.048576,
          peerName: 'promise of 150 MB to ingest',
          bound: null,
        },
        note: `${(before / 1e6).toFixed(0)} MB of frames became ${(bytes / 1e6).toFixed(0)} MB with their room`,
      },
    ]
  },
}

/** A day of frames before midnight, in the order of their times, as they come. */
async function fillFrames(folder: string, hosts: number, midnight: number) {
  const store = await openBenchStore(folder)
  const seen = Math.floor(Date.now() / 1000)
  const machines = Array.from({ length: hosts }, (_, host) => machine(host))
  for (let minute = 0; minute < MINUTES; minute += MINUTES_AT_ONCE)
    for (let first = 0; first < hosts; first += HOSTS_AT_ONCE)
      await store.ingest.write(
        machines.slice(first, first + HOSTS_AT_ONCE).map((next, i) => ({
          ...{ host: hostName(first + i), facts: FACTS, seen, clockSkew: 0, events: [] },
          frames: Array.from({ length: MINUTES_AT_ONCE }, (_, j) => ({
            time: midnight - DAY + (minute + j) * 60,
            metrics: METRICS,
            values: next().slice(0, METRICS.length),
          })),
        })),
      )
  await store.close()
}
