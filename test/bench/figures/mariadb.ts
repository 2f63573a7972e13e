import { HAS_MARIADB, type Mariadb, startMariadb } from '../../support/sql/mariadb.ts'
import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { type LoadPart, loadParts, sendLoad } from '../load.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'

const TIMES = 3
const MINUTES = 300
const START = 1_700_000_040

type Run = {
  readonly packetsPerSecond: number
  /** Of our processes, in microseconds a packet. */
  readonly processor: number
}

/**
 * Packets a second with MariaDB underneath beside the same with SQLite, and with two collect engines beside
 * one.
 */
export const mariadb: Benchmark = {
  name: 'mariadb',
  async run(): Promise<Figure[]> {
    if (!HAS_MARIADB) {
      console.log('mariadb: Debian’s mariadb-server is not here')
      return []
    }
    const maria = await startMariadb({
      options: ['--innodb-buffer-pool-size=512M', '--innodb-log-file-size=256M'],
    })
    const runs = { sqlite: [] as Run[], one: [] as Run[], two: [] as Run[] }
    try {
      for (let i = 0; i < TIMES; i++) {
        runs.sqlite.push(await measure(null, 1))
        runs.one.push(await measure(maria, 1))
        runs.two.push(await measure(maria, 2))
      }
    } finally {
      await maria.remove()
    }
    const peerName = 'SQLite'
    return [
      {
        name: 'packets a second of 12 values, answered after the commit, one collect engine on MariaDB',
        unit: 'a second',
        ours: medianOf(runs.one, (run) => run.packetsPerSecond),
        peer: medianOf(runs.sqlite, (run) => run.packetsPerSecond),
        peerName,
        bound: null,
        note: 'both flush to disk with every commit; the server, the engine and what sends share this machine',
      },
      {
        name: 'processor time of the collect engine a packet on MariaDB',
        unit: 'µs',
        ours: medianOf(runs.one, (run) => run.processor),
        peer: medianOf(runs.sqlite, (run) => run.processor),
        peerName,
        bound: null,
      },
      {
        name: 'packets a second of two collect engines on one MariaDB',
        unit: 'a second',
        ours: medianOf(runs.two, (run) => run.packetsPerSecond),
        peer: medianOf(runs.one, (run) => run.packetsPerSecond),
        peerName: 'one collect engine',
        bound: null,
      },
    ]
  },
}

async function measure(maria: Mariadb | null, engines: number): Promise<Run> {
  const settings = maria ? [`database.url=${await maria.createDatabase()}`] : []
  const folders = Array.from({ length: engines }, makeFolder)
  const collects = []
  for (const folder of folders) collects.push(await startOurs(['collect'], folder, settings))
  const parts = loadParts(START, PASSPHRASE, 8, MINUTES)
  const before = collects.map((collect) => collect.processor())
  const shares: LoadPart[][] = collects.map((_, i) => parts.filter((_, at) => at % engines === i))
  const seconds = Math.max(
    ...(await Promise.all(collects.map((collect, i) => sendLoad(collect.collect, shares[i] ?? [])))),
  )
  const packets = parts.reduce((sum, part) => sum + part.batches, 0)
  const processor = collects.reduce((sum, collect, i) => sum + collect.processor() - (before[i] ?? 0), 0)
  for (const collect of collects) await collect.stop()
  for (const folder of folders) deleteFolder(folder)
  return { packetsPerSecond: packets / seconds, processor: (processor / packets) * 1e6 }
}
