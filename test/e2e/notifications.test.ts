import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EventReport } from '../../src/domain/event.ts'
import { connectAgent, type FakeAgent } from '../support/fake-agent.ts'
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.ts'
import { type ReceivedMail, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

const PASSPHRASE = 'of the notices test'
const METRIC = 'perf.memory.percent.used'

const folder = makeTempDir()
let count = 0
let dataDir = ''
let receiver: HttpReceiver
let server: RunningMonitor | null = null
let agent: FakeAgent | null = null

beforeEach(() => {
  dataDir = join(folder, String(count++))
  receiver = startHttpReceiver()
})
afterEach(async () => {
  agent?.close()
  server?.signal('SIGKILL')
  await server?.exited
  await receiver.stop()
  server = null
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runMonitor([...args, '--data-dir', dataDir], { cwd: folder })
  expect({ code, stderr }).toEqual({ code: 0, stderr })
  return stdout.trim()
}

async function startServer(
  settings: Record<string, string | number> = {},
  more: readonly string[] = [],
): Promise<RunningMonitor> {
  const all = {
    'web.address': '127.0.0.1',
    'web.port': 0,
    'web.url': 'https://monitor.example.org/',
    'web.base_path': '/monitor',
    'collect.address': '127.0.0.1',
    'collect.port': 0,
    'collect.tls_port': 'off',
    'collect.passphrase': PASSPHRASE,
    'events.interval': '1s',
    ...settings,
  }
  const set = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  server = await startMonitor(['server', '--data-dir', dataDir, ...more, ...set], { cwd: folder })
  agent?.close()
  agent = await connectAgent(server.ports.collect ?? 0, PASSPHRASE)
  return server
}

const now = () => Math.floor(Date.now() / 1000)

function report(change: number, status: 'open' | 'closed', more: Partial<EventReport> = {}): EventReport {
  const message = 'Memory percent used > 95 for 15 minutes'
  return { uid: 'u1', change, time: now(), metric: METRIC, severity: 2, status, message, ...more }
}

async function until<T>(
  what: string,
  find: () => T | undefined | null | false | Promise<T | undefined | null | false>,
) {
  for (let i = 0; i < 400; i++) {
    const found = await find()
    if (found) return found
    await Bun.sleep(100)
  }
  throw new Error(`waited in vain for ${what}:\n${server?.stderr()}`)
}

const say = (host: string, ...events: EventReport[]) => agent?.say(host, events)
const bodies = (path: string) =>
  receiver.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body))
const header = (mail: ReceivedMail | undefined, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'mi').exec(mail?.content.replace(/\n[ \t]+/g, ' ') ?? '')?.[1]

/** A mail server that can be away and comes back at the same port. */
async function startMailServer() {
  const first = await startSmtpServer()
  const { port } = first
  let current: SmtpServer | null = first
  const mails = [first.mails]
  return {
    port,
    mails: () => mails.flat(),
    async goAway() {
      await current?.stop()
      current = null
    },
    async comeBack() {
      current = await startSmtpServer({ port })
      mails.push(current.mails)
    },
    stop: async () => current?.stop(),
  }
}

