import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMPILED, makeTempDir, runMonitor, startMonitor } from '../support/spawn.ts'

// The executable of `npm run build`, which `npm test` builds before this test.
let cwd = ''
beforeAll(() => {
  cwd = makeTempDir()
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const run = (line: string, env: Record<string, string> = {}) =>
  runMonitor(line.split(' '), { cwd, env, program: COMPILED })

describe('the compiled program', () => {
  test('names the commit that it was made from', async () =>
    expect((await run('--version')).stdout).toMatch(
      /^\d+\.\d+\.\d+ \(([0-9a-f]{8}(\+changes)?|unknown)\)\n$/,
    ))

  test('helps and completes without a file beside it, whatever the language of the system', async () => {
    const { stdout, stderr } = await run('user --help', { LANG: 'fr_FR.UTF-8', LC_ALL: 'fr_FR.UTF-8' })
    expect(stdout).toContain('Show help')
    expect(stderr).toBe('')
    expect((await run('completion', { SHELL: '/bin/bash', ZSH_NAME: '' })).stdout).toContain(
      'monitor completion --line',
    )
  })

  test('ends with 64 and 78 for what is wrong', async () => {
    const usage = await run('srver')
    expect(usage.stderr).toContain('did you mean server?')
    expect(usage.code).toBe(64)
    const config = await run('server --set web.prot=1')
    expect(config.stderr).toContain('did you mean web.port?')
    expect(config.code).toBe(78)
  })

  test('reads no file that happens to lie where it is started', async () => {
    writeFileSync(join(cwd, '.env'), 'MONITOR_WEB_PORT=1')
    writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./nothing.ts"]')
    const { code, stdout } = await run('config print')
    expect(stdout).toMatch(/^port = 8080 +# default$/m)
    expect(code).toBe(0)
  })

  test('serves its pages with what they are made of, watches its machine and stops', async () => {
    const ports = ['--set', 'web.port=0', '--set', 'collect.port=0', '--set', 'collect.tls_port=0']
    const server = await startMonitor(['server', '--agent', ...ports], { cwd, program: COMPILED })
    const base = `http://127.0.0.1:${server.ports.web}`
    const page = await (await fetch(`${base}/login`)).text()
    const assets = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(assets.length).toBeGreaterThan(0)
    for (const path of assets) {
      const response = await fetch(`${base}${path}`)
      expect(response.status).toBe(200)
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50)
    }
    await server.waitFor(/accepts samples/)
    expect(await server.stop()).toBe(0)
  }, 20_000)

  test('asked once, prints a sample of this machine', async () => {
    const { code, stdout } = await run('agent --once')
    expect(JSON.parse(stdout).metrics).toContain('perf.memory.percent.used')
    expect(code).toBe(0)
  })

  test.if(process.platform === 'linux')(
    'runs an agent with a runtime set for long sleeps, under the same process id, and gives back what the start needed',
    async () => {
      const settings = ['agent.server=127.0.0.1:1', 'agent.passphrase=p', 'log.level=debug']
      const agent = await startMonitor(['agent', ...settings.flatMap((one) => ['--set', one])], {
        cwd,
        program: COMPILED,
      })
      const environment = readFileSync(`/proc/${agent.pid}/environ`, 'utf8').split('\0')
      expect(environment).toContain('BUN_GC_TIMER_DISABLE=1')
      expect(await agent.waitFor(/ started /)).toContain(`pid=${agent.pid}`)
      expect(readFileSync(`/proc/${agent.pid}/comm`, 'utf8')).toBe('monitor\n')
      await agent.waitFor(/gave back pages that the start needed bytes=\d{7,}/)
      expect(await agent.stop()).toBe(0)
      expect(agent.stderr().match(/ started /g)).toHaveLength(1)
    },
    30_000,
  )
})
