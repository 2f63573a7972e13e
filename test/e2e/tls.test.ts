import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsFiles } from '../../src/lib/tls/certificate.ts'
import { FULL_VERSION } from '../../src/lib/version.ts'
import { FROM_SOURCE, makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'
import { type Authority, makeAuthority, makeOwn, readShown } from '../support/tls.ts'

const PATIENCE = 30_000
const ANY_PORTS = ['web.port=0', 'web.tls_port=0', 'collect.port=0', 'collect.tls_port=0']

let cwd: string
let ca: Authority
let running: RunningMonitor[] = []
beforeAll(() => {
  cwd = makeTempDir()
  ca = makeAuthority(cwd, 'ca')
})
afterEach(async () => {
  for (const one of running) await one.stop()
  running = []
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const settings = (...words: string[]) => words.flatMap((word) => ['--set', word])

async function start(role: string, folder: string, ...words: string[]): Promise<RunningMonitor> {
  const ports = role.startsWith('agent') ? [] : ANY_PORTS
  const args = [...role.split(' '), '--data-dir', join(cwd, folder), ...settings(...ports, ...words)]
  const started = await startMonitor(args, { cwd })
  running.push(started)
  return started
}

/** An agent on another machine: a data folder of its own with the server's passphrase in it. */
function startAgent(server: string, folder: string, name: string, ...words: string[]) {
  mkdirSync(join(cwd, folder), { recursive: true })
  cpSync(join(cwd, server, 'passphrase'), join(cwd, folder, 'passphrase'))
  return start('agent', folder, `agent.name=${name}`, 'agent.interval=1s', ...words)
}

const run = (folder: string, ...words: string[]) =>
  runMonitor([...words, '--data-dir', join(cwd, folder)], { cwd })
const portOf = (one: RunningMonitor, role: string) => one.ports[role] ?? 0
const taken = / the server accepts samples /

function place(files: TlsFiles, name: string): string[] {
  writeFileSync(join(cwd, `${name}.crt`), files.certificate)
  writeFileSync(join(cwd, `${name}.key`), files.key)
  return [join(cwd, `${name}.crt`), join(cwd, `${name}.key`)]
}

/** Until the last sample of the host is newer than `after`. */
async function waitForHost(folder: string, name: string, after: string): Promise<void> {
  const end = performance.now() + 15_000
  for (;;) {
    const { stdout } = await run(folder, 'host', 'list')
    const line = stdout.split('\n').find((one) => one.startsWith(`${name} `)) ?? ''
    if ((/\d{4}-\S+Z/.exec(line)?.[0] ?? '') > after) return
    if (performance.now() > end) throw new Error(`${name} is not heard after ${after}:\n${stdout}`)
    await Bun.sleep(200)
  }
}

describe('what the website lacks stops the server before a port is open', () => {
  test.each([
    ['a secret that is too short', ['web.secret_file=short'], 78, 'web.secret_file'],
    [
      'a certificate that is not there',
      ['web.tls=true', 'web.tls_certificate=a.crt', 'web.tls_key=a.key'],
      1,
      'web.tls_certificate',
    ],
  ] as const)(
    '%s',
    async (name, words, expected, key) => {
      writeFileSync(join(cwd, 'short'), 'short\n')
      const folder = ['--data-dir', join(cwd, name.replaceAll(' ', '-'))]
      const { code, stderr } = await runMonitor(['server', ...folder, ...settings(...ANY_PORTS, ...words)], {
        cwd,
      })
      expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(key) })
      expect(stderr).not.toContain('listening')
    },
    PATIENCE,
  )
})

describe('a server that makes its own certificate', () => {
  test(
    'says the fingerprint at the first start only, keeps the key to itself, and is known by it',
    async () => {
      const server = await start('server --agent', 'own', 'collect.port=off', 'agent.name=server01')
      const said = /fingerprint:\n {2}([0-9a-f]{64})\n/.exec(server.stdout())?.[1] ?? ''
      expect(await readShown(portOf(server, 'collect_tls'))).toBe(said)
      expect(await server.waitFor(/ listening role=collect_tls /)).toContain(`fingerprint=${said}`)
      expect(server.ports.collect).toBeUndefined()
      expect(statSync(join(cwd, 'own', 'tls.pem')).mode & 0o777).toBe(0o600)
      // Its own agent goes over TLS where the plain port is closed.
      expect(await server.waitFor(taken)).toContain(`server=127.0.0.1:${portOf(server, 'collect_tls')}`)

      const address = `agent.server=localhost:${portOf(server, 'collect_tls')}`
      const agent = await startAgent('own', 'agent-a', 'web01', address, `agent.fingerprint=${said}`)
      await agent.waitFor(taken)
      expect(statSync(join(cwd, 'agent-a', 'agent-key')).mode & 0o777).toBe(0o600)

      const wrong = await startAgent(
        'own',
        'agent-b',
        'web02',
        address,
        `agent.fingerprint=${'0'.repeat(64)}`,
      )
      expect(await wrong.waitFor(/sending failed/)).toContain(
        `another certificate than agent.fingerprint says: ${said}`,
      )
      const foreign = `agent.ca_file=${join(cwd, 'ca-ca.pem')}`
      const blind = await startAgent('own', 'agent-c', 'web03', address, foreign)
      expect(await blind.waitFor(/sending failed/)).toContain("the server's certificate is not trusted")
      const { stdout } = await run('own', 'host', 'list')
      expect(stdout).toMatch(/^web01 .* yes$/m)
      expect(stdout).not.toMatch(/^web0[23] /m)

      const shown = await run('own', 'certificate', 'show', '--fingerprint')
      expect(shown.stdout).toBe(`${said}\n`)
      expect((await run('own', 'certificate', 'show')).stdout).toMatch(
        new RegExp(`^agents +20\\S+Z +${said}$`, 'm'),
      )
      expect((await run('nobody', 'certificate', 'show')).code).toBe(1)

      await server.stop()
      const again = await start('server', 'own')
      expect(again.stdout()).not.toContain('fingerprint')
      expect(await readShown(portOf(again, 'collect_tls'))).toBe(said)
    },
    PATIENCE,
  )

  test(
    'makes one, not two, when two processes start at once',
    async () => {
      const both = await Promise.all([start('collect', 'twice'), start('collect', 'twice')])
      const shown = await Promise.all(both.map((one) => readShown(portOf(one, 'collect_tls'))))
      expect(shown[0]).toBe(shown[1])
    },
    PATIENCE,
  )
})

test(
  'a certificate that was replaced is shown after SIGHUP, and the agent that is connected notices nothing',
  async () => {
    const [certificate, key] = place(ca.issue('one', 'DNS:localhost,IP:127.0.0.1'), 'collect')
    const files = [`collect.tls_certificate=${certificate}`, `collect.tls_key=${key}`]
    const collect = await start('collect', 'reload', ...files)
    const port = portOf(collect, 'collect_tls')
    const before = await readShown(port)
    const words = [`agent.server=localhost:${port}`, `agent.ca_file=${join(cwd, 'ca-ca.pem')}`]
    const agent = await startAgent('reload', 'agent-d', 'web01', ...words)
    await agent.waitFor(taken)

    place(ca.issue('two', 'DNS:localhost,IP:127.0.0.1'), 'collect')
    process.kill(collect.pid, 'SIGHUP')
    await collect.waitFor(/reloaded the certificate/)
    const after = await readShown(port)
    expect(after).not.toBe(before)
    await waitForHost('reload', 'web01', `${new Date().toISOString().slice(0, 19)}Z`)
    expect(agent.stderr()).not.toContain('sending failed')

    writeFileSync(certificate ?? '', 'no certificate any more')
    process.kill(collect.pid, 'SIGHUP')
    expect(await collect.waitFor(/reload failed/)).toContain('no certificate in PEM')
    expect(await readShown(port)).toBe(after)
  },
  PATIENCE,
)

test(
  'a certificate without its key, or with another one, does not start',
  async () => {
    const [certificate] = place(await makeOwn(['localhost']), 'one')
    const [, key] = place(await makeOwn(['localhost']), 'other')
    const tryWith = (...words: string[]) =>
      run('no', 'collect', ...settings('collect.port=0', 'collect.tls_port=0', ...words))
    const missing = await tryWith(`collect.tls_certificate=${certificate}`)
    expect(missing.stderr).toContain('collect.tls_key')
    expect(missing.code).toBe(78)
    const foreign = await tryWith(`collect.tls_certificate=${certificate}`, `collect.tls_key=${key}`)
    expect(foreign.stderr).toContain('the key is not that of the certificate')
    expect(foreign.code).toBe(1)
  },
  PATIENCE,
)

test(
  'a name that is taken stays with its owner until its key is forgotten',
  async () => {
    const server = await start('server', 'names')
    const address = `agent.server=127.0.0.1:${portOf(server, 'collect')}`
    const first = await startAgent('names', 'agent-e', 'web01', address)
    await first.waitFor(taken)
    const second = await startAgent('names', 'agent-f', 'web01', address)
    expect(await second.waitFor(/sending failed/)).toContain('belongs to another agent')
    expect(await server.waitFor(/refused .*reason=key/)).toContain('from=127.0.0.1')
    await first.stop()
    await second.stop()
    expect((await run('names', 'host', 'release', 'web01')).code).toBe(0)
    const third = await startAgent('names', 'agent-f', 'web01', address)
    await third.waitFor(taken)
    const back = await startAgent('names', 'agent-e', 'web01', address)
    expect(await back.waitFor(/sending failed/)).toContain('belongs to another agent')
    expect((await run('names', 'host', 'rename', 'web01', 'web02')).code).toBe(0)
    expect((await run('names', 'host', 'delete', 'web02')).code).toBe(0)
    expect((await run('names', 'host', 'delete', 'web02')).stderr).toContain('there is no host "web02"')
    expect((await run('names', 'host', 'rename', 'a/b', 'c')).code).toBe(64)
  },
  PATIENCE,
)

test(
  'the website over HTTPS: from the plain port everybody is sent there, and its certificate is replaced on SIGHUP',
  async () => {
    const [certificate, key] = place(ca.issue('site', 'DNS:localhost,IP:127.0.0.1'), 'web')
    const files = [`web.tls_certificate=${certificate}`, `web.tls_key=${key}`]
    const server = await start('server', 'https', 'web.tls=true', ...files)
    const port = portOf(server, 'web_tls')
    const opened = `Open https://localhost:${port}/`
    // It comes through another pipe than the log line that was waited for.
    for (let i = 0; i < 200 && !server.stdout().includes(opened); i++) await Bun.sleep(20)
    expect(server.stdout()).toContain(opened)
    const plain = `http://127.0.0.1:${portOf(server, 'web')}`
    const sent = await fetch(`${plain}/hosts?search=a%20b`, { redirect: 'manual' })
    expect(sent.status).toBe(308)
    expect(sent.headers.get('location')).toBe(`https://127.0.0.1:${port}/hosts?search=a%20b`)
    const health = await fetch(`${plain}/healthz`)
    expect(await health.text()).toBe('ok')

    const tls = { ca: ca.pem }
    const password = readFileSync(join(cwd, 'https', 'initial-admin-password'), 'utf8').trim()
    const signIn = await fetch(`https://localhost:${port}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: `https://localhost:${port}` },
      body: new URLSearchParams({ name: 'admin', password }),
      tls,
    })
    expect(signIn.status).toBe(303)
    expect(signIn.headers.get('set-cookie')).toMatch(/; Secure/)

    const before = await readShown(port)
    place(ca.issue('site2', 'DNS:localhost,IP:127.0.0.1'), 'web')
    process.kill(server.pid, 'SIGHUP')
    await server.waitFor(/reloaded the certificate role=web_tls/)
    expect(await readShown(port)).not.toBe(before)
    expect((await fetch(`https://localhost:${port}/login`, { tls, keepalive: false })).status).toBe(200)
  },
  PATIENCE,
)

