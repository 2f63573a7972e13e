import { freePort, processorSeconds, waitFor } from './process.ts'

/** Milliseconds of processor time that prometheus-node-exporter takes for one scrape, over `scrapes` of them. */
export async function measureExporter(program: string, scrapes = 200): Promise<number> {
  const port = await freePort()
  const child = Bun.spawn([program, `--web.listen-address=127.0.0.1:${port}`], {
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const url = `http://127.0.0.1:${port}/metrics`
  try {
    await waitFor('prometheus-node-exporter', async () => (await fetch(url)).ok)
    const before = processorSeconds(child.pid)
    for (let i = 0; i < scrapes; i++) await (await fetch(url)).text()
    return ((processorSeconds(child.pid) - before) / scrapes) * 1000
  } finally {
    child.kill()
    await child.exited
  }
}
