import { rmSync } from 'node:fs'
import { HOSTS, hostName, METRICS, MINUTES, random, startTime } from '../data.ts'
import { type Benchmark, type Figure, inTurn, medianOf, type Peers } from '../figure.ts'
import { loadParts, sendLoad } from '../load.ts'
import { deleteFolder, makeFolder, OWN_TLS_PORT, PASSPHRASE, runOurs, startOurs } from '../ours.ts'
import { folderBytes, median, megabytes } from '../process.ts'
import { influxBodies, ingestVictoria, mergeVictoria, startVictoria } from '../victoria.ts'

const SAMPLES = HOSTS * MINUTES * METRICS.length
const QUERIES = 400
const PROMISED_MIB = 150

/** Ingest, disk and query on the same six million samples, beside VictoriaMetrics. */
export const storage: Benchmark = {
  name: 'storage',
  async run(peers: Peers): Promise<Figure[]> {
    const start = startTime(Math.floor(Date.now() / 1000), MINUTES)
    const parts = loadParts(start, PASSPHRASE)
    const bodies = influxBodies(start)

    const runOnce = async () => {
      const folder = makeFolder()
      const collect = await startOurs(['collect'], folder)
      const before = collect.processor()
      const seconds = await sendLoad(collect.collect, parts)
      const processor = collect.processor() - before
      const memoryMiB = collect.memoryMiB()
      await collect.stop()
      await runOurs(['db', 'compact'], folder)
      const bytes = databaseBytes(folder)
      const web = await startOurs(['server', '--no-collect', '--no-events'], folder)
      const token = (
        await runOurs(['token', 'create', '--user', 'admin', '--name', 'bench', '--access', 'admin'], folder)
      ).trim()
      const query = await timeQueries((host, metric) =>
        fetch(
          `http://127.0.0.1:${web.web}/api/v1/hosts/${host}/metrics/${metric}?from=${start}&to=${start + MINUTES * 60}`,
          { headers: { authorization: `Bearer ${token}` } },
        ),
      )
      await web.stop()
      deleteFolder(folder)
      return { seconds, processor, memoryMiB, bytes, query, secure: await ingestSecurely() }
    }

    /** Processor time for the same over TLS, on the port that installed agents use. */
    const ingestSecurely = async () => {
      const folder = makeFolder()
      const collect = await startOurs(['collect'], folder, [OWN_TLS_PORT])
      const before = collect.processor()
      await sendLoad(collect.collectTls, parts, true)
      const processor = collect.processor() - before
      await collect.stop()
      deleteFolder(folder)
      return { processor }
    }

    const runPeer = async () => {
      const peer = await startVictoria(peers.victoria)
      const ingest = await ingestVictoria(peer, bodies)
      const disk = await mergeVictoria(peer)
      const query = await timeQueries((host, metric) => {
        const selector = encodeURIComponent(`{__name__="m_${metric}",host="${host}"}`)
        return fetch(
          `${peer.url}/api/v1/query_range?query=${selector}&start=${start}&end=${start + (MINUTES - 1) * 60}&step=60&nocache=1`,
        )
      })
      await peer.stop()
      rmSync(peer.folder, { recursive: true, force: true })
      return { ...ingest, disk, query }
    }

    const { ours, peer } = await inTurn(3, runOnce, runPeer)
    const perSample = (run: { processor: number }) => (run.processor / SAMPLES) * 1e6
    const peerName = 'VictoriaMetrics'
    return [
      {
        name: 'ingest, processor time a sample',
        unit: 'µs',
        ours: medianOf(ours, perSample),
        peer: medianOf(peer, perSample),
        peerName,
        bound: 0.6,
        note: 'ours is answered after its commit was flushed to disk, one packet a host and minute; the peer answers from memory, in bodies of 1000 lines',
      },
      {
        name: 'ingest over TLS, processor time a sample',
        unit: 'µs',
        ours: medianOf(ours, (run) => perSample(run.secure)),
        peer: medianOf(peer, perSample),
        peerName: `${peerName} over plain HTTP`,
        bound: 0.8,
      },
      {
        name: 'ingest, seconds for six million samples',
        unit: 's',
        ours: medianOf(ours, (run) => run.seconds),
        peer: medianOf(peer, (run) => run.seconds),
        peerName,
        bound: 0.9,
      },
      {
        name: 'highest resident memory while ingesting',
        unit: 'MiB',
        ours: medianOf(ours, (run) => run.memoryMiB),
        peer: PROMISED_MIB,
        peerName: 'promise',
        bound: 1,
        note: `${peerName}: ${medianOf(peer, (run) => run.memoryMiB).toFixed(0)} MiB`,
      },
      {
        name: 'disk after db compact, everything counted',
        unit: 'bytes a sample',
        ours: medianOf(ours, (run) => run.bytes) / SAMPLES,
        peer: medianOf(peer, (run) => run.disk.all) / SAMPLES,
        peerName: `${peerName} with its index`,
        bound: 0.8,
        note:
          `${megabytes(medianOf(ours, (run) => run.bytes))} and ${megabytes(medianOf(peer, (run) => run.disk.all))}; ` +
          `the peer without its index: ${(medianOf(peer, (run) => run.disk.data) / SAMPLES).toFixed(2)}`,
      },
      {
        name: 'query of one metric, 500 points, through HTTP',
        unit: 'ms',
        ours: medianOf(ours, (run) => run.query),
        peer: medianOf(peer, (run) => run.query),
        peerName,
        bound: 0.8,
      },
    ]
  },
}

const databaseBytes = (folder: string) => folderBytes(folder)

/** Median milliseconds of one query after another, each of another host and metric. */
async function timeQueries(ask: (host: string, metric: string) => Promise<Response>): Promise<number> {
  const next = random(42)
  const times: number[] = []
  for (let i = 0; i < QUERIES; i++) {
    const host = hostName(Math.floor(next() * HOSTS))
    const metric = METRICS[Math.floor(next() * METRICS.length)] ?? METRICS[0]
    const begun = performance.now()
    const response = await ask(host, metric)
    const text = await response.text()
    times.push(performance.now() - begun)
    if (!response.ok || text.length < 500 * 10)
      throw new Error(`no 500 points: ${response.status} ${text.slice(0, 200)}`)
  }
  return median(times)
}
