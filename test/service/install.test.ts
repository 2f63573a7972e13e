import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { writeExample } from '../../src/config/settings.ts'
import { CommandError } from '../../src/lib/exit-codes.ts'
import type { ServiceManager, ServiceSpec } from '../../src/platform/service-manager.ts'
import { findPassphrase } from '../../src/roles/setup/first-start.ts'
import { checkOptions, fillIn, writeFirstConfig } from '../../src/service/config.ts'
import { needDataDir } from '../../src/service/data-dir.ts'
import { type Files, WINDOWS_FILES } from '../../src/service/files.ts'
import {
  describeService,
  driveService,
  installService,
  printStatus,
  uninstallService,
} from '../../src/service/install.ts'
import { describePlaces, listSiblings, type ServiceRole } from '../../src/service/paths.ts'
import { aMachine } from '../config/machine.ts'
import { expectFailure } from '../support/failure.ts'
import { makeTempDir } from '../support/spawn.ts'

const NOTHING = { server: null, fingerprint: null, passphraseFile: null }
const PRINT = 'ab'.repeat(32)
const PROGRAM = '/usr/local/bin/monitor'

const load = (text: string) =>
  loadConfig(
    { config: '/c.toml' },
    aMachine({
      '/c.toml': text,
      '/etc/monitor/agent-passphrase': 'secret',
      '/etc/monitor/server-passphrase': 'secret',
    }),
  ).config

describe('where a service has its things', () => {
  test('the agent has account, configuration and data apart from the server', () => {
    const [agent, server] = [describePlaces('agent', 'linux'), describePlaces('server', 'linux')]
    expect(agent).toMatchObject({
      service: 'monitor-agent',
      user: 'monitor-agent',
      configFile: '/etc/monitor/agent.toml',
    })
    expect(server).toMatchObject({
      service: 'monitor-server',
      user: 'monitor',
      dataDir: '/var/lib/monitor/server',
    })
    expect(describePlaces('collect', 'linux')).toEqual({ ...server, service: 'monitor-collect' })
    expect(listSiblings('server')).toEqual(['collect', 'events'])
    expect(listSiblings('agent')).toEqual([])
  })
  test('on Windows they are below ProgramData', () =>
    expect(describePlaces('agent', 'win32', '/pd')).toMatchObject({
      configFile: '/pd/monitor/agent.toml',
      dataDir: '/pd/monitor/agent',
    }))
})

describe('the first configuration', () => {
  test('is the example with what is known filled in', () => {
    const places = describePlaces('agent', 'linux')
    const options = { server: 'a.example:8889, tls://b.example', fingerprint: PRINT, passphraseFile: '/p' }
    const text = writeFirstConfig('agent', places, options)
    const config = load(text)
    expect(config.dataDir).toBe('/var/lib/monitor/agent')
    expect(config.agent).toMatchObject({
      server: ['a.example:8889', 'tls://b.example'],
      fingerprint: [PRINT],
      passphrase: 'secret',
    })
    expect(text.split('\n')).toHaveLength(writeExample().split('\n').length)
  })
  test('of a server holds its passphrase where the collect engine looks for it', () => {
    const text = writeFirstConfig('server', describePlaces('server', 'linux'), {
      ...NOTHING,
      passphraseFile: '/p',
    })
    expect(load(text).collect.passphrase).toBe('secret')
    expect(load(text).agent.passphrase).toBeNull()
  })
  test('errors on the command line are all reported before anything is written', () => {
    const tell = (role: ServiceRole, options: object) => {
      try {
        checkOptions(role, { ...NOTHING, ...options })
      } catch (error) {
        return (error as ConfigError).problems.map(({ key }) => key)
      }
      return []
    }
    expect(tell('agent', { server: 'no port:x', fingerprint: 'zz' })).toEqual(['--server', '--fingerprint'])
    expect(tell('server', { server: 'a:1' })).toEqual(['--server'])
    expect(tell('agent', { server: 'a:1,b', fingerprint: PRINT })).toEqual([])
  })
})

