import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connectAgent } from '../support/fake-agent.ts'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

const PATIENCE = 60_000
let cwd: string
const running: RunningMonitor[] = []
beforeAll(() => {
  cwd = makeTempDir()
})
afterAll(async () => {
  for (const one of running) await one.stop()
  rmSync(cwd, { recursive: true, force: true })
})

const settings = (...all: string[]) => all.flatMap((one) => ['--set', one])
const run = (dir: string, ...words: string[]) => runMonitor(['--data-dir', join(cwd, dir), ...words], { cwd })

async function start(role: string, dir: string, ...words: string[]): Promise<RunningMonitor> {
  const started = await startMonitor([role, '--data-dir', join(cwd, dir), ...words], { cwd })
  running.push(started)
  return started
}
const startServer = (dir: string, ...words: string[]) =>
  start(
    'server',
    dir,
    '--no-events',
    ...settings('web.port=0', 'collect.port=0', 'collect.tls_port=0', ...words),
  )
const startAgent = (dir: string, name: string, ...words: string[]) =>
  start('agent', dir, ...settings(`agent.name=${name}`, 'agent.interval=1s'), ...words)
const taken = /the server accepts samples/

async function makeCode(server: RunningMonitor, dir: string, ...words: string[]): Promise<string> {
  const address = `127.0.0.1:${server.ports.collect_tls}`
  const made = await run(dir, 'enroll', 'create', '--server', address, ...words)
  expect([made.code, made.stderr]).toEqual([0, ''])
  return made.stdout.trim()
}

test(
  'without a passphrase a machine joins by a code, goes on by its key alone, and nobody else gets in',
  async () => {
    const server = await startServer('off', 'collect.passphrase=off')
    expect(existsSync(join(cwd, 'off', 'passphrase'))).toBe(false)
    const stranger = await connectAgent(server.ports.collect ?? 0, 'off')
    stranger.say('web09').catch(() => {})
    expect(await server.waitFor(/refused .*reason=passphrase/)).toContain('from=127.0.0.1')
    stranger.close()

    const code = await makeCode(server, 'off', '--expires', '10m')
    expect((await run('off', 'enroll', 'list')).stdout).toMatch(/any new one +1 /)
    const agent = await startAgent('a', 'web01', '--enroll', code)
    await agent.waitFor(taken)
    expect((await run('off', 'enroll', 'list')).stdout).not.toContain('any new one')
    expect(statSync(join(cwd, 'a', 'agent-key')).mode & 0o777).toBe(0o600)
    await agent.stop()

    // After a restart the agent needs neither the code nor any setting, and a used code does no harm.
    const again = await startAgent('a', 'web01', '--enroll', code)
    await again.waitFor(taken)
    await again.stop()
    const second = await run('b', 'enroll', 'use', code)
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('used up')
    const asOther = await startAgent('a', 'web02')
    expect(await asOther.waitFor(/sending failed/)).toContain('has to be enrolled')
    await asOther.stop()

    const bare = await startAgent('a', 'web01')
    await bare.waitFor(taken)
    // A deleted host is refused, on its open connection too.
    expect((await run('off', 'host', 'delete', 'web01')).code).toBe(0)
    await bare.waitFor(/sending failed/)
    expect((await run('off', 'host', 'list')).stdout).not.toContain('web01')
  },
  PATIENCE,
)

test(
  'a code is for its server alone, whole or not at all, and takes over the name that it was made for',
  async () => {
    const server = await startServer('two')
    const code = await makeCode(server, 'two', '--host', 'WEB01')
    const cut = await run('c', 'enroll', 'use', code.slice(0, -4))
    expect([cut.code, cut.stderr]).toEqual([64, expect.stringContaining('not all of one')])

    const other = await startServer('other')
    const misled = await runMonitor(
      [
        '--data-dir',
        join(cwd, 'two'),
        'enroll',
        'create',
        '--server',
        `127.0.0.1:${other.ports.collect_tls}`,
      ],
      { cwd },
    )
    const refused = await run('c', '--set', 'agent.name=web01', 'enroll', 'use', misled.stdout.trim())
    expect(refused.stderr).toContain('another certificate')

    const passphrase = readFileSync(join(cwd, 'two', 'passphrase'), 'utf8').trim()
    const old = await connectAgent(server.ports.collect ?? 0, passphrase)
    await old.say('web01')
    const joined = await run('c', '--set', 'agent.name=web01', 'enroll', 'use', code)
    expect([joined.code, joined.stdout]).toEqual([0, 'This machine is enrolled.\n'])
    old.say('web01').catch(() => {})
    await server.waitFor(/refused .*reason=key/)
    old.close()
    const agent = await startAgent('c', 'web01')
    await agent.waitFor(taken)
    await agent.stop()
  },
  PATIENCE,
)

test(
  'a new host waits until somebody approves it, and then brings all that it has kept; an agent of the server needs neither',
  async () => {
    const server = await start(
      'server',
      'wait',
      '--no-events',
      '--agent',
      ...settings('web.port=0', 'collect.port=0', 'collect.tls_port=0', 'collect.new_hosts=approve'),
      ...settings('agent.name=self', 'agent.interval=1s'),
    )
    await server.waitFor(taken)
    const agent = await startAgent(
      'd',
      'web01',
      ...settings(
        `agent.server=127.0.0.1:${server.ports.collect}`,
        `agent.passphrase_file=${join(cwd, 'wait', 'passphrase')}`,
      ),
    )
    expect(await agent.waitFor(/sending failed/)).toContain('waits for approval')
    expect((await run('wait', 'host', 'waiting')).stdout).toContain('web01')
    expect((await run('wait', 'host', 'list')).stdout).not.toContain('web01')
    expect((await run('wait', 'host', 'approve', 'web01')).code).toBe(0)
    await agent.waitFor(taken)
    expect((await run('wait', 'host', 'list')).stdout).toContain('web01')
    expect((await run('wait', 'host', 'approve', 'web01')).stderr).toContain('no host "web01" waits')
  },
  PATIENCE,
)