test(
  'at a terminal SIGHUP reads again as well, but when the terminal goes the program goes too',
  async () => {
    let said = ''
    const child = Bun.spawn(
      [...FROM_SOURCE, 'collect', '--data-dir', join(cwd, 'terminal'), ...settings(...ANY_PORTS)],
      {
        cwd,
        terminal: {
          data(_, chunk) {
            said += new TextDecoder().decode(chunk)
          },
        },
      },
    )
    const until = async (words: RegExp) => {
      const end = performance.now() + 15_000
      while (!words.test(said)) {
        if (performance.now() > end) throw new Error(`waited for ${words}:\n${said}`)
        await Bun.sleep(10)
      }
    }
    await until(/ started /)
    child.kill('SIGHUP')
    await until(/reloaded the certificate/)
    child.terminal?.close()
    expect(await child.exited).toBe(0)
  },
  PATIENCE,
)

test(
  'a server makes its next certificate early: agents that know both notice nothing when it is shown',
  async () => {
    const collect = await start('collect', 'next')
    const port = portOf(collect, 'collect_tls')
    const now = await readShown(port)
    const data = ['--data-dir', join(cwd, 'next')]
    const made = await runMonitor(['certificate', 'new', ...data], { cwd })
    const next = made.stdout.split('\n')[0] ?? ''
    expect(made.stdout).toContain(`agent.fingerprint = ["${now}", "${next}"]`)
    expect((await runMonitor(['certificate', 'new', ...data], { cwd })).stdout).toStartWith(`${next}\n`)
    expect((await runMonitor(['certificate', 'show', ...data], { cwd })).stdout).toMatch(
      new RegExp(`^next +\\S+ +${next}$`, 'm'),
    )
    const agent = await startAgent(
      'next',
      'agent-next',
      'web09',
      `agent.server=tls://127.0.0.1:${port}`,
      `agent.fingerprint=${now},${next}`,
    )
    await agent.waitFor(taken)
    expect((await runMonitor(['certificate', 'switch', ...data], { cwd })).code).toBe(0)
    process.kill(collect.pid, 'SIGHUP')
    await collect.waitFor(new RegExp(`reloaded the certificate .*${next}`))
    expect(await readShown(port)).toBe(next)
    await waitForHost('next', 'web09', `${new Date().toISOString().slice(0, 19)}Z`)
    expect((await runMonitor(['certificate', 'switch', ...data], { cwd })).stderr).toContain(
      'there is no next certificate',
    )
  },
  PATIENCE,
)