describe('what the service manager gets', () => {
  const tell = (role: ServiceRole, toml = '', flags: string[] = []) =>
    describeService(role, describePlaces(role, 'linux'), load(`data_dir = "/d"\n${toml}`), {
      program: PROGRAM,
      flags,
      configFile: '/c.toml',
    })

  test('a low port asks for the right to it, of what this role listens at only', () => {
    expect(tell('server').bindsLowPort).toBe(false)
    expect(tell('server', '[web]\nport = 80').bindsLowPort).toBe(true)
    expect(tell('server', '[web]\ntls_port = 443').bindsLowPort).toBe(false)
    expect(tell('server', '[web]\ntls = true\ntls_port = 443').bindsLowPort).toBe(true)
    expect(tell('collect', '[web]\nport = 80').bindsLowPort).toBe(false)
    expect(tell('collect', '[collect]\nport = 88').bindsLowPort).toBe(true)
    expect(tell('server', '[collect]\nport = 88', ['--no-collect']).bindsLowPort).toBe(false)
    expect(tell('server', '[collect]\nport = 0\ntls_port = "off"').bindsLowPort).toBe(false)
    expect(tell('agent', '[web]\nport = 80').bindsLowPort).toBe(false)
    expect(tell('agent', '[agent]\ncontainers = true').watchesContainers).toBe(true)
    expect(tell('server', '[agent]\ncontainers = true').watchesContainers).toBe(false)
    expect(tell('server', '[agent]\ncontainers = true', ['--agent']).watchesContainers).toBe(true)
  })
  test('what watches the machine is let see it', () => {
    expect(tell('server').watchesMachine).toBe(false)
    expect(tell('server', '', ['--agent']).watchesMachine).toBe(true)
    expect(tell('agent').watchesMachine).toBe(true)
  })
  test('a database elsewhere is let be written', () => {
    expect(tell('server').writableFolders).toEqual([])
    expect(tell('server', '[database]\nurl = "sqlite:sub/m.db"').writableFolders).toEqual([])
    expect(tell('server', '[database]\nurl = "sqlite:/srv/db/m.db"').writableFolders).toEqual(['/srv/db'])
  })
  test('it is started with the configuration that was asked for', () =>
    expect(tell('server', '', ['--agent']).arguments).toEqual(['server', '--agent', '--config', '/c.toml']))
})

