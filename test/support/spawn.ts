import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..')

/** Longest wait for anything that a program should log or do; only a broken program takes as long. */
const PATIENCE_MS = 20_000

/** The program from its source. */
export const FROM_SOURCE: readonly string[] = [process.execPath, join(ROOT, 'src', 'main.ts')]

/** The compiled program that `npm run build` made. */
export const COMPILED: readonly string[] = [
  join(ROOT, 'dist', process.platform === 'win32' ? 'monitor.exe' : 'monitor'),
]

export type SpawnOptions = {
  /** `FROM_SOURCE` unless given. */
  readonly program?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where it runs, away from any `monitor.toml`; a folder of its own unless given. */
  readonly cwd?: string
  readonly stdin?: string
}

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** The environment without the variables that would configure the program under test. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MONITOR_'))
  // The receivers of the tests are on this machine, to which notifications are not sent by default.
  const ofTests = { MONITOR_NOTIFICATIONS_ALLOW_ADDRESSES: '127.0.0.0/8,::1' }
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...ofTests, ...extra }
}

/** A folder for one test. Remove it when the test is over. */
export function makeTempDir(): string {
  return mkdtempSync(join(tmpdir(), 'monitor-test-'))
}

function needProgram({ program = FROM_SOURCE }: SpawnOptions): readonly string[] {
  if (!existsSync(program[0] ?? '')) throw new Error(`${program[0]} is not there: npm run build`)
  return program
}

/** Runs a command to its end. */
export async function runMonitor(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  const cwd = options.cwd ?? makeTempDir()
  const program = needProgram(options)
  const child = Bun.spawn([...program, ...args], {
    cwd,
    env: cleanEnvironment(options.env),
    stdin: new TextEncoder().encode(options.stdin ?? ''),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (options.cwd === undefined) rmSync(cwd, { recursive: true, force: true })
  return { code, stdout, stderr }
}

export type RunningMonitor = {
  readonly pid: number
  /** Ports that `listening` lines named, by role: `web`, `collect`. */
  readonly ports: Readonly<Record<string, number>>
  /** All output up to now. */
  stdout(): string
  stderr(): string
  /** Resolves with the first line of standard error that matches; rejects with all of it when none comes. */
  waitFor(pattern: RegExp): Promise<string>
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void
  readonly exited: Promise<number>
  /** SIGTERM, then the exit code. */
  stop(): Promise<number>
}

/**
 * Starts a role and waits until it logs `started`. Give `--set web.port=0` and the like: the real ports are
 * in `ports`.
 */
export async function startMonitor(
  args: readonly string[],
  options: SpawnOptions & { cwd: string },
): Promise<RunningMonitor> {
  const program = needProgram(options)
  const child = Bun.spawn([...program, ...args], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const said = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  const ports: Record<string, number> = {}
  let ended = false

  async function listen(stream: ReadableStream<Uint8Array>, name: 'stdout' | 'stderr') {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      said[name] += decoder.decode(chunk, { stream: true })
      for (const [, role = '', port] of said.stderr.matchAll(/ listening role=(\w+) .*?\bport=(\d+)\n/g))
        ports[role] = Number(port)
      for (const check of waiting) check()
    }
  }
  const seen = Promise.all([listen(child.stdout, 'stdout'), listen(child.stderr, 'stderr')])
  const exited = Promise.all([child.exited, seen]).then(([code]) => {
    ended = true
    for (const check of waiting) check()
    return code
  })

  function waitFor(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const fail = (why: string) =>
      reject(new Error(`${why} while waiting for ${pattern}:\n${said.stderr}${said.stdout}`))
    const timer = setTimeout(() => fail('patience ran out'), PATIENCE_MS)
    const check = () => {
      const line = said.stderr.split('\n').find((one) => pattern.test(one))
      if (line !== undefined) resolve(line)
      else if (ended) fail('the program ended')
    }
    waiting.add(check)
    check()
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(check)
    })
  }

  const running: RunningMonitor = {
    pid: child.pid,
    ports,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    waitFor,
    signal: (name) => child.kill(name),
    exited,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
  try {
    await waitFor(/ started role=|"message":"started"/)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return running
}
