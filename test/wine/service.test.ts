import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { findWineObstacle, openWine, toWindowsPath, WINDOWS_PROGRAM, type Wine } from '../support/wine.ts'

const obstacle = findWineObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: services of Windows (${obstacle})`)

const PATIENCE_MS = 60_000

/** 0 runs, 3 does not, 4 is not there. */
const CODES = { runs: 0, stopped: 3, absent: 4 }

describe.skipIf(obstacle !== null)('a Windows service', () => {
  let wine: Wine
  let state: string
  beforeAll(async () => {
    wine = await openWine()
    state = join(wine.folder, 'prefix', 'drive_c', 'ProgramData', 'monitor')
  }, PATIENCE_MS)
  afterAll(() => wine.close(), PATIENCE_MS)

  const monitor = (...words: string[]) => wine.run(WINDOWS_PROGRAM, words)
  const service = async (...words: string[]) => {
    const { code, stdout, stderr } = await monitor('service', ...words)
    return { code, said: (stdout + stderr).trim() }
  }
  /** What Windows' own tool says. */
  const query = async () => (await wine.run('sc', ['query', 'monitor-agent'])).stdout

  test(
    'is installed, started, asked, restarted, stopped and removed by the same words as on Linux',
    async () => {
      const passphrase = join(wine.folder, 'passphrase')
      writeFileSync(passphrase, 'sesame\n')
      expect(await service('status', 'agent')).toMatchObject({ code: CODES.absent })
      expect((await service('start', 'agent')).said).toContain('monitor-agent is not installed')

      const words = ['--server', '127.0.0.1:9', '--passphrase-file', toWindowsPath(passphrase)]
      const installed = await service('install', 'agent', ...words)
      expect(installed).toMatchObject({ code: 0 })
      expect(installed.said).toContain('Registered monitor-agent with the Windows service manager')
      expect(readFileSync(join(state, 'agent.toml'), 'utf8')).toContain('\nserver = ["127.0.0.1:9"]')
      expect(await service('status', 'agent')).toEqual({
        code: CODES.stopped,
        said: 'monitor-agent: stopped, starts with the machine',
      })
      // Installing again brings it up to date.
      expect(await service('install', 'agent')).toMatchObject({ code: 0 })

      expect(await service('start', 'agent')).toEqual({ code: 0, said: 'monitor-agent: running' })
      expect(await query()).toMatch(/STATE +: 4 +RUNNING/)
      expect(existsSync(join(state, 'agent', 'agent-queue.db'))).toBe(true)
      const running = await service('status', 'agent')
      expect(running).toMatchObject({ code: CODES.runs })
      expect(running.said).toMatch(/^monitor-agent: running, process \d+, starts with the machine$/)
      expect(await service('start', 'agent')).toEqual({ code: 0, said: 'monitor-agent: running' })

      expect(await service('restart', 'agent')).toEqual({ code: 0, said: 'monitor-agent: running' })
      const again = await service('status', 'agent')
      expect(again.code).toBe(CODES.runs)
      expect(again.said).not.toBe(running.said)

      const began = performance.now()
      expect(await service('stop', 'agent')).toEqual({ code: 0, said: 'monitor-agent: stopped' })
      expect(performance.now() - began).toBeLessThan(15_000)
      const stopped = await query()
      expect(stopped).toMatch(/STATE +: 1 +STOPPED/)
      expect(stopped).toMatch(/WIN32_EXIT_CODE +: 0 /)

      // What it did is told in a file, for there is nobody to see its standard error.
      const log = readFileSync(join(state, 'agent', 'monitor-agent.log'), 'utf8')
      expect(log.match(/ started role=agent /g)).toHaveLength(2)
      expect(log.match(/ stopped role=agent /g)).toHaveLength(2)

      expect(await service('uninstall', 'agent')).toMatchObject({ code: 0 })
      expect(await service('status', 'agent')).toMatchObject({ code: CODES.absent })
      expect(existsSync(join(state, 'agent', 'agent-queue.db'))).toBe(true)
    },
    PATIENCE_MS,
  )

  test(
    'keeps its folders and secrets from others, and refuses those that another user has made',
    async () => {
      rmSync(state, { recursive: true, force: true })
      const passphrase = join(wine.folder, 'passphrase')
      writeFileSync(passphrase, 'sesame\n')
      const words = ['agent', '--server', '127.0.0.1:9', '--passphrase-file', toWindowsPath(passphrase)]
      const install = () => service('install', ...words)
      expect(await install()).toMatchObject({ code: 0 })
      /** Wine keeps of a list of rights what modes can say: full access of administrators becomes that of the group. */
      const isGuarded = (...names: string[]) => (statSync(join(...names)).mode & 0o070) === 0o070
      const kept = [[state], [state, 'agent'], [state, 'agent.toml'], [state, 'agent-passphrase']]
      expect(kept.map((names) => isGuarded(...names))).toEqual([true, true, true, true])
      mkdirSync(join(state, 'agent', 'folder'))
      writeFileSync(join(state, 'agent', 'folder', 'read-only'), '', { mode: 0o400 })
      expect(await service('uninstall', 'agent', '--purge')).toMatchObject({ code: 0 })
      expect(existsSync(state)).toBe(false)

      // Started by hand, in a folder that others can read: the secret files themselves are protected.
      const byHand = join(wine.folder, 'by-hand')
      mkdirSync(byHand, { mode: 0o755 })
      const made = join(byHand, 'made')
      const flags = ['--set', 'agent.server=127.0.0.1:9', '--set', 'agent.passphrase=sesame']
      const start = (folder: string) =>
        monitor('agent', '--new-identity', '--data-dir', toWindowsPath(folder), ...flags)
      for (const folder of [byHand, made]) expect(await start(folder)).toMatchObject({ code: 0 })
      const places = [[byHand], [byHand, 'agent-key'], [made], [made, 'agent-key']]
      expect(places.map((names) => isGuarded(...names))).toEqual([false, true, true, true])

      if (process.getuid?.() !== 0) return
      const nobody = 65_534
      mkdirSync(state)
      chownSync(state, nobody, nobody)
      const refused = await install()
      expect(refused).toMatchObject({
        code: 78,
        said: expect.stringContaining('was made by another user (S-1-'),
      })
      expect(readdirSync(state)).toEqual([])
      chownSync(state, 0, 0)
      writeFileSync(join(state, 'agent.toml'), '[agent]\n')
      chownSync(join(state, 'agent.toml'), nobody, nobody)
      expect(await install()).toMatchObject({
        code: 78,
        said: expect.stringContaining('agent.toml was made by'),
      })
      rmSync(state, { recursive: true })
      chownSync(made, nobody, nobody)
      expect(await start(made)).toMatchObject({
        code: 78,
        stderr: expect.stringContaining('made by another user'),
      })
    },
    PATIENCE_MS,
  )

  test(
    'that can not start says why, to its log and to the service manager',
    async () => {
      const config = join(state, 'agent.toml')
      mkdirSync(state, { recursive: true })
      writeFileSync(config, '[agent]\ninterval = "zero"\n')
      expect(await service('install', 'agent')).toMatchObject({ code: 78 })
      const sound = '[agent]\nserver = ["127.0.0.1:9"]\npassphrase = "sesame"\n'
      writeFileSync(config, sound)
      const homeless = await service('install', 'agent', '--config', toWindowsPath(config))
      expect(homeless).toMatchObject({ code: 78, said: expect.stringContaining('data_dir: expected') })
      writeFileSync(config, `data_dir = 'C:\\ProgramData\\monitor\\agent'\n${sound}`)
      expect(await service('install', 'agent', '--config', toWindowsPath(config))).toMatchObject({ code: 0 })
      writeFileSync(config, '[agent]\ninterval = "zero"\n')
      // Our own command would check the configuration first.
      await wine.run('sc', ['start', 'monitor-agent'])
      // It is still "stopped" until the service manager has made its process, and then "starting" for a
      // while.
      let status = await service('status', 'agent')
      for (let tries = 0; tries < 200 && !status.said.includes('failed'); tries++) {
        await Bun.sleep(50)
        status = await service('status', 'agent')
      }
      expect(status).toEqual({
        code: CODES.stopped,
        said: 'monitor-agent: failed, starts with the machine, last exit code: 78',
      })
      expect(await service('uninstall', 'agent')).toMatchObject({ code: 0 })
    },
    PATIENCE_MS,
  )

  test(
    'may be the whole server, with an agent for its own machine',
    async () => {
      const data = join(state, 'server')
      const config = join(wine.folder, 'monitor.toml')
      const lines = [
        "data_dir = 'C:\\ProgramData\\monitor\\server'",
        '[web]\nport = 0\n[agent]\ninterval = "1s"',
        '[collect]\nport = 0\ntls_port = 0\n',
      ]
      writeFileSync(config, lines.join('\n'))
      const words = ['server', '--agent', '--config', toWindowsPath(config)]
      expect(await service('install', ...words)).toMatchObject({ code: 0 })
      expect(await service('start', 'server')).toEqual({ code: 0, said: 'monitor-server: running' })
      const log = () => readFileSync(join(data, 'monitor-server.log'), 'utf8')
      const port = / listening role=web .*port=(\d+)/.exec(log())?.[1]
      expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toContain('ok')
      while (!log().includes('the server accepts samples')) await Bun.sleep(100)
      expect(await service('stop', 'server')).toEqual({ code: 0, said: 'monitor-server: stopped' })
      expect(log()).toContain(' stopped role=server ')
      expect(log()).not.toMatch(/ error /)
      expect(await service('uninstall', 'server')).toMatchObject({ code: 0 })
    },
    PATIENCE_MS,
  )
})