describe('the commands', () => {
  const folder = makeTempDir()
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let run = 0

  /** A machine with a service manager that remembers, and folders of its own. */
  function aServiceMachine(role: ServiceRole = 'agent') {
    const places = describePlaces(role, 'win32', join(folder, String(run++)))
    const registered = new Map<string, { spec: ServiceSpec; runs: boolean }>()
    const said: string[] = []
    const set = (name: string, runs: boolean) => {
      const found = registered.get(name)
      if (found !== undefined) found.runs = runs
    }
    const manager: ServiceManager = {
      title: 'a manager',
      isAtWork: true,
      install: async (spec) => void registered.set(spec.name, { spec, runs: false }),
      readArguments: async (name) => registered.get(name)?.spec.arguments ?? null,
      uninstall: async (name) => void registered.delete(name),
      start: async (name) => set(name, true),
      stop: async (name) => set(name, false),
      restart: async (name) => set(name, true),
      reload: async () => {},
      status: async (name) => {
        const found = registered.get(name)
        const state = found === undefined ? 'not installed' : found.runs ? 'running' : 'stopped'
        return { state, pid: found?.runs ? 7 : null, starts: found !== undefined, detail: '' }
      },
    }
    /** Of each file that is kept from others, its length at that time. */
    const guarded: number[] = []
    /** What was looked at for another user's hand, before anything was made. */
    const checked: string[] = []
    const files: Files = {
      ...WINDOWS_FILES,
      refuseForeign: async (paths) => void checked.push(...paths),
      ownConfigFolder: async (folder) => void mkdirSync(folder, { recursive: true }),
      ownDataDir: async (folder) => void mkdirSync(folder, { recursive: true }),
      guard: async (file) => void guarded.push(statSync(file).size),
    }
    const machine = {
      env: {},
      cwd: '/',
      platform: 'linux',
      isThere: () => true,
      readText: (file: string) => readFileSync(file, 'utf8'),
    }
    const context = {
      role,
      places,
      manager,
      files,
      load: (file: string) => loadConfig({ config: file }, machine),
      hasPassphrase: (dataDir: string) => findPassphrase(dataDir) !== null,
      isEnrolled: () => false,
      print: (text: string) => void said.push(text),
    }
    return { context, places, registered, said, guarded, checked }
  }
  const install = { ...NOTHING, config: null, flags: [], forgetsFlags: false, program: PROGRAM }

  test('install, start, status, stop and uninstall, and data that stays', async () => {
    const { context, places, said } = aServiceMachine('server')
    expect(await installService(context, install)).toBe(0)
    expect(await printStatus(context)).toBe(3)
    await driveService(context, 'start')
    expect(await printStatus(context)).toBe(0)
    expect(said.at(-1)).toBe('monitor-server: running, process 7, starts with the machine')
    await driveService(context, 'stop')
    expect(await uninstallService(context, false)).toBe(0)
    expect(await printStatus(context)).toBe(4)
    expect(readFileSync(places.configFile, 'utf8')).toContain('data_dir = ')
  })

  test('secrets are written into files that others are kept from already', async () => {
    const { context, places, guarded } = aServiceMachine('server')
    const passphraseFile = join(folder, 'guarded')
    await Bun.write(passphraseFile, 'a long passphrase\n')
    await installService(context, { ...install, passphraseFile })
    expect(readFileSync(places.passphraseFile, 'utf8')).toBe('a long passphrase\n')
    expect(readFileSync(places.configFile, 'utf8')).toContain('passphrase_file')
    expect(guarded).toEqual([0, 0])
  })

  test('what another user has made is refused before anything is written', async () => {
    const { context, places, checked } = aServiceMachine('agent')
    const files: Files = {
      ...context.files,
      async refuseForeign(paths) {
        checked.push(...paths)
        throw new CommandError('made by another user')
      },
    }
    await expectFailure(installService({ ...context, files }, install), 'made by another user')
    const { configFolder, dataRoot, dataDir, configFile, passphraseFile } = places
    expect(checked).toEqual([configFolder, dataRoot, dataDir, configFile, passphraseFile])
    expect(existsSync(configFile)).toBe(false)
  })

  test('a folder of Windows that leads elsewhere is refused', async () => {
    const link = join(folder, 'link')
    symlinkSync(folder, link)
    await expectFailure(WINDOWS_FILES.refuseForeign([link]), /link is a link to another place: remove it$/)
    await WINDOWS_FILES.refuseForeign([join(folder, 'absent')])
  })

  test('an upgrade, which names no flags, keeps those of the service and its configuration file', async () => {
    const { context, places, registered, said } = aServiceMachine('server')
    const config = join(dirname(places.configFile), 'other.toml')
    const words = () => registered.get('monitor-server')?.spec.arguments
    await installService(context, { ...install, config, flags: ['--no-collect', '--agent'] })
    await installService(context, install)
    expect(words()).toEqual(['server', '--no-collect', '--agent', '--config', config])
    expect(said).toContain('Kept the flags of the service: --no-collect --agent')
    await installService(context, { ...install, flags: ['--no-events'] })
    expect(words()?.slice(1, 4)).toEqual(['--no-collect', '--agent', '--no-events'])
    await installService(context, { ...install, flags: ['--agent'], forgetsFlags: true })
    expect(words()).toEqual(['server', '--agent', '--config', config])
  })

  test('a second install sets what is still unset, and changes nothing that is set', async () => {
    const { context, places, said } = aServiceMachine()
    const passphrase = join(folder, 'second')
    await Bun.write(passphrase, 'of the second try\n')
    await installService(context, install)
    await Bun.write(places.configFile, `${await Bun.file(places.configFile).text()}# by hand\n`)
    await installService(context, { ...install, server: 'a:1', passphraseFile: passphrase })
    const second = context.load(places.configFile).config.agent
    expect([second.server, second.passphrase]).toEqual([['a:1'], 'of the second try'])
    expect(await Bun.file(places.configFile).text()).toEndWith('# by hand\n')
    await driveService(context, 'start')
    const before = await Bun.file(places.configFile).text()
    await installService(context, { ...install, server: 'b:1', fingerprint: PRINT })
    expect(context.load(places.configFile).config.agent).toMatchObject({
      server: ['a:1'],
      fingerprint: [PRINT],
    })
    expect(said.at(-3)).toBe('  It sets this already, so this was not used: --server')
    expect((await Bun.file(places.configFile).text()).replace(/^fingerprint = .*$/m, '')).toBe(
      before.replace(/^#\s*fingerprint = .*$/m, ''),
    )
  })

  test.each([
    ['', '\n[agent]\nserver = ["a"]\n'],
    ['[agent]\nname = "x"', '[agent]\nserver = ["a"]\nname = "x"'],
    ['[ agent ] # mine\nname = "x"', '[ agent ] # mine\nserver = ["a"]\nname = "x"'],
    ['[web]\n#server = []\n[agent]\n# server = ["h:1"]', '[web]\n#server = []\n[agent]\nserver = ["a"]'],
  ])('a setting is filled into %j', (text, filled) =>
    expect(fillIn(text, new Map([['agent.server', '["a"]']]))).toBe(filled),
  )

  test('a configuration that can not be read stops the install before anything is written', async () => {
    const { context, places, registered } = aServiceMachine()
    await Bun.write(places.configFile, 'data_dir = \n')
    await expectFailure(installService(context, { ...install, server: 'a:1' }), ConfigError)
    expect(await Bun.file(places.configFile).text()).toBe('data_dir = \n')
    expect(registered.size).toBe(0)
  })

  test('purging says what it leaves', async () => {
    const { context, places, said } = aServiceMachine('server')
    await installService(context, install)
    await Bun.write(join(places.configFolder, 'ours.pem'), 'x')
    await uninstallService(context, true)
    expect(said.join('\n')).toContain(
      `Left ${places.configFolder}, which holds what is not of this service: ours.pem`,
    )
  })

  test('a configuration that does not say where to keep things is refused, and nothing is registered', async () => {
    const { context, places, registered } = aServiceMachine('server')
    await Bun.write(places.configFile, '[web]\nport = 8081\n')
    await expectFailure(installService(context, install), 'data_dir: expected the folder')
    expect(registered.size).toBe(0)
    await Bun.write(places.configFile, `data_dir = ${JSON.stringify(places.dataDir)}\n`)
    expect(await installService(context, install)).toBe(0)
  })

  test('a service whose configuration lost that folder does not start at the root; others may count from where they are', () => {
    const loaded = loadConfig({}, { ...aMachine({}), cwd: '/' })
    expect(() => needDataDir(loaded, true, '/')).toThrow(ConfigError)
    expect(() => needDataDir(loaded, false, '/')).not.toThrow()
    expect(() => needDataDir(loaded, true, '/srv/monitor')).not.toThrow()
    const said = loadConfig({ dataDir: 'here' }, { ...aMachine({}), cwd: '/' })
    expect(() => needDataDir(said, true, '/')).not.toThrow()
  })

  test('where the service manager does not run the machine now, it says how to start by hand', async () => {
    const { context, said, registered } = aServiceMachine('server')
    const manager = { ...context.manager, isAtWork: false }
    expect(await installService({ ...context, manager }, install)).toBe(0)
    expect(registered.size).toBe(1)
    expect(said.at(-1)).toContain(`${PROGRAM} server --config`)
  })

  test('an agent without a server is registered and not started, and what it lacks is reported', async () => {
    const { context, said, registered } = aServiceMachine()
    expect(await installService(context, install)).toBe(0)
    expect(said.join('\n')).toContain('agent.server: expected at least one')
    await expectFailure(driveService(context, 'start'), ConfigError)
    expect(registered.get('monitor-agent')?.runs).toBe(false)
  })

  test('purging spares what another service of the same account uses', async () => {
    const { context, places } = aServiceMachine('server')
    await installService(context, install)
    const collect = {
      ...context,
      role: 'collect' as const,
      places: { ...places, service: 'monitor-collect' },
    }
    await installService(collect, install)
    await uninstallService(context, true)
    expect(await Bun.file(places.configFile).exists()).toBe(true)
    await uninstallService(collect, true)
    expect(await Bun.file(places.configFile).exists()).toBe(false)
  })

  test('a passphrase file that holds none stops the install before there is a configuration', async () => {
    const { context, places } = aServiceMachine()
    const file = join(folder, 'empty')
    await Bun.write(file, '\n')
    await expectFailure(installService(context, { ...install, passphraseFile: file }), CommandError)
    expect(await Bun.file(places.configFile).exists()).toBe(false)
  })

  test('a passphrase is that of the file, also behind the mark that PowerShell puts before UTF-8', async () => {
    const { context, places } = aServiceMachine()
    const file = join(folder, 'marked')
    await Bun.write(file, '\ufeffgrüezi mitenand\r\n')
    await installService(context, { ...install, passphraseFile: file })
    const kept = join(dirname(places.configFile), 'agent-passphrase')
    expect(await Bun.file(kept).bytes()).toEqual(new TextEncoder().encode('grüezi mitenand\n'))
  })

  test('a program in a home folder can not be a service on Linux', async () => {
    const { context } = aServiceMachine()
    const onLinux = { ...context, files: { ...context.files, platform: 'linux' } }
    await expectFailure(
      installService(onLinux, { ...install, program: '/home/me/monitor' }),
      '/usr/local/bin',
    )
  })
})
