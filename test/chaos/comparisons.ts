import { computeValue, type FastSender, METRICS } from './fast-sender.ts'
import type { Harness } from './faults/harness.ts'
import { ALWAYS, HAS_FAKETIME, type Part, tryOnServer } from './parts.ts'
import type { Receiver } from './receiver.ts'

/** The times of the sender's frames go no further than this beyond the first, in seconds. */
const LONGEST_RUN = 3 * 86_400
/** How long the server and its agents may take to agree once everything works. */
export const CALM_MS = 120_000
/** A receiver that hung was perhaps told already; the next attempt is hours away. */
const HOURS_LATER = 7 * 3600

async function ask<T>(server: Part, token: string, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${server.ports.web}/api/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Every sample that was acknowledged, once, with its value; and nothing else. */
export async function compareSamples(
  server: Part,
  token: string,
  { hosts, firstTime }: FastSender,
): Promise<string[]> {
  const problems: string[] = []
  for (const { name, acknowledged } of hosts)
    for (const metric of METRICS) {
      const path = `hosts/${name}/metrics/${metric}?from=${firstTime}&to=${firstTime + LONGEST_RUN}`
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
export async function compareOpenEvents(
  server: Part,
  token: string,
  agents: readonly Part[],
): Promise<string[]> {
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

export async function checkDatabase(server: Part, url: string | null): Promise<string[]> {
  const { code, stdout, stderr } = await tryOnServer(server, ['db', 'check'], url)
  return code === 0 ? [] : [`monitor db check ended with ${code}:\n${stdout}${stderr}`]
}

type AuditedHost = {
  host: string
  expected: number
  present: number
  missing: Record<string, number>
  samples: { doubled: number; differences: { acknowledged: number; there: number; damaged: boolean }[] }
}

/** Every hole has a reason, and nothing is there twice. */
export async function auditData(
  server: Part,
  url: string | null,
  say: (line: string) => void,
): Promise<string[]> {
  const { code, stdout, stderr } = await tryOnServer(server, ['db', 'audit', '--json'], url)
  if (!stdout.startsWith('{')) return [`monitor db audit ended with ${code}:\n${stdout}${stderr}`]
  const { hosts } = JSON.parse(stdout) as { hosts: AuditedHost[] }
  const problems: string[] = []
  for (const { host, expected, present, missing, samples } of hosts) {
    say(`audit of ${host}: ${present} of ${expected} present, missing ${JSON.stringify(missing)}`)
    const fewer = samples.differences.filter((day) => !day.damaged && day.there < day.acknowledged)
    if (samples.doubled > 0) problems.push(`the audit finds ${samples.doubled} samples of ${host} doubled`)
    if (fewer.length > 0)
      problems.push(`the audit finds fewer samples of ${host} than acknowledged: ${JSON.stringify(fewer)}`)
    if ((missing.unexplained ?? 0) > 0)
      problems.push(`the audit has no reason for ${missing.unexplained} missing of ${host}`)
  }
  if (code !== 0 && problems.length === 0) problems.push(`monitor db audit ended with ${code}:\n${stdout}`)
  return problems
}

/** The same notification twice has the same id: only then a receiver can tell. */
export function listDoubled({ taken }: Receiver, { events }: FastSender): string[] {
  const doubled = listKeys(events).filter((key) => (taken.get(key)?.size ?? 0) > 1)
  return doubled.length === 0
    ? []
    : [`${doubled.length} notifications came under several ids: ${doubled.slice(0, 5).join(', ')}`]
}

/** As the receiver keeps them; each of these comes once, whatever else happens. */
const listKeys = (events: FastSender['events']) =>
  events.map(({ host, metric, isClosed }) => `${host} ${metric} ${isClosed ? 'closed' : 'open'}`)

const listUntold = ({ events }: FastSender, { taken }: Receiver) =>
  listKeys(events).filter((key) => !taken.has(key))

/** What a receiver let hang is tried again after hours: the server is started with a clock that is as far. */
export async function compareNotifications(
  { server, sender, receiver }: Harness,
  token: string,
): Promise<string[]> {
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
