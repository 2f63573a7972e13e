import type { Mariadb } from '../../support/sql/mariadb.ts'
import { SQL_SERVERS } from '../../support/sql/sql-servers.ts'
import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { type LoadPart, loadParts, sendLoad } from '../load.ts'
import { deleteFolder, makeFolder, type Ours, PASSPHRASE, startOurs } from '../ours.ts'

const TIMES = 3
/** The first packets after a start, while the runtime compiles what they run through … */
const FIRST_MINUTES = 300
/** … and those behind them, as a server takes them that has run for longer. */
const MINUTES = 600
const START = 1_700_000_040

type Run = {
  readonly packetsPerSecond: number
  /** Of our processes, in microseconds a packet: of the first ones, and of those behind them. */
  readonly first: number
  readonly processor: number
}

/** What the engine does with MariaDB or MySQL underneath beside SQLite, and two collect engines beside one. */
export const mariadb: Benchmark = {
  name: 'mariadb',
  async run(): Promise<Figure[]> {
    const figures: Figure[] = []
    for (const { name, obstacle, start } of SQL_SERVERS) {
      if (obstacle !== null) console.log(`${name} is left out: ${obstacle}`)
      else figures.push(...(await compare(name, start)))
    }
    return figures
  },
}

async function compare(name: string, start: (typeof SQL_SERVERS)[number]['start']): Promise<Figure[]> {
  const options = ['--innodb-buffer-pool-size=512M']
  const server = await start({ options })
  const runs = { sqlite: [] as Run[], one: [] as Run[], two: [] as Run[] }
  try {
    for (let i = 0; i < TIMES; i++) {
      runs.sqlite.push(await measure(null, 1))
      runs.one.push(await measure(server, 1))
      runs.two.push(await measure(server, 2))
    }
  } finally {
    await server.remove()
  }
  const peerName = 'SQLite'
  return [
    {
      name: `packets a second of 12 values, answered after the commit, one collect engine on ${name}`,
      unit: 'a second',
      ours: medianOf(runs.one, (run) => run.packetsPerSecond),
      peer: medianOf(runs.sqlite, (run) => run.packetsPerSecond),
      peerName,
      bound: null,
      note: 'both flush to disk with every commit; the server, the engine and what sends share this machine',
    },
    {
      name: `processor time of the collect engine a packet on ${name}`,
      unit: 'µs',
      ours: medianOf(runs.one, (run) => run.processor),
      peer: medianOf(runs.sqlite, (run) => run.processor),
      peerName,
      bound: 1.3,
      note: 'of 600,000 packets behind the first 300,000',
    },
    {
      name: `processor time of the collect engine a packet of the first 300,000 after its start on ${name}`,
      unit: 'µs',
      ours: medianOf(runs.one, (run) => run.first),
      peer: medianOf(runs.sqlite, (run) => run.first),
      peerName,
      bound: null,
      note: 'the runtime compiles meanwhile what they run through, the client of the database too',
    },
    {
      name: `packets a second of two collect engines on one ${name}`,
      unit: 'a second',
      ours: medianOf(runs.two, (run) => run.packetsPerSecond),
      peer: medianOf(runs.one, (run) => run.packetsPerSecond),
      peerName: 'one collect engine',
      bound: null,
    },
  ]
}

async function measure(server: Mariadb | null, engines: number): Promise<Run> {
  const settings = server ? [`database.url=${await server.createDatabase()}`] : []
  const folders = Array.from({ length: engines }, makeFolder)
  const collects = []
  for (const folder of folders) collects.push(await startOurs(['collect'], folder, settings))
  const first = await send(collects, START, FIRST_MINUTES)
  const { packetsPerSecond, processor } = await send(collects, START + FIRST_MINUTES * 60, MINUTES)
  for (const collect of collects) await collect.stop()
  for (const folder of folders) deleteFolder(folder)
  return { packetsPerSecond, first: first.processor, processor }
}

/** Sends so many minutes of all hosts, shared out over the engines. */
async function send(collects: readonly Ours[], start: number, minutes: number) {
  const parts = loadParts(start, PASSPHRASE, 8, minutes)
  const before = collects.map((collect) => collect.processor())
  const shares: LoadPart[][] = collects.map((_, i) => parts.filter((_, at) => at % collects.length === i))
  const seconds = Math.max(
    ...(await Promise.all(collects.map((collect, i) => sendLoad(collect.collect, shares[i] ?? [])))),
  )
  const packets = parts.reduce((sum, part) => sum + part.batches, 0)
  const processor = collects.reduce((sum, collect, i) => sum + collect.processor() - (before[i] ?? 0), 0)
  return { packetsPerSecond: packets / seconds, processor: (processor / packets) * 1e6 }
}
