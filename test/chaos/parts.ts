import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMPILED, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

export const PASSPHRASE = 'of the chaos test'

/** Debian's faketime; without it the clocks stay right. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
export const HAS_FAKETIME = existsSync(FAKETIME)

/** One process of the product, which may be killed, held and started again, with a clock of its own. */
export class Part {
  readonly name: string
  readonly folder: string
  readonly #args: () => readonly string[]
  readonly #clockFile: string
  #running: RunningMonitor | null = null
  #log = ''

  constructor(folder: string, name: string, args: () => readonly string[]) {
    this.name = name
    this.folder = join(folder, name)
    this.#args = args
    mkdirSync(this.folder, { recursive: true })
    this.#clockFile = join(folder, `${name}.clock`)
    this.setClock(0)
  }

  get ports(): Readonly<Record<string, number>> {
    return this.#running?.ports ?? {}
  }

  /** The output of all its starts. */
  get log(): string {
    return this.#log + (this.#running?.stderr() ?? '')
  }

  /** The wall clock of the process, running or not, is so many seconds ahead of the true time. */
  setClock(ahead: number): void {
    writeFileSync(this.#clockFile, `${ahead < 0 ? '' : '+'}${ahead}`)
  }

  async start(): Promise<void> {
    if (this.#running !== null) return
    this.#running = await startMonitor(this.#args(), {
      program: COMPILED,
      cwd: this.folder,
      env: this.#clockEnvironment(),
    })
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const running = this.#running
    if (running === null) return
    // A process that is held does not hear a SIGTERM.
    process.kill(running.pid, 'SIGCONT')
    running.signal(signal)
    await running.exited
    this.#log += running.stderr()
    this.#running = null
  }

  hold(isHeld: boolean): void {
    if (this.#running !== null) process.kill(this.#running.pid, isHeld ? 'SIGSTOP' : 'SIGCONT')
  }

  #clockEnvironment(): Record<string, string> {
    if (!HAS_FAKETIME) return {}
    return {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.#clockFile,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
  }
}

export const settings = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`])

/** The server's ports stay as they are when it is started again. */
export function createServer(folder: string, databaseUrl: string | null): Part {
  const part: Part = new Part(folder, 'server', () => [
    'server',
    '--data-dir',
    part.folder,
    ...settings({
      'web.address': '127.0.0.1',
      'web.port': ports.web ?? 0,
      'collect.address': '127.0.0.1',
      'collect.port': ports.collect ?? 0,
      'collect.tls_port': 'off',
      'collect.min_free': '4MiB',
      'collect.passphrase': PASSPHRASE,
      'events.interval': '1s',
      ...(databaseUrl !== null && { 'database.url': databaseUrl }),
    }),
  ])
  const ports: Record<string, number> = {}
  const start = part.start.bind(part)
  part.start = async () => {
    await start()
    Object.assign(ports, part.ports)
  }
  return part
}

/** An agent that samples this machine each second, with a threshold that is always breached. */
export function createAgent(folder: string, name: string, port: number): Part {
  const part: Part = new Part(folder, name, () => [
    'agent',
    '--data-dir',
    part.folder,
    '--config',
    join(part.folder, 'monitor.toml'),
    ...settings({
      'agent.server': `127.0.0.1:${port}`,
      'agent.passphrase': PASSPHRASE,
      'agent.name': name,
      'agent.interval': '1s',
    }),
  ])
  writeFileSync(
    join(part.folder, 'monitor.toml'),
    `[agent]\ndefault_thresholds = false\n\n[[agent.threshold]]\nmetric = "${ALWAYS}"\nseverity = 1\nvalue = -1\nduration = "0s"\n`,
  )
  return part
}

/** The metric of which each real agent has an open event from its start to the end. */
export const ALWAYS = 'perf.memory.percent.used'

/** A command of the shell on the server's database; throws with what it said when it fails. */
export async function runOnServer(
  server: Part,
  args: readonly string[],
  databaseUrl: string | null,
): Promise<string> {
  const { code, stdout, stderr } = await tryOnServer(server, args, databaseUrl)
  if (code !== 0) throw new Error(`monitor ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

export const tryOnServer = (server: Part, args: readonly string[], databaseUrl: string | null) =>
  runMonitor(
    [
      ...args,
      '--data-dir',
      server.folder,
      ...(databaseUrl === null ? [] : settings({ 'database.url': databaseUrl })),
    ],
    { program: COMPILED, cwd: server.folder },
  )
