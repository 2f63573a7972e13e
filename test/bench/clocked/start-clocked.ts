import { processorSeconds, residentMiB } from '../process.ts'
import type { ClockedOptions } from './clocked-server.ts'

export type Clocked = {
  readonly port: number
  processor(): number
  residentMiB(): number
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
}

/** Starts collect engine and event engine on a clock that runs `speed` times as fast, and waits until they listen. */
export async function startClocked(options: ClockedOptions): Promise<Clocked> {
  const program = `${import.meta.dir}/clocked-server.ts`
  const child = Bun.spawn([process.execPath, program, JSON.stringify(options)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('\n')) break
  }
  if (!text.includes('\n')) throw new Error('the server with a clock of its own ended before it listened')
  const { port } = JSON.parse(text) as { port: number }
  return {
    port,
    processor: () => processorSeconds(child.pid),
    residentMiB: () => residentMiB(child.pid),
    async stop() {
      child.kill('SIGTERM')
      await child.exited
    },
  }
}
