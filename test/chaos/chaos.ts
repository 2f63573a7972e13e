import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTempDir } from '../support/spawn.ts'
import { computeValue, type FastSender, METRICS, startFastSender } from './fast-sender.ts'
import { FAULTS, mountSmallDisk, unmount, type World } from './faults.ts'
import { openLine } from './line.ts'
import {
  ALWAYS,
  createAgent,
  createServer,
  HAS_FAKETIME,
  PASSPHRASE,
  type Part,
  runOnServer,
  tryOnServer,
} from './parts.ts'
import { createRandom } from './random.ts'
import { type Receiver, startReceiver } from './receiver.ts'

export type ChaosOptions = {
  readonly seed: number
  readonly minutes: number
  /** A database on a server, and how to hold that; SQLite unless given. */
  readonly database?: { readonly url: string; readonly hold: (isHeld: boolean) => Promise<void> }
  readonly say: (line: string) => void
}

export type ChaosResult = {
  /** What is wrong, in sentences; empty when nothing was lost. */
  readonly problems: readonly string[]
  readonly samples: number
  readonly notifications: number
  readonly faults: Readonly<Record<string, number>>
}

const AGENTS = 2
const HOSTS = 4
/** The sender begins so long ago: its hosts have past, compacted and late samples. */
const BEGIN_SECONDS = 2 * 86_400
const CALM_MS = 120_000
/** A receiver that hung was perhaps told already; the next attempt is hours away. */
const HOURS_LATER = 7 * 3600

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
    const world: World = {
      folder,
      server,
      agents,
      line,
      sender,
      receiver,
      random,
      databaseUrl: url,
      holdDatabase: database?.hold ?? null,
      hasSmallDisk,
      note: (text) => say(`    ${text}`),
    }
    await breakThings(world, minutes, counts, say)
    say('calm: everything works again')
    const problems = await comeToRest(world)
    problems.push(...(await compareSamples(server, token, sender)))
    problems.push(...(await compareOpenEvents(server, token, agents)))
    for (const agent of agents) await agent.end('SIGTERM')
    problems.push(...(await checkDatabase(server, url, counts['backup is restored'] !== undefined)))
    problems.push(...(await compareNotifications(world, token)))
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
  world: World,
  minutes: number,
  counts: Record<string, number>,
  say: (line: string) => void,
) {
  const { random, sender } = world
  const producing = setInterval(() => {
    const event =
      random.below(8) === 0 ? { host: random.below(HOSTS), isClosing: random.below(3) === 0 } : null
    sender.produce(10, event)
  }, 250)
  try {
    const end = performance.now() + minutes * 60_000
    const names = Object.keys(FAULTS)
    while (performance.now() < end) {
      const name = random.pick(names)
      counts[name] = (counts[name] ?? 0) + 1
      say(`${((end - performance.now()) / 1000).toFixed(0).padStart(4)} s left: ${name}`)
      await FAULTS[name]?.(world)
      await Bun.sleep(random.below(1500))
    }
  } finally {
    clearInterval(producing)
  }
}

/** Waits until the sender has nothing left; what it could not get rid of is a problem. */
async function comeToRest({ line, sender }: World): Promise<string[]> {
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

async function ask<T>(server: Part, token: string, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${server.ports.web}/api/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Every sample that was acknowledged, once, with its value; and nothing else. */
async function compareSamples(
  server: Part,
  token: string,
  { hosts, firstTime }: FastSender,
): Promise<string[]> {
  const problems: string[] = []
  for (const { name, acknowledged } of hosts)
    for (const metric of METRICS) {
      const path = `hosts/${name}/metrics/${metric}?from=${firstTime}&to=${firstTime + BEGIN_SECONDS + 86_400}`
      const { points } = await ask<{ points: [number, number][] }>(server, token, path)
      const found = new Map(points)
      const missing = [...acknowledged].filter((time) => !found.has(time))
      const wrong = points.filter(([time, value]) => value !== computeValue(name, metric, time))
      if (missing.length > 0)
        problems.push(
          `${missing.length} of ${acknowledged.size} samples of ${name} ${metric} are missing, the first of ${missing[0]}`,
        )
      if (found.size < points.length)
        problems.push(`${points.length - found.size} samples of ${name} ${metric} are doubled`)
      if (wrong.length > 0)
        problems.push(`${wrong.length} samples of ${name} ${metric} are wrong: ${wrong[0]?.join(' ')}`)
    }
  return problems
}

type ListedEvent = { host: string; metric: string }

/** Deleted hosts and restored backups heal: each agent's problem is open, once. */
async function compareOpenEvents(server: Part, token: string, agents: readonly Part[]): Promise<string[]> {
  const end = performance.now() + CALM_MS
  for (;;) {
    const problems: string[] = []
    for (const { name } of agents) {
      const { events } = await ask<{ events: ListedEvent[] }>(
        server,
        token,
        `events?status=open&host=${name}`,
      )
      const open = events.filter(({ metric }) => metric === ALWAYS).length
      if (open !== 1) problems.push(`${open} events of ${name} ${ALWAYS} are open, and one should be`)
    }
    if (problems.length === 0 || performance.now() > end) return problems
    await Bun.sleep(1000)
  }
}

/** What came between a backup and its restoring is gone, and the audit rightly says so. */
async function checkDatabase(server: Part, url: string | null, wasRestored: boolean): Promise<string[]> {
  const problems: string[] = []
  const { stdout: help } = await tryOnServer(server, ['db', '--help'], url)
  const hasAudit = help.includes('db audit') && !wasRestored
  for (const command of [['db', 'check'], ...(hasAudit ? [['db', 'audit']] : [])]) {
    const { code, stdout, stderr } = await tryOnServer(server, command, url)
    if (code !== 0) problems.push(`monitor ${command.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  }
  return problems
}

const listUntold = ({ events }: FastSender, { taken }: Receiver) =>
  events
    .map(({ host, metric, isClosed }) => `${host} ${metric} ${isClosed ? 'closed' : 'open'}`)
    .filter((key) => !taken.has(key))

/** What a receiver let hang is tried again after hours: the server is started with a clock that is as far. */
async function compareNotifications({ server, sender, receiver }: World, token: string): Promise<string[]> {
  receiver.set('well')
  for (const later of [0, HOURS_LATER]) {
    if (later > 0 && HAS_FAKETIME) {
      await server.end('SIGTERM')
      server.setClock(later)
      await server.start()
    }
    const end = performance.now() + (later === 0 ? 25_000 : 60_000)
    while (listUntold(sender, receiver).length > 0 && performance.now() < end) await Bun.sleep(500)
  }
  const untold = listUntold(sender, receiver)
  if (untold.length === 0) return []
  const stories = await Promise.all(untold.slice(0, 5).map((key) => tellStory(server, token, key)))
  return [`${untold.length} of ${sender.events.length} notifications did not arrive:\n${stories.join('\n')}`]
}

/** All that the server knows of the event of a notification that did not arrive. */
async function tellStory(server: Part, token: string, key: string): Promise<string> {
  const [host, metric] = key.split(' ')
  const { events } = await ask<{ events: { id: number }[] }>(
    server,
    token,
    `events?host=${host}&metric=${metric}`,
  )
  const stories = await Promise.all(events.map(({ id }) => ask<unknown>(server, token, `events/${id}`)))
  return `${key}: ${JSON.stringify(stories)}`
}
