import type { Cost } from './figure.ts'
import type { Pace } from './figures/agent.ts'
import { freePort, residentMiB, spentSeconds, waitFor } from './process.ts'

/**
 * What prometheus-node-exporter takes for one scrape, asked as Prometheus asks (gzip, one kept connection), at the
 * pace of our cycles: as in these the caches of the processor have seen other work between two of them.
 */
export async function measureExporter(
  program: string,
  { seconds, cycles }: Pace,
  runs: number,
): Promise<readonly Cost[]> {
  const port = await freePort()
  const child = Bun.spawn([program, `--web.listen-address=127.0.0.1:${port}`], {
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const url = `http://127.0.0.1:${port}/metrics`
  const scrape = async () => (await fetch(url, { headers: { 'accept-encoding': 'gzip' } })).arrayBuffer()
  try {
    await waitFor('prometheus-node-exporter', async () => (await fetch(url)).ok)
    await scrape()
    const costs: Cost[] = []
    for (let run = 0; run < runs; run++) {
      const before = spentSeconds(child.pid)
      for (let i = 0; i < cycles; i++) {
        const pause = Bun.sleep(seconds * 1000)
        await scrape()
        await pause
      }
      const cycle = ((spentSeconds(child.pid) - before) / cycles) * 1000
      costs.push({ cycle, memoryMiB: residentMiB(child.pid) })
    }
    return costs
  } finally {
    child.kill()
    await child.exited
  }
}
