import type { Clock } from '../../lib/clock.ts'

/**
 * The one file of the agent that starts processes. What is started comes from the agent's own configuration
 * file alone, no shell reads it, and it gets a process group of its own, so that nothing of it outlives the
 * run.
 */

export type ProgramRun = {
  /** 128 and the number of the signal where a signal ended it. */
  readonly exit: number
  /**
   * The first 8 KiB of its standard output, or of its standard error where there is none. Longer output ends with a
   * whole word, because a number that is cut off is another number.
   */
  readonly output: string
}

const MAX_OUTPUT = 8 * 1024
/**
 * Output beyond 8 KiB is read and dropped, so that the program does not block; a program that writes more
 * than this is killed.
 */
const MAX_WRITTEN = 16 * 1024 * 1024

/** The environment is the same everywhere; that of the agent may hold a passphrase. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/',
}

const SIGNAL_BASE = 128

/**
 * Runs a program to its end. Rejects when it can't be started, when `signal` is aborted, and when it writes
 * without end.
 */
export async function runProgram(
  command: readonly string[],
  signal: AbortSignal,
  clock: Clock,
): Promise<ProgramRun> {
  signal.throwIfAborted()
  const child = Bun.spawn([...command], {
    cwd: '/',
    env: ENVIRONMENT,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  })
  const kill = () => killGroup(child.pid)
  const cut = Promise.withResolvers<never>()
  const abort = () => {
    kill()
    cut.reject(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  const flood = () => {
    kill()
    cut.reject(new Error(`it wrote more than ${MAX_WRITTEN / 1024 / 1024} MiB`))
  }
  const [out, err] = [new KeptOutput(child.stdout, flood), new KeptOutput(child.stderr, flood)]
  try {
    const code = await Promise.race([child.exited, cut.promise])
    // Children that it left behind hold its output open, and are not to go on without it.
    kill()
    // One that has left the group as well may hold it for ever: what the program itself wrote is there by now.
    const grace = Promise.withResolvers<void>()
    const timer = clock.after(GRACE_MS, grace.resolve)
    try {
      await Promise.race([Promise.all([out.ended, err.ended]), grace.promise, cut.promise])
    } finally {
      timer.cancel()
    }
    const exit = child.signalCode === null ? code : Math.max(code, SIGNAL_BASE)
    const output = out.text
    return { exit, output: output.trim() === '' ? err.text : output }
  } finally {
    signal.removeEventListener('abort', abort)
    out.close()
    err.close()
  }
}

/** So long the output of a program that has ended is waited for. */
const GRACE_MS = 500

/** The group may have ended already, which is the aim. */
function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {}
}

/** The beginning of what is written to a pipe; the rest is read and dropped. */
class KeptOutput {
  /** Resolves when no process holds the pipe any more. */
  readonly ended: Promise<void>
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #parts: Uint8Array[] = []
  #isClosed = false
  #isCut = false

  constructor(stream: ReadableStream<Uint8Array>, flood: () => void) {
    this.#reader = stream.getReader()
    this.ended = this.#read(flood)
    // It may reject when its result is not needed any more.
    this.ended.catch(() => {})
  }

  get text(): string {
    const text = new TextDecoder().decode(Buffer.concat(this.#parts))
    if (!this.#isCut) return text
    const ends = Math.max(...[' ', '\t', '\n', '|'].map((end) => text.lastIndexOf(end)))
    return ends < 0 ? text : text.slice(0, ends)
  }

  /** Gives the pipe back, which others may hold open for ever. */
  close(): void {
    this.#isClosed = true
    this.#reader.cancel().catch(() => {})
  }

  async #read(flood: () => void): Promise<void> {
    let kept = 0
    let written = 0
    while (!this.#isClosed) {
      const { value, done } = await this.#reader.read()
      if (done) return
      written += value.length
      if (written > MAX_WRITTEN) return flood()
      if (kept + value.length > MAX_OUTPUT) this.#isCut = true
      if (kept >= MAX_OUTPUT) continue
      const piece = value.slice(0, MAX_OUTPUT - kept)
      this.#parts.push(piece)
      kept += piece.length
    }
  }
}
