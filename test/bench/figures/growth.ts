import { HOSTS, METRICS, MINUTES, startTime } from '../data.ts'
import { type Benchmark, type Figure, inTurn, medianOf } from '../figure.ts'
import { fillStore, openBenchStore } from '../fill.ts'
import { loadParts, sendLoad } from '../load.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'

const FILLED = 100_000_000
const FILL_MINUTES = Math.ceil(FILLED / (HOSTS * METRICS.length))
const DAY = 86400

/** What a packet costs when the database is full, beside an empty one. */
export const growth: Benchmark = {
  name: 'growth',
  async run(): Promise<Figure[]> {
    const start = startTime(Math.floor(Date.now() / 1000), MINUTES)
    const parts = loadParts(start, PASSPHRASE)
    const full = makeFolder()
    const store = await openBenchStore(full)
    const fillStart = start - Math.ceil((FILL_MINUTES * 60) / DAY) * DAY
    await fillStore(store, { hosts: HOSTS, start: fillStart, minutes: FILL_MINUTES, seen: start })
    const { samples, bytes } = await store.maintenance.stats()
    await store.close()

    const measure = async (folder: string) => {
      const collect = await startOurs(['collect'], folder)
      const before = collect.processor()
      await sendLoad(collect.collect, parts)
      const run = { processor: collect.processor() - before, memoryMiB: collect.memoryMiB() }
      await collect.stop()
      return run
    }
    const measureEmpty = async () => {
      const folder = makeFolder()
      const run = await measure(folder)
      deleteFolder(folder)
      return run
    }
    /** Each run on a copy, so that no run finds its own samples there already. */
    const measureFull = async () => {
      const copy = makeFolder()
      await Bun.write(`${copy}/monitor.db`, Bun.file(`${full}/monitor.db`))
      const run = await measure(copy)
      deleteFolder(copy)
      return run
    }
    const { ours, peer } = await inTurn(3, measureFull, measureEmpty)
    deleteFolder(full)
    const packets = HOSTS * MINUTES
    return [
      {
        name: `processor time a packet with ${(samples / 1e6).toFixed(0)} million samples stored`,
        unit: 'µs',
        ours: (medianOf(ours, (run) => run.processor) / packets) * 1e6,
        peer: (medianOf(peer, (run) => run.processor) / packets) * 1e6,
        peerName: 'with none',
        bound: 1.3,
        note: `the full database takes ${(bytes / 1e6).toFixed(0)} MB`,
      },
      {
        name: 'highest resident memory of the collect engine',
        unit: 'MiB',
        ours: medianOf(ours, (run) => run.memoryMiB),
        peer: 150 / 1.048576,
        peerName: 'promise of 150 MB',
        bound: 1,
      },
    ]
  },
}
