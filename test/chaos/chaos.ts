import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTempDir } from '../support/spawn.ts'
import {
  auditData,
  CALM_MS,
  checkDatabase,
  compareNotifications,
  compareOpenEvents,
  compareSamples,
  listDoubled,
} from './comparisons.ts'
import { type FastSender, METRICS, startFastSender } from './fast-sender.ts'
import type { DatabaseServer, Harness } from './faults/harness.ts'
import { FAULTS, listFaults } from './faults/index.ts'
import { mountSmallDisk, unmount } from './faults/storage.ts'
import { openLine } from './line.ts'
import { createAgent, createServer, PASSPHRASE, type Part, runOnServer } from './parts.ts'
import { createRandom } from './random.ts'
import { startReceiver } from './receiver.ts'

export type ChaosOptions = {
  readonly seed: number
  readonly minutes: number
  /** SQLite unless given. */
  readonly database?: DatabaseServer
  readonly say: (line: string) => void
}

export type ChaosResult = {
  /** The problems found, in sentences; empty when nothing was lost. */
  readonly problems: readonly string[]
  readonly samples: number
  readonly notifications: number
  readonly faults: Readonly<Record<string, number>>
}

const AGENTS = 2
const HOSTS = 4
/** The sender begins so long ago: its hosts have past, compacted and late samples. */
const BEGIN_SECONDS = 2 * 86_400
const FAULT_LIMIT_MS = 120_000

/**
 * Runs the compiled server with real agents and a fast sender, breaks one thing after the other, lets all come
 * to rest and compares what the server has with what it acknowledged.
 */
export async function runChaos({ seed, minutes, database, say }: ChaosOptions): Promise<ChaosResult> {
  const folder = makeTempDir()
  const url = database?.url ?? null
  const random = createRandom(seed)
  const server = createServer(folder, url)
  const hasSmallDisk = url === null && mountSmallDisk(server.folder)
  const receiver = startReceiver()
  const counts: Record<string, number> = {}
  const parts: Part[] = [server]
  let sender: FastSender | null = null
  try {
    await server.start()
    await runOnServer(
      server,
      ['rule', 'add', '--name', 'all', '--channel', 'webhook', '--target', receiver.url],
      url,
    )
    const token = (
      await runOnServer(server, ['token', 'create', '--user', 'admin', '--name', 'chaos'], url)
    ).trim()
    const line = await openLine(server.ports.collect ?? 0)
    const agents = Array.from({ length: AGENTS }, (_, i) => createAgent(folder, `agent-${i}`, line.port))
    parts.push(...agents)
    for (const agent of agents) await agent.start()
    const firstTime = Math.floor(Date.now() / 1000) - BEGIN_SECONDS
    sender = startFastSender(line.port, PASSPHRASE, { hosts: HOSTS, firstTime })
    const harness: Harness = {
      folder,
      server,
      agents,
      line,
      sender,
      receiver,
      random,
      database: database ?? null,
      hasSmallDisk,
      note: (text) => say(`    ${text}`),
    }
    await breakThings(harness, minutes, counts, say)
    say('calm: everything works again')
    const problems = await comeToRest(harness)
    problems.push(...(await compareSamples(server, token, sender)))
    problems.push(...(await compareOpenEvents(server, token, agents)))
    for (const agent of agents) await agent.end('SIGTERM')
    const wasRestored = counts['backup is restored'] !== undefined
    problems.push(...(await checkDatabase(server, url)))
    problems.push(...(await auditData(server, url, say)))
    problems.push(...(await compareNotifications(harness, token)))
    if (!wasRestored) problems.push(...listDoubled(receiver, sender))
    line.close()
    if (problems.length > 0) saveLogs(parts, say)
    const samples = sender.hosts.reduce((sum, host) => sum + host.acknowledged.size, 0) * METRICS.length
    return { problems, samples, notifications: sender.events.length, faults: counts }
  } catch (error) {
    saveLogs(parts, say)
    throw error
  } finally {
    sender?.stop()
    for (const part of parts) await part.end('SIGKILL')
    receiver.stop()
    if (hasSmallDisk) unmount(server.folder)
    rmSync(folder, { recursive: true, force: true })
  }
}

function saveLogs(parts: readonly Part[], say: (line: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-logs-'))
  for (const part of parts) writeFileSync(join(folder, `${part.name}.log`), part.log)
  say(`the logs of all parts are in ${folder}`)
}

async function breakThings(
  harness: Harness,
  minutes: number,
  counts: Record<string, number>,
  say: (line: string) => void,
) {
  const { random, sender } = harness
  const producing = setInterval(() => {
    const event =
      random.below(8) === 0 ? { host: random.below(HOSTS), isClosing: random.below(3) === 0 } : null
    sender.produce(10, event)
  }, 250)
  try {
    const end = performance.now() + minutes * 60_000
    const names = listFaults(harness)
    while (performance.now() < end) {
      const name = random.pick(names)
      counts[name] = (counts[name] ?? 0) + 1
      say(`${((end - performance.now()) / 1000).toFixed(0).padStart(4)} s left: ${name}`)
      await withinLimit(name, FAULTS[name]?.run(harness))
      await Bun.sleep(random.below(1500))
    }
  } finally {
    clearInterval(producing)
  }
}

/** A fault that does not end is a fault of the test or of the product: it ends the run, with all logs. */
async function withinLimit(name: string, fault: Promise<void> | undefined) {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`"${name}" did not end`)), FAULT_LIMIT_MS)
  try {
    await Promise.race([fault, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until the sender has nothing left; what it could not get rid of is a problem. */
async function comeToRest({ line, sender }: Harness): Promise<string[]> {
  // Agents name their open events at each connection.
  line.set('cut')
  await Bun.sleep(500)
  line.set('open')
  const end = performance.now() + CALM_MS
  while (sender.waiting() > 0 && performance.now() < end) await Bun.sleep(200)
  const left = sender.waiting()
  // The agents have pauses of their own after what has failed.
  await Bun.sleep(5000)
  return left > 0 ? [`${left} things of the sender were not acknowledged in ${CALM_MS / 1000} s of calm`] : []
}