test('an event is mailed when it opens, escalates when nobody looks at it, and is mailed when it closes; all of it is shown', async () => {
  const smtp = await startMailServer()
  const running = await startServer({
    'mail.server': '127.0.0.1',
    'mail.port': smtp.port,
    'mail.from': 'monitor@example.org',
    'events.heartbeat_url': `${receiver.url}/alive`,
  })
  await run(
    'rule',
    'add',
    '--name',
    'ops',
    '--channel',
    'mail',
    '--target',
    'ann@example.org, bob@example.org',
  )
  await run(
    'rule',
    'add',
    '--name',
    'boss',
    '--channel',
    'webhook',
    '--target',
    `${receiver.url}/boss?key=secret`,
    '--delay',
    '3s',
    '--host',
    'web*',
  )
  await until('the heartbeat', () => receiver.requests.find(({ path }) => path === '/alive'))

  await say('web01')
  await run('host', 'groups', 'web01', 'site:ams1,shop')
  await say('web01', report(1, 'open', { value: 97.3 }))
  await until('two mails', () => smtp.mails().length === 2)
  expect(
    smtp
      .mails()
      .map(({ to }) => to.join())
      .sort(),
  ).toEqual(['ann@example.org', 'bob@example.org'])
  expect(header(smtp.mails()[0], 'Subject')).toBe('[MAJOR] web01: Memory 97.3 % (above 95 % for 15 min)')
  const [opening = ''] = smtp.mails().map(({ content }) => content.replace(/=\r?\n/g, ''))
  for (const line of [
    'Host: web01',
    'Groups: shop, site:ams1',
    'Threshold: above 95 % for 15 min',
    'Open: https://monitor.example.org/monitor/events/1',
    'Acknowledge: https://monitor.example.org/monitor/events/1/acknowledge',
    'Mute: https://monitor.example.org/monitor/events/1/mute',
  ])
    expect(opening.split(/\r?\n/)).toContain(line)
  const [escalated] = await until(
    'the escalation',
    () => bodies('/boss?key=secret').length > 0 && bodies('/boss?key=secret'),
  )
  expect(escalated).toMatchObject({ kind: 'opening', rule: 'boss', events: [{ host: 'web01', severity: 2 }] })

  await say('web01', report(2, 'open', { severity: 1, message: 'Memory percent used > 99 for 15 minutes' }))
  await agent?.say('web01', [report(3, 'closed', { severity: 1 })], { [METRIC]: 12.5 })
  await until('four mails', () => smtp.mails().length === 4)
  await until('the end for the boss', () => bodies('/boss?key=secret').length === 2)
  // What triggered it and how it is now, both in the title and below.
  const sentence = 'Memory was 97.3 % (above 95 % for 15 min), now 12.5 %'
  expect(bodies('/boss?key=secret')[1]).toMatchObject({
    kind: 'closing',
    subject: `[CLOSED] web01: ${sentence}`,
    events: [{ status: 'closed', sentence, value: 97.3, current: 12.5 }],
  })
  expect(header(smtp.mails()[3], 'Subject')).toBe(`[CLOSED] web01: ${sentence}`)
  expect(smtp.mails()[3]?.content).toMatch(/^Triggering value: 97\.3 %\r?\nValue now: 12\.5 %\r?$/m)
  expect(smtp.mails()[3]?.content).toMatch(/^Duration: \d+ seconds?\r?$/m)
  const ids = smtp.mails().map((mail) => header(mail, 'Message-ID'))
  expect(new Set(ids).size).toBe(4)

  const token = await run('token', 'create', '--user', 'admin', '--name', 'test')
  const response = await fetch(`http://127.0.0.1:${running.ports.web}/api/v1/events/1`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const event = (await response.json()) as {
    history: { action: string }[]
    deliveries: { target: string; state: string; attempts: { taken: boolean; answer: string }[] }[]
  }
  expect(event.history.map(({ action }) => action)).toEqual(['opened', 'severity', 'closed'])
  expect(event.deliveries).toHaveLength(6)
  expect(event.deliveries.every(({ state }) => state === 'sent')).toBe(true)
  expect(event.deliveries.map(({ target }) => target)).toContain(`${receiver.url}/…`)
  expect(event.deliveries[0]?.attempts).toMatchObject([
    { delivered: true, answer: expect.stringContaining('250') },
  ])
  expect(await run('event', 'list', '--status', 'closed')).toContain('web01')
  await smtp.stop()
}, 60_000)

test('a mail server that is away gets the opening before the closing once it is back', async () => {
  const smtp = await startMailServer()
  await smtp.goAway()
  await startServer({ 'mail.server': '127.0.0.1', 'mail.port': smtp.port })
  await run('rule', 'add', '--name', 'ops', '--channel', 'mail', '--target', 'ann@example.org')
  await say('web01', report(1, 'open'))
  await server?.waitFor(/notification failed, will retry/)
  await say('web01', report(2, 'closed'))
  await Bun.sleep(2000)
  await smtp.comeBack()
  await until('both mails', () => smtp.mails().length === 2)
  expect(smtp.mails().map((mail) => header(mail, 'Subject'))).toEqual([
    '[MAJOR] web01: Memory above 95 % for 15 min',
    '[CLOSED] web01: Memory was above 95 % for 15 min',
  ])
  await smtp.stop()
}, 60_000)

test('killed while it sends, the server sends again with the same key, and nothing is lost', async () => {
  await startServer()
  await run('rule', 'add', '--name', 'all', '--channel', 'webhook', '--target', `${receiver.url}/hook`)
  receiver.answer = () => 'hang'
  await say('web01', report(1, 'open'))
  await until('the first try', () => receiver.requests.length === 1)
  // Committed, but perhaps no rule was evaluated or nothing was sent yet: it must be notified in any case.
  await say('web01', report(2, 'closed'))
  await say('web02', report(1, 'open', { uid: 'u2' }))
  server?.signal('SIGKILL')
  await server?.exited
  receiver.answer = () => 200
  await startServer()
  await until('all three', () => receiver.requests.length >= 4)
  const keys = receiver.requests.map(({ headers }) => headers.get('idempotency-key'))
  expect(keys[1]).toBe(keys[0] ?? '')
  expect(new Set(keys).size).toBe(3)
  expect(
    bodies('/hook')
      .slice(1)
      .map(({ kind, events }) => `${kind} ${events[0].host}`)
      .sort(),
  ).toEqual(['closing web01', 'opening web01', 'opening web02'])
  const order = bodies('/hook').filter(({ events }) => events[0].host === 'web01')
  expect(order.map(({ kind }) => kind)).toEqual(['opening', 'opening', 'closing'])
}, 60_000)

test('a host that dies is notified once, and its next packet closes the event; a host that goes on has none', async () => {
  await startServer({ 'events.availability_check': '3s' })
  await run('rule', 'add', '--name', 'all', '--channel', 'webhook', '--target', `${receiver.url}/hook`)
  await say('web01', report(1, 'open'))
  await say('web02')
  const alive = setInterval(() => say('web02'), 500)
  try {
    const silent = () => bodies('/hook').filter(({ events }) => /availability/.test(events[0].metric))
    await until('the event of silence', () => silent().length === 1)
    expect(silent()[0]).toMatchObject({
      kind: 'opening',
      events: [{ host: 'web01', metric: 'perf.system.availability.seconds', severity: 1 }],
    })
    await say('web01')
    await until('its end', () => silent().length === 2)
    expect(silent()[1]).toMatchObject({ kind: 'closing', events: [{ host: 'web01', status: 'closed' }] })
    await Bun.sleep(1500)
    expect(silent().every(({ events }) => events[0].host === 'web01')).toBe(true)
    expect(await run('event', 'list')).toContain('Memory above 95 % for 15 min')
  } finally {
    clearInterval(alive)
  }
}, 60_000)

test('a process on a machine with a real agent opens an event, escalates it and closes it, and each is mailed', async () => {
  const smtp = await startMailServer()
  const config = join(folder, 'agent.toml')
  const metric = 'perf.process.runaway-job.state'
  const threshold = (severity: number, duration: string) =>
    `{ metric = "${metric}", severity = ${severity}, compare = "=", value = 1, duration = "${duration}", clear_after = "1s" }`
  await Bun.write(
    config,
    `[agent]\nname = "real"\ninterval = "1s"\nprocesses = ["runaway-job"]\nthreshold = [${threshold(3, '1s')}, ${threshold(1, '5s')}]\n`,
  )
  await startServer({ 'mail.server': '127.0.0.1', 'mail.port': smtp.port }, ['--agent', '--config', config])
  await run(
    ...['rule', 'add', '--name', 'ops', '--channel', 'mail', '--target', 'ann@example.org'],
    ...['--metric', 'perf.process.%', '--on', 'opening,closing,severity'],
  )
  const program = join(folder, 'runaway-job')
  copyFileSync('/bin/sleep', program)
  chmodSync(program, 0o755)
  const job = Bun.spawn([program, '60'])
  try {
    await until('the escalation', () => smtp.mails().length === 2)
  } finally {
    job.kill('SIGKILL')
  }
  await until('the closing', () => smtp.mails().length === 3)
  expect(smtp.mails().map((mail) => header(mail, 'Subject'))).toEqual([
    '[WARNING] real: Process runaway-job is running',
    '[CRITICAL] real: Process runaway-job is running',
    '[CLOSED] real: Process runaway-job was running, it no longer is',
  ])
  expect(await run('event', 'list', '--status', 'all', '--host', 'real')).toContain('closed')
  await smtp.stop()
}, 60_000)
