import { Database } from 'bun:sqlite'
import { readVarint } from '../../../src/storage/timeseries/codec/bytes.ts'
import { CHECKSUM_BYTES } from '../../../src/storage/timeseries/codec/checksum.ts'
import { skipSummaries } from '../../../src/storage/timeseries/codec/summaries.ts'
import { hostName, startTime } from '../data.ts'
import type { Benchmark, Figure, Peers } from '../figure.ts'
import { openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, runOurs } from '../ours.ts'
import { folderBytes, megabytes } from '../process.ts'
import { ingestVictoria, mergeVictoria, startVictoria } from '../victoria.ts'

/**
 * What our agent took on a real machine: a sample a second for 48 minutes while tests ran on it, 67 metrics. A second
 * counts as a minute here, so that it is two days.
 */
const RECORDING = `${import.meta.dir}/../recorded.json.zst`
const HOSTS = 40
/** Each host begins so much later in the recording, which goes round. */
const APART = 71
const FRAMES_A_REPORT = 250
const LINES_A_BODY = 500

type Recording = {
  readonly metrics: readonly string[]
  readonly rows: readonly (readonly (number | null)[])[]
}

/** Disk on data that no generator made, beside VictoriaMetrics. */
export const recorded: Benchmark = {
  name: 'recorded',
  async run({ victoria }: Peers): Promise<Figure[]> {
    const recording = await readRecording()
    const { rows, metrics } = recording
    const start = startTime(Math.floor(Date.now() / 1000), rows.length)
    const samples = HOSTS * rows.flat().filter((value) => value !== null).length
    const ours = await storeOurs(recording, start)
    const peer = await storePeer(victoria, recording, start)
    const share = (bytes: number) => `${((100 * bytes) / ours.all).toFixed(1)} %`
    return [
      {
        name: `disk, ${metrics.length} metrics of a real machine, everything counted`,
        unit: 'bytes a sample',
        ours: ours.all / samples,
        peer: peer.all / samples,
        peerName: 'VictoriaMetrics with its index',
        bound: 0.8,
        note:
          `${(samples / 1e6).toFixed(1)} million samples: ${megabytes(ours.all)} and ${megabytes(peer.all)}; of ours ${share(ours.summaries)} are summaries, ` +
          `${share(ours.checksums)} checksums; the peer without its index: ${(peer.data / samples).toFixed(2)}`,
      },
    ]
  },
}

async function readRecording(): Promise<Recording> {
  const text = Buffer.from(Bun.zstdDecompressSync(await Bun.file(RECORDING).bytes())).toString()
  const series = JSON.parse(text) as Record<string, (number | null)[]>
  const metrics = Object.keys(series)
  const length = series[metrics[0] ?? '']?.length ?? 0
  return {
    metrics,
    rows: Array.from({ length }, (_, i) => metrics.map((metric) => series[metric]?.[i] ?? null)),
  }
}

/** What a host has in a minute. */
const rowOf = ({ rows }: Recording, host: number, minute: number) =>
  rows[(minute + host * APART) % rows.length] ?? []

async function storeOurs(recording: Recording, start: number) {
  const folder = makeFolder()
  const store = await openBenchStore(folder)
  const { metrics, rows } = recording
  for (let host = 0; host < HOSTS; host++)
    for (let at = 0; at < rows.length; at += FRAMES_A_REPORT) {
      const frames = Array.from({ length: Math.min(FRAMES_A_REPORT, rows.length - at) }, (_, i) => ({
        time: start + (at + i) * 60,
        metrics,
        values: rowOf(recording, host, at + i),
      }))
      await store.ingest.write([
        { host: hostName(host), facts: null, seen: start, clockSkew: 0, frames, events: [] },
      ])
    }
  await store.close()
  await runOurs(['db', 'compact'], folder)
  const parts = countParts(`${folder}/monitor.db`)
  const all = folderBytes(folder)
  deleteFolder(folder)
  return { all, ...parts }
}

/** Bytes of chunks that are summaries, and checksums. */
function countParts(file: string): { summaries: number; checksums: number } {
  const database = new Database(file, { readonly: true })
  let summaries = 0
  let checksums = 0
  for (const { packed } of database.query<{ packed: Uint8Array }, []>('SELECT packed FROM chunk').iterate()) {
    const cursor = { bytes: packed, at: CHECKSUM_BYTES }
    readVarint(cursor)
    const before = cursor.at
    skipSummaries(cursor)
    summaries += cursor.at - before
    checksums += CHECKSUM_BYTES
  }
  database.close()
  return { summaries, checksums }
}

async function storePeer(program: string, recording: Recording, start: number) {
  const peer = await startVictoria(program)
  const bodies: Buffer[] = []
  for (let host = 0; host < HOSTS; host++)
    for (let at = 0; at < recording.rows.length; at += LINES_A_BODY) {
      const lines = Array.from({ length: Math.min(LINES_A_BODY, recording.rows.length - at) }, (_, i) => {
        const values = rowOf(recording, host, at + i)
        const fields = recording.metrics.flatMap((metric, k) =>
          values[k] === null || values[k] === undefined ? [] : [`${metric}=${values[k]}`],
        )
        return `m,host=${hostName(host)} ${fields.join(',')} ${start + (at + i) * 60}000000000`
      })
      bodies.push(Buffer.from(`${lines.join('\n')}\n`))
    }
  await ingestVictoria(peer, bodies)
  const disk = await mergeVictoria(peer)
  await peer.stop()
  peer.delete()
  return disk
}
