import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAgent } from '../support/fake-agent.ts'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

let cwd = ''
let server: RunningMonitor
const write = (text: string) => writeFileSync(join(cwd, 'monitor.toml'), text)
const BASE = '[web]\nport = 0\n[agent]\ninterval = "1s"\n'
beforeAll(async () => {
  cwd = makeTempDir()
  write(`${BASE}[collect]\nport = 0\ntls_port = "off"\npassphrase = "the first one"\n`)
  server = await startMonitor(['server', '--agent'], { cwd })
})
afterAll(async () => {
  await server.stop()
  rmSync(cwd, { recursive: true, force: true })
})

/** Everything that is logged from now until the reload is over. */
async function reload(): Promise<string> {
  const before = server.stderr().length
  process.kill(server.pid, 'SIGHUP')
  const isOver = () =>
    /applied changed|need a restart|no setting has changed|configuration is invalid/.test(
      server.stderr().slice(before),
    )
  for (let tries = 0; !isOver() && tries < 100; tries++) await Bun.sleep(50)
  await Bun.sleep(100)
  return server.stderr().slice(before)
}

test('SIGHUP takes up passphrases, channels, thresholds and the level of the log, and names what needs a restart', async () => {
  expect(await reload()).toContain('no setting has changed')
  write(
    `${BASE}default_thresholds = false\nthreshold = [{ metric = "perf.memory.percent.used", severity = 3, value = 0, duration = "0s" }]\n` +
      '[collect]\nport = 0\ntls_port = "off"\npassphrase = "the second one"\npassphrase_previous = "the first one"\naddress = "127.0.0.1"\n' +
      '[mail]\nserver = "mail.example.org"\n[log]\nlevel = "debug"\nformat = "json"\n[webhook]\nsecret = "a long secret"\n',
  )
  const said = await reload()
  for (const key of [
    'collect.passphrase',
    'collect.passphrase_previous',
    'agent.threshold',
    'agent.default_thresholds',
    'mail.server',
    'log.level',
  ])
    expect(said).toMatch(
      new RegExp(`applied changed settings settings=.*\\b${key.replaceAll('.', '\\.')}\\b`),
    )
  const left = 'changed settings need a restart settings="collect.address, log.format"\n'
  expect(said).toContain(left)
  expect(said).not.toContain('the second one')
  expect(await reload()).toContain(left)
  const events = async () =>
    JSON.parse((await runMonitor(['event', 'list', '--json'], { cwd })).stdout).events
  for (let tries = 0; (await events()).length === 0 && tries < 40; tries++) await Bun.sleep(250)
  expect(await events()).toMatchObject([{ metric: expect.stringContaining('memory'), severity: 3 }])
})

test('a passphrase that is gone is refused from then on, and the one of now is taken', async () => {
  write(`${BASE}[collect]\nport = 0\ntls_port = "off"\npassphrase = "the second one"\n`)
  await reload()
  const say = async (passphrase: string) => {
    const agent = await connectAgent(server.ports.collect ?? 0, passphrase)
    try {
      // The answer to a wrong passphrase names no batch.
      return await Promise.race([
        agent.say('web99').then(() => 'stored'),
        Bun.sleep(1500).then(() => 'refused'),
      ])
    } catch (error) {
      return String(error)
    } finally {
      agent.close()
    }
  }
  expect(await say('the first one')).toBe('refused')
  expect(await say('the second one')).toBe('stored')
})

test('bounds on growth are taken up: a host that had no room comes in', async () => {
  const rest = 'port = 0\ntls_port = "off"\npassphrase = "the second one"\n'
  const say = async (host: string) => {
    const agent = await connectAgent(server.ports.collect ?? 0, 'the second one')
    try {
      return await Promise.race([agent.say(host).then(() => 'stored'), Bun.sleep(1500).then(() => 'refused')])
    } catch (error) {
      return String(error)
    } finally {
      agent.close()
    }
  }
  write(`${BASE}[collect]\n${rest}max_hosts = 2\n`)
  expect(await reload()).toContain('collect.max_hosts')
  expect(await say('web98')).not.toBe('stored')
  write(`${BASE}[collect]\n${rest}max_hosts = 3\n`)
  await reload()
  expect(await say('web98')).toBe('stored')
})

test('another root of the machine is looked at there and then', async () => {
  const rest = '[collect]\nport = 0\ntls_port = "off"\npassphrase = "the second one"\n'
  write(`${BASE}host_root = "/nosuch"\n${rest}`)
  const said = await reload()
  expect(said).toContain('reload failed; the previous settings stay in effect part=agent')
  expect(said).toContain('agent.host_root = \\"/nosuch\\": expected the folder where the root of the machine')
  write(`${BASE}${rest}`)
  await reload()
})

test('a wrong configuration changes nothing, and every error is reported', async () => {
  write(`${BASE}[collect]\nport = 0\npassphrase = "the third one"\n[log]\nlevel = "loud"\n`)
  const said = await reload()
  expect(said).toContain('the configuration is invalid; the previous one stays in effect')
  expect(said).toContain('log.level')
  expect(said).not.toContain('applied changed')
})
