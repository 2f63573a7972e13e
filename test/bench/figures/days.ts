import { hostName, METRICS, machine, startTime } from '../data.ts'
import type { Benchmark, Figure, Peers } from '../figure.ts'
import { fillStore, openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, runOurs } from '../ours.ts'
import { folderBytes, megabytes } from '../process.ts'
import { ingestVictoria, mergeVictoria, startVictoria } from '../victoria.ts'

const HOSTS = 250
const MINUTES = 2 * 1440
const SAMPLES = HOSTS * MINUTES * METRICS.length
const LINES_A_BODY = 720

/** Disk where days are whole: what is there once weighs less, and a metric has 1440 samples a day. */
export const days: Benchmark = {
  name: 'days',
  async run({ victoria }: Peers): Promise<Figure[]> {
    const start = startTime(Math.floor(Date.now() / 1000), MINUTES)
    const ours = await storeOurs(start)
    const peer = await storePeer(victoria, start)
    return [
      {
        name: `disk, ${HOSTS} hosts over two whole days`,
        unit: 'bytes a sample',
        ours: ours / SAMPLES,
        peer: peer.all / SAMPLES,
        peerName: 'VictoriaMetrics with its index',
        bound: null,
        note:
          `${(SAMPLES / 1e6).toFixed(1)} million samples: ${megabytes(ours)} and ${megabytes(peer.all)}, ` +
          `${megabytes(peer.data)} without its index`,
      },
    ]
  },
}

async function storeOurs(start: number): Promise<number> {
  const folder = makeFolder()
  const store = await openBenchStore(folder)
  await fillStore(store, { hosts: HOSTS, start, minutes: MINUTES, seen: start })
  await store.close()
  await runOurs(['db', 'compact'], folder)
  const bytes = folderBytes(folder)
  deleteFolder(folder)
  return bytes
}

async function storePeer(program: string, start: number) {
  const peer = await startVictoria(program)
  const bodies: Buffer[] = []
  for (let host = 0; host < HOSTS; host++) {
    const next = machine(host)
    for (let at = 0; at < MINUTES; at += LINES_A_BODY) {
      const lines = Array.from({ length: LINES_A_BODY }, (_, i) => {
        const values = next()
        const fields = METRICS.map((metric, k) => `${metric}=${values[k]}`).join(',')
        return `m,host=${hostName(host)} ${fields} ${start + (at + i) * 60}000000000`
      })
      bodies.push(Buffer.from(`${lines.join('\n')}\n`))
    }
  }
  await ingestVictoria(peer, bodies)
  const disk = await mergeVictoria(peer)
  await peer.stop()
  peer.delete()
  return disk
}
