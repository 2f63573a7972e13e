import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventReport } from '../../src/domain/event.ts'
import { expectFailure } from '../support/failure.ts'
import { connectAgent, type FakeAgent } from '../support/fake-agent.ts'
import { signInFirst } from '../support/first-sign-in.ts'
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.ts'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'
import { HAS_MARIADB, type Mariadb, startMariadb } from '../support/sql/mariadb.ts'

const PASSPHRASE = 'of several machines'
const METRIC = 'perf.memory.percent.used'
const PATIENCE_MS = 120_000

/**
 * Roles in processes of their own, each with a data folder of its own as on machines of their own, on one
 * MariaDB.
 */
describe.skipIf(!HAS_MARIADB)('several machines', () => {
  let maria: Mariadb
  let folder: string
  let url = ''
  let running: RunningMonitor[]
  let agents: FakeAgent[]
  let receiver: HttpReceiver

  beforeAll(async () => {
    maria = await startMariadb()
  }, PATIENCE_MS)
  afterAll(() => maria.remove())
  beforeEach(async () => {
    folder = makeTempDir()
    writeFileSync(join(folder, 'web-secret'), 'a secret of 32 characters at least')
    running = []
    agents = []
    url = await maria.createDatabase()
    receiver = startHttpReceiver()
  })
  afterEach(async () => {
    for (const agent of agents) agent.close()
    for (const program of running) program.signal('SIGKILL')
    await Promise.all(running.map((program) => program.exited))
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const settings = (machine: string) => [
    ...['--data-dir', join(folder, machine)],
    ...Object.entries({
      'database.url': url,
      'web.address': '127.0.0.1',
      'web.port': 0,
      // The web secret is the same for every server over one database: a second one without it does not start.
      'web.secret_file': join(folder, 'web-secret'),
      'collect.address': '127.0.0.1',
      'collect.port': 0,
      'collect.tls_port': 'off',
      'collect.passphrase': PASSPHRASE,
      'events.interval': '1s',
    }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ]

  async function start(machine: string, ...role: string[]): Promise<RunningMonitor> {
    const program = await startMonitor([...role, ...settings(machine)], { cwd: folder })
    running.push(program)
    return program
  }

  async function connect(collect: RunningMonitor): Promise<FakeAgent> {
    const agent = await connectAgent(collect.ports.collect ?? 0, PASSPHRASE)
    agents.push(agent)
    return agent
  }

  const addRule = async () => {
    const args = ['rule', 'add', '--name', 'all', '--channel', 'webhook', '--target', `${receiver.url}/hook`]
    const { code, stderr } = await runMonitor([...args, ...settings('shell')], { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr })
  }

  const report = (uid: string, status: 'open' | 'closed' = 'open'): EventReport => ({
    uid,
    change: status === 'open' ? 1 : 2,
    time: Math.floor(Date.now() / 1000),
    metric: `${METRIC}.${uid}`,
    severity: 2,
    status,
    message: `Memory of ${uid}`,
  })

  type Notification = { kind: string; events: { metric: string }[] }
  const notified = () =>
    receiver.requests.flatMap(({ body }) => {
      const { kind, events } = JSON.parse(body) as Notification
      return events.map(({ metric }) => `${kind} ${metric.slice(METRIC.length + 1)}`)
    })

  async function until(what: string, find: () => unknown, seconds = 40) {
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      if (await find()) return
      await Bun.sleep(100)
    }
    throw new Error(`waited in vain for ${what}:\n${running.map((program) => program.stderr()).join('\n')}`)
  }

  const get = (web: RunningMonitor, path: string, cookie = '') =>
    // A browser reaches both under one address; here each has a port, which is part of the name of the cookie.
    fetch(`http://127.0.0.1:${web.ports.web}${path}`, {
      headers: { cookie: cookie.replace(/-\d+=/, `-${web.ports.web}=`) },
      redirect: 'manual',
    })

  async function signIn(web: RunningMonitor): Promise<string> {
    const file = ['web1', 'web2']
      .map((machine) => join(folder, machine, 'initial-admin-password'))
      .find((path) => existsSync(path) && running.some((program) => program.stdout().includes(path)))
    return signInFirst(`http://127.0.0.1:${web.ports.web}`, file ?? join(folder, 'none'))
  }

  test(
    'share sessions, hosts and events; a new event engine takes over within 30 s, and tells each thing once',
    async () => {
      const [collect1, collect2, web1, web2] = await Promise.all([
        start('collect1', 'collect'),
        start('collect2', 'collect'),
        start('web1', 'server', '--no-collect', '--no-events'),
        start('web2', 'server', '--no-collect', '--no-events'),
      ])
      await addRule()
      const first = await start('events1', 'events')
      const second = await start('events2', 'events')
      const [one, two] = [await connect(collect1), await connect(collect2)]

      const cookie = await signIn(web1)
      for (const web of [web1, web2]) expect((await get(web, '/hosts', cookie)).status).toBe(200)

      await Promise.all([one.say('alpha', [report('a1')]), two.say('beta', [report('b1')])])
      await until('two notifications', () => notified().length === 2)
      await until('both hosts on both sites', async () => {
        for (const web of [web1, web2]) {
          const markup = await (await get(web, '/hosts', cookie)).text()
          if (!markup.includes('alpha') || !markup.includes('beta')) return false
        }
        return true
      })
      // The agent of a host may connect to another engine at any time, and report again.
      await two.say('alpha', [report('a1')])

      await until('one that stands by', () => /on standby/.test(second.stderr()))
      first.signal('SIGKILL')
      await first.exited
      const died = performance.now()
      await one.say('alpha', [report('a2')])
      await two.say('beta', [report('b1', 'closed')])
      await until('the other engine', () => notified().length === 4)
      expect(performance.now() - died).toBeLessThan(30_000)
      expect(second.stderr()).toContain('takes over')
      await Bun.sleep(2500)
      expect(notified().sort()).toEqual(['closing b1', 'opening a1', 'opening a2', 'opening b1'])
    },
    PATIENCE_MS,
  )

  test(
    'wait for a database that is away: agents keep their data, the website says so, and all go on by themselves',
    async () => {
      const collect = await start('collect1', 'collect')
      const web = await start('web1', 'server', '--no-collect', '--no-events')
      await addRule()
      await start('events1', 'events')
      const agent = await connect(collect)
      await agent.say('alpha')
      const cookie = await signIn(web)
      expect((await get(web, '/hosts', cookie)).status).toBe(200)

      maria.kill('SIGKILL')
      await maria.ended()
      await expectFailure(agent.say('alpha', [report('a1')]), /"retry":true/)
      const page = await get(web, '/hosts', cookie)
      expect(page.status).toBe(503)
      expect(page.headers.get('retry-after')).toBe('10')
      expect(await page.text()).toContain('The database does not respond')
      expect((await get(web, '/healthz')).status).toBe(503)
      // A role that starts now waits too.
      const late = start('collect2', 'collect')
      await Bun.sleep(3000)

      await maria.start()
      await until('the agent', async () =>
        agent.say('alpha', [report('a1')]).then(
          () => true,
          () => false,
        ),
      )
      await until('the website', async () => (await get(web, '/hosts', cookie)).status === 200)
      await until('health', async () => (await get(web, '/healthz')).status === 200)
      await until('the notification', () => notified().length === 1)
      expect((await late).stderr()).toContain('waiting for the database')
      await (await connect(await late)).say('beta')
      expect(notified()).toEqual(['opening a1'])
    },
    PATIENCE_MS,
  )
})
