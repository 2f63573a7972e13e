import type { Cost } from './figure.ts'
import { freePort, processorSeconds, residentMiB, waitFor } from './process.ts'

/**
 * What prometheus-node-exporter takes for one scrape, asked as Prometheus asks (gzip, one kept connection),
 * once a second: as in our cycle the caches of the processor have seen other work between two of them.
 */
export async function measureExporter(program: string, scrapes = 60): Promise<Cost> {
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
    const before = processorSeconds(child.pid)
    for (let i = 0; i < scrapes; i++) {
      const pause = Bun.sleep(1000)
      await scrape()
      await pause
    }
    const cycle = ((processorSeconds(child.pid) - before) / scrapes) * 1000
    return { cycle, memoryMiB: residentMiB(child.pid) }
  } finally {
    child.kill()
    await child.exited
  }
}
