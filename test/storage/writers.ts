import { join } from 'node:path'
import { createLineReader } from '../support/lines.ts'

export type Writer = {
  /** Times that were acknowledged, with their values; grows while it runs. */
  readonly acknowledged: ReadonlyMap<number, number>
  kill(signal: NodeJS.Signals): void
  /** Resolves when it has written so many lines. */
  said(count: number): Promise<void>
  /** Its exit code. */
  end(): Promise<number>
  /** Its standard error. */
  complaints(): Promise<string>
}

/** Starts processes of `writer.ts` on one database, and ends those that are left. */
export function createWriters(url: () => string, dataDir: () => string) {
  const children: Bun.Subprocess[] = []

  function start(name: string, count?: number): Writer {
    const script = join(import.meta.dir, 'writer.ts')
    const child = Bun.spawn(
      [process.execPath, script, url(), dataDir(), name, ...(count ? [`${count}`] : [])],
      { stdout: 'pipe', stderr: 'pipe' },
    )
    children.push(child)
    const complaints = new Response(child.stderr).text()
    const acknowledged = new Map<number, number>()
    const lines: string[] = []
    const waiting = new Set<() => void>()
    const ended = (async () => {
      const read = createLineReader()
      for await (const chunk of child.stdout) {
        for (const line of read(chunk)) {
          lines.push(line)
          const [time, value] = line.split(' ').map(Number)
          if (time !== undefined && value !== undefined) acknowledged.set(time, value)
        }
        for (const check of waiting) check()
      }
    })()
    return {
      acknowledged,
      kill: (signal) => child.kill(signal),
      async said(wanted) {
        if (lines.length >= wanted) return
        const { promise, resolve } = Promise.withResolvers<void>()
        const check = () => lines.length >= wanted && resolve()
        waiting.add(check)
        await Promise.race([promise, ended])
        waiting.delete(check)
        if (lines.length < wanted) throw new Error(`it ended early: ${await complaints}`)
      },
      async end() {
        await ended
        return child.exited
      },
      complaints: () => complaints,
    }
  }

  return {
    start,
    async endAll() {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(children.splice(0).map((child) => child.exited))
    },
  }
}