test('what is still to be done to agents is listed while passphrase and certificate are changed', async () => {
  const server = await start(
    'server',
    'view',
    'collect.passphrase=the new one',
    'collect.passphrase_previous=the old one',
  )
  const { stdout } = await run('view', 'certificate', 'show', '--fingerprint')
  const fingerprint = stdout.trim()
  const agent = await start(
    'agent',
    'view-agent',
    ...['agent.name=old01', 'agent.interval=1s', 'agent.passphrase=the old one'],
    ...[`agent.server=127.0.0.1:${portOf(server, 'collect_tls')}`, `agent.fingerprint=${fingerprint}`],
  )
  await agent.waitFor(taken)
  await waitForHost('view', 'old01', '')
  const list = async (...words: string[]) =>
    JSON.parse((await run('view', 'host', 'agents', '--json', ...words)).stdout).agents
  const known = {
    name: 'old01',
    version: FULL_VERSION,
    admitted_by: 'previous passphrase',
    fingerprints: [fingerprint],
    last_seen: expect.any(Number),
  }
  expect(await list()).toEqual([{ ...known, behind: ['passphrase'] }])
  expect((await run('view', 'certificate', 'new')).code).toBe(0)
  expect(await list('--behind')).toEqual([{ ...known, behind: ['passphrase', 'certificate'] }])
  await agent.stop()
  const next = (await run('view', 'certificate', 'show', '--json')).stdout
  const prints: string[] = JSON.parse(next).certificates.map(
    (one: { fingerprint: string }) => one.fingerprint,
  )
  const mended = await start(
    'agent',
    'view-agent',
    ...['agent.name=old01', 'agent.interval=1s', 'agent.passphrase=the new one'],
    ...[
      `agent.server=127.0.0.1:${portOf(server, 'collect_tls')}`,
      `agent.fingerprint=${[...new Set(prints)].join(',')}`,
    ],
  )
  await mended.waitFor(taken)
  for (let tries = 0; (await list('--behind')).length > 0 && tries < 50; tries++) await Bun.sleep(100)
  expect(await list('--behind')).toEqual([])
  expect(await list()).toMatchObject([{ admitted_by: 'passphrase', fingerprints: { length: 2 } }])
})
