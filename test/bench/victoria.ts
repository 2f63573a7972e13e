import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { HOSTS, hostName, METRICS, MINUTES, machine } from './data.ts'
import { folderBytes, freePort, processorSeconds, residentMiB, waitFor } from './process.ts'

/** A running VictoriaMetrics with its data in a folder of its own: the peer for storage. */
export type Victoria = { url: string; pid: number; folder: string; stop(): Promise<void>; delete(): void }

export async function startVictoria(
  program: string,
  folder = mkdtempSync(`${tmpdir()}/bench-victoria-`),
): Promise<Victoria> {
  const port = await freePort()
  const child = Bun.spawn(
    [
      program,
      `-storageDataPath=${folder}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=12',
      '-loggerLevel=ERROR',
      '-selfScrapeInterval=0',
    ],
    { stdout: 'ignore', stderr: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  await waitFor('VictoriaMetrics', async () => (await fetch(`${url}/health`)).ok)
  return {
    url,
    pid: child.pid,
    folder,
    async stop() {
      child.kill('SIGINT')
      await child.exited
    },
    delete: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * Influx lines, one a host and minute with all fields: the peer's cheapest way in. Bodies of `linesPerBody`
 * lines.
 */
export function influxBodies(start: number, linesPerBody = 1000): Buffer[] {
  const machines = Array.from({ length: HOSTS }, (_, host) => machine(host))
  const bodies: Buffer[] = []
  let lines: string[] = []
  for (let minute = 0; minute < MINUTES; minute++) {
    const time = `${start + minute * 60}000000000`
    for (let host = 0; host < HOSTS; host++) {
      const values = machines[host]?.() ?? []
      const fields = METRICS.map((metric, i) => `${metric}=${values[i]}`).join(',')
      lines.push(`m,host=${hostName(host)} ${fields} ${time}`)
      if (lines.length === linesPerBody) {
        bodies.push(Buffer.from(`${lines.join('\n')}\n`))
        lines = []
      }
    }
  }
  if (lines.length > 0) bodies.push(Buffer.from(`${lines.join('\n')}\n`))
  return bodies
}

export type IngestFigures = { seconds: number; processor: number; samples: number; memoryMiB: number }

/**
 * Sends all bodies over eight connections; ends when each is answered and the data has been made searchable.
 */
export async function ingestVictoria(peer: Victoria, bodies: readonly Buffer[]): Promise<IngestFigures> {
  const before = processorSeconds(peer.pid)
  const begun = performance.now()
  let next = 0
  const worker = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const response = await fetch(`${peer.url}/write`, { method: 'POST', body: new Uint8Array(body) })
      if (!response.ok) throw new Error(`VictoriaMetrics answered ${response.status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  const seconds = (performance.now() - begun) / 1000
  await fetch(`${peer.url}/internal/force_flush`)
  return {
    seconds,
    processor: processorSeconds(peer.pid) - before,
    samples: HOSTS * MINUTES * METRICS.length,
    memoryMiB: residentMiB(peer.pid, 'VmHWM'),
  }
}

/**
 * Merges everything to one part a month, as it would be after some hours; bytes on disk without and with the
 * index (its caches are not counted). One order merges some fifteen parts and leaves the others, so that it is given
 * until nothing is left to merge: before, the same data took 1.10 or 1.26 bytes a sample.
 */
export async function mergeVictoria(peer: Victoria): Promise<{ data: number; all: number }> {
  const isMerged = async () => {
    await fetch(`${peer.url}/internal/force_merge`)
    await Bun.sleep(500)
    const metrics = await (await fetch(`${peer.url}/metrics`)).text()
    const sum = (name: RegExp) =>
      [...metrics.matchAll(name)].reduce((total, match) => total + Number(match[1]), 0)
    return (
      sum(/^vm_active_merges\{.*\} (\d+)$/gm) === 0 &&
      sum(/^vm_parts\{type="storage\/[a-z]+"\} (\d+)$/gm) <= countMonths(peer.folder)
    )
  }
  await waitFor('the merge', isMerged, 120)
  // Files of parts that were merged are deleted a little later.
  let data = -1
  const isStill = async () => {
    const now = folderBytes(`${peer.folder}/data`)
    const still = now === data
    data = now
    await Bun.sleep(500)
    return still
  }
  await waitFor('files of merged parts to go', isStill)
  return { data, all: data + folderBytes(`${peer.folder}/indexdb`) }
}

const countMonths = (folder: string) =>
  new Set(
    ['small', 'big']
      .flatMap((size) => readdirSync(`${folder}/data/${size}`))
      .filter((name) => /^\d/.test(name)),
  ).size
