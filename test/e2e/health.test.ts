import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

/** A port that is free now. */
function findFreePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}

describe('monitor health', () => {
  let cwd = ''
  let monitor: RunningMonitor
  const health = (...words: string[]) => runMonitor(['health', ...words], { cwd })
  beforeAll(async () => {
    cwd = makeTempDir()
    const [web, tls, plain, collect] = [findFreePort(), findFreePort(), findFreePort(), findFreePort()]
    writeFileSync(
      join(cwd, 'monitor.toml'),
      `[web]\nport = ${web}\ntls = true\ntls_port = ${tls}\n[collect]\nport = ${plain}\ntls_port = ${collect}\n[agent]\ninterval = "1s"\n`,
    )
    const before = await health('collect')
    expect(before).toMatchObject({ code: 1, stdout: expect.stringContaining('it was never started') })
    monitor = await startMonitor(['server', '--agent'], { cwd })
  })
  afterAll(async () => {
    rmSync(cwd, { recursive: true, force: true })
  })

  test('says in one line that a role is well', async () => {
    const roles = ['server', 'collect', 'events', 'agent']
    for (let tries = 0; (await health('agent')).code !== 0 && tries < 50; tries++) await Bun.sleep(100)
    const answers = await Promise.all(roles.map((role) => health(role)))
    expect(answers.map(({ stdout, stderr }) => stdout.replace(/: ok: .*\n$/, '') + stderr)).toEqual(roles)
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect((await health()).stdout).toStartWith('server: ok: https://127.0.0.1:')
  })

  test('says why nothing of an agent is acknowledged, though its queue is written all the time', async () => {
    const other = makeTempDir()
    writeFileSync(
      join(other, 'monitor.toml'),
      `[agent]\ninterval = "1s"\nserver = "127.0.0.1:${monitor.ports.collect}"\npassphrase = "not that of the server"\n`,
    )
    const agent = await startMonitor(['agent'], { cwd: other })
    await agent.waitFor(/sending failed/)
    let answer = await runMonitor(['health', 'agent'], { cwd: other })
    for (let tries = 0; !answer.stdout.includes('last error') && tries < 30; tries++) {
      await Bun.sleep(300)
      answer = await runMonitor(['health', 'agent'], { cwd: other })
    }
    expect(answer.stdout).toMatch(
      /^agent: FAILED: nothing acknowledged yet; \d+ waiting; last error: 127\.0\.0\.1:\d+: .*passphrase.*\n$/,
    )
    expect(answer.code).toBe(1)
    await agent.stop()
    rmSync(other, { recursive: true, force: true })
  })

  test('says in one line that it is not', async () => {
    expect(await monitor.stop()).toBe(0)
    const long = new Date(Date.now() - 3600_000)
    utimesSync(join(cwd, 'monitor-data', 'events-heartbeat'), long, long)
    const status = join(cwd, 'monitor-data', 'agent-status.json')
    const kept = JSON.parse(readFileSync(status, 'utf8'))
    writeFileSync(status, JSON.stringify({ ...kept, time: kept.time - 3600 }))
    for (const role of ['server', 'collect', 'events', 'agent']) {
      const { code, stdout } = await health(role)
      expect(stdout).toMatch(new RegExp(`^${role}: FAILED: .*\n$`))
      expect(code).toBe(1)
    }
  })

  test('a role that does not exist is an error on the command line', async () =>
    expect((await health('wizard')).code).toBe(64))
})
