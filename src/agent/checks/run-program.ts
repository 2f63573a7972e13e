/**
 * The one file of the agent that starts processes. What is started comes from the agent's own configuration
 * file alone, no shell reads it, and it gets a process group of its own, so that nothing of it outlives the
 * run.
 */

export type ProgramRun = {
  /** 128 and the number of the signal where a signal ended it. */
  readonly exit: number
  /** The first 8 KiB of its standard output, or of its standard error where there is none. */
  readonly output: string
}

const MAX_OUTPUT = 8 * 1024
/**
 * What is beyond 8 KiB is thrown away, so that the program need not wait for us; who writes more than this is
 * ended.
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
export async function runProgram(command: readonly string[], signal: AbortSignal): Promise<ProgramRun> {
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
  try {
    const out = keepBegin(child.stdout, flood)
    const err = keepBegin(child.stderr, flood)
    const code = await Promise.race([child.exited, cut.promise])
    // Children that it left behind hold its output open, and are not to go on without it.
    kill()
    const [output, errors] = await Promise.race([Promise.all([out, err]), cut.promise])
    const exit = child.signalCode === null ? code : Math.max(code, SIGNAL_BASE)
    return { exit, output: output.trim() === '' ? errors : output }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The group may be gone already, which is what is wanted. */
function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {}
}

async function keepBegin(stream: ReadableStream<Uint8Array>, flood: () => void): Promise<string> {
  const parts: Uint8Array[] = []
  let kept = 0
  let written = 0
  for await (const part of stream) {
    written += part.length
    if (written > MAX_WRITTEN) {
      flood()
      break
    }
    if (kept >= MAX_OUTPUT) continue
    const piece = part.slice(0, MAX_OUTPUT - kept)
    parts.push(piece)
    kept += piece.length
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}
