import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { processorSeconds, residentMiB } from './process.ts'

/** The compiled program, as it is installed. `npm run bench` builds it first. */
export const PROGRAM = `${import.meta.dir}/../../dist/monitor`

export const PASSPHRASE = 'benchmark'

export type Ours = {
  pid: number
  folder: string
  /** Real ports by role, from the `listening` lines; 0 when the role does not run. */
  web: number
  collect: number
  /** The port that is for TLS alone; 0 unless `collect.tls_port` is set to one. */
  collectTls: number
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  processor(): number
  memoryMiB(): number
}

export const makeFolder = () => mkdtempSync(`${tmpdir()}/bench-monitor-`)
export const deleteFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** The setting with which agents have a port that is for TLS alone, as in an installation. */
export const OWN_TLS_PORT = 'collect.tls_port=0'

/**
 * Starts a role of the compiled program on free ports and waits until it listens.
 *
 * @param prefix a command that becomes the program
 */
export async function startOurs(
  role: readonly string[],
  folder: string,
  settings: readonly string[] = [],
  prefix: readonly string[] = [],
): Promise<Ours> {
  const wanted =
    role[0] === 'server'
      ? ['web', ...(role.includes('--no-collect') ? [] : ['collect'])]
      : role[0] === 'collect'
        ? ['collect']
        : []
  if (settings.includes(OWN_TLS_PORT)) wanted.push('collect_tls')
  const set = [
    'web.port=0',
    'collect.port=0',
    ...(settings.includes(OWN_TLS_PORT) ? [] : ['collect.tls_port=off']),
    'web.address=127.0.0.1',
    'collect.address=127.0.0.1',
    `collect.passphrase=${PASSPHRASE}`,
    ...settings,
  ]
  const command = [...prefix, PROGRAM, ...role, '--data-dir', folder, ...set.flatMap((s) => ['--set', s])]
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'pipe' })
  const ports = await readPorts(child.stderr, wanted)
  return {
    pid: child.pid,
    folder,
    web: ports.get('web') ?? 0,
    collect: ports.get('collect') ?? 0,
    collectTls: ports.get('collect_tls') ?? 0,
    processor: () => processorSeconds(child.pid),
    memoryMiB: () => residentMiB(child.pid, 'VmHWM'),
    async stop() {
      child.kill('SIGTERM')
      await child.exited
    },
  }
}

/**
 * Reads the log until every wanted role has logged where it listens; keeps reading afterwards, so that the pipe
 * never fills.
 */
async function readPorts(
  log: ReadableStream<Uint8Array>,
  wanted: readonly string[],
): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  const reader = log.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (wanted.some((role) => !ports.has(role))) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`the program ended before it listened:\n${text}`)
    text += decoder.decode(value, { stream: true })
    for (const match of text.matchAll(/listening\s.*role=(\w+).*port=(\d+)/g))
      ports.set(match[1] ?? '', Number(match[2]))
  }
  void (async () => {
    while (!(await reader.read()).done);
  })()
  return ports
}

/** Runs a command of the compiled program to its end; its standard output. */
export async function runOurs(command: readonly string[], folder: string): Promise<string> {
  const child = Bun.spawn([PROGRAM, ...command, '--data-dir', folder], { stdout: 'pipe', stderr: 'pipe' })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`monitor ${command.join(' ')} ended with ${code}:\n${errors}`)
  return output
}
