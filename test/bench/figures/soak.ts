import { sendPaced } from '../clocked/paced-load.ts'
import { startClocked } from '../clocked/start-clocked.ts'
import { HOSTS, METRICS } from '../data.ts'
import type { Benchmark, BenchmarkOptions, Figure, Peers } from '../figure.ts'
import { fillStore, openBenchStore } from '../fill.ts'
import { loadParts } from '../load.ts'
import { deleteFolder, makeFolder, PASSPHRASE, runOurs } from '../ours.ts'
import { folderBytes, median } from '../process.ts'
import { readLastRun } from '../report/report.ts'

const DAY = 86_400
const HOUR = 3600
/** Seconds of the made clock that pass in one: a day takes five minutes. */
const SPEED = 288
/** Samples of the day before go at six in the evening. What is not compacted by then would go by the minute. */
const KEPT = (DAY * 3) / 4
/** Bytes a sample that the benchmark `storage` had for the same machines, where it has not run yet. */
const BYTES_A_SAMPLE = 1.12
const SIZE = 'disk after db compact, everything counted'

/**
 * A day of 1000 hosts on a clock that runs faster, after a day that is there already: ingest over sockets, compaction every
 * two hours of that clock, and retention of what is older than 18 hours.
 */
export const soak: Benchmark = {
  name: 'soak',
  async run(_: Peers, { isShort }: BenchmarkOptions): Promise<Figure[]> {
    const hours = isShort ? 5 : 24
    const folder = makeFolder()
    const midnight = Math.floor(Date.now() / 1000 / DAY) * DAY - DAY
    const filled = await fillDayBefore(folder, midnight, isShort ? 60 : 1440)
    const parts = loadParts(midnight, PASSPHRASE, 8, hours * 60)
    const server = await startClocked({
      folder,
      passphrase: PASSPHRASE,
      start: midnight,
      speed: SPEED,
      // As the program has it. With a longer one compaction would have too small a share of this clock to keep up.
      interval: 10,
      retention: { samples: KEPT, events: 365 * DAY, hosts: 365 * DAY },
      check: 600,
    })
    const hourMs = (HOUR / SPEED) * 1000
    const memory: number[] = []
    const timer = setInterval(() => memory.push(server.residentMiB()), hourMs)
    const before = server.processor()
    const longest = await sendPaced({ port: server.port, parts, minuteMs: hourMs / 60 })
    const processor = server.processor() - before
    clearInterval(timer)
    memory.push(server.residentMiB())
    const asItIs = folderBytes(folder)
    await server.stop()
    await runOurs(['db', 'compact'], folder)
    const { samples, blocks } = await readStats(folder)
    const bytes = folderBytes(folder)
    deleteFolder(folder)
    const sent = HOSTS * hours * 60 * METRICS.length
    console.log(`  MiB by the hour: ${memory.map((mib) => mib.toFixed(0)).join(' ')}`)
    return [
      {
        name: `a day of ${HOSTS} hosts: resident memory in the last hour`,
        unit: 'MiB',
        ours: memory.at(-1) ?? Number.NaN,
        peer: memory[0] ?? Number.NaN,
        peerName: 'in the first hour',
        bound: 1.1,
        note: `clock ${SPEED} times as fast, from source; at most ${Math.max(...memory).toFixed(0)} MiB`,
      },
      {
        name: `a day of ${HOSTS} hosts: resident memory in its last six hours, median`,
        unit: 'MiB',
        ours: median(memory.slice(-6)),
        peer: median(memory.slice(4, 10)),
        peerName: 'from the fifth to the tenth hour',
        bound: 1.1,
        note: 'by then compaction has run, and the caches of the database are full',
      },
      {
        name: `a day of ${HOSTS} hosts: samples that are missing at its end`,
        unit: 'million',
        ours: (sent - samples) / 1e6,
        peer: sent / 1e6,
        peerName: 'acknowledged in it',
        bound: 0,
        note: `the ${(filled / 1e6).toFixed(1)} million of the day before were dropped; ${blocks} blocks are there`,
      },
      {
        name: `a day of ${HOSTS} hosts: disk after db compact, everything counted`,
        unit: 'MB',
        ours: bytes / 1e6,
        peer: (samples * (await predictBytes())) / 1e6,
        peerName: 'predicted from storage',
        bound: 1.1,
        note: `${(asItIs / 1e6).toFixed(0)} MB as the day left it, with the frames of its last hours and room of what was dropped`,
      },
      {
        name: `a day of ${HOSTS} hosts: longest wait of an acknowledgement`,
        unit: 'ms',
        ours: longest,
        peer: hourMs / 60,
        peerName: 'a minute of the clock',
        bound: null,
        note: '1000 packets at once, while days are compacted and dropped',
      },
      {
        name: `a day of ${HOSTS} hosts: processor time an hour, compaction and retention included`,
        unit: 's',
        ours: processor / hours,
        peer: HOUR,
        peerName: 'an hour of one processor',
        bound: null,
      },
    ]
  },
}

/** Samples of the day before midnight: how many. */
async function fillDayBefore(folder: string, midnight: number, minutes: number): Promise<number> {
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts: HOSTS, start: midnight - DAY, minutes, seen: midnight - DAY })
  await store.close()
  return HOSTS * minutes * METRICS.length
}

async function readStats(folder: string) {
  const store = await openBenchStore(folder)
  const { samples, blocks } = await store.maintenance.stats()
  await store.close()
  return { samples, blocks }
}

/** Bytes a sample of these machines: of the last run of the benchmark that measures just that. */
async function predictBytes(): Promise<number> {
  const { storage } = await readLastRun()
  return storage?.figures.find(({ name }) => name === SIZE)?.ours ?? BYTES_A_SAMPLE
}
