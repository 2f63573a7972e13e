import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceSpec } from '../../../src/platform/service-manager.ts'
import { openSystemd, parseShow } from '../../../src/platform/systemd/systemd.ts'
import { readUnitArguments, writeUnit } from '../../../src/platform/systemd/systemd-unit.ts'
import { expectFailure } from '../../support/failure.ts'
import { makeTempDir } from '../../support/spawn.ts'

const AGENT: ServiceSpec = {
  name: 'monitor-agent',
  title: 'Monitor: agent',
  doc: 'Watches this machine.',
  program: process.execPath,
  arguments: ['agent', '--config', '/etc/monitor/agent.toml'],
  user: 'monitor-agent',
  dataDir: '/var/lib/monitor/agent',
  writableFolders: [],
  secretFiles: [],
  watchesMachine: true,
  watchesContainers: false,
  bindsLowPort: false,
}
const SERVER: ServiceSpec = {
  ...AGENT,
  name: 'monitor-server',
  arguments: ['server', '--config', '/etc/monitor/monitor.toml'],
  user: 'monitor',
  dataDir: '/var/lib/monitor/server',
  watchesMachine: false,
}

let folder = ''
beforeAll(() => {
  folder = makeTempDir()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ANALYZE = '/usr/bin/systemd-analyze'
if (!existsSync(ANALYZE))
  console.log("NOT TESTED HERE: systemd's judgement of the units (systemd-analyze is missing)")

describe('units', () => {
  const units: [string, ServiceSpec, number][] = [
    ['the agent', AGENT, 2.5],
    ['the server', SERVER, 2.5],
    ['a server that watches its machine', { ...SERVER, watchesMachine: true }, 2.5],
    ['a server on port 443', { ...SERVER, bindsLowPort: true }, 2.5],
    ['all of it', { ...SERVER, bindsLowPort: true, watchesMachine: true }, 2.5],
    [
      'one with its data elsewhere',
      { ...SERVER, dataDir: '/srv/of us/m%n', writableFolders: ['/srv/db'] },
      2.5,
    ],
  ]
  test.skipIf(!existsSync(ANALYZE)).each(units)(
    'systemd takes the unit of %s and calls it safe',
    (_name, spec, limit) => {
      const file = join(folder, `${spec.name}.service`)
      writeFileSync(file, writeUnit(spec))
      const verify = Bun.spawnSync([ANALYZE, 'verify', '--man=no', file])
      expect(verify.stderr.toString()).toBe('')
      expect(verify.exitCode).toBe(0)
      const security = Bun.spawnSync([
        ANALYZE,
        'security',
        '--offline=yes',
        `--threshold=${limit * 10}`,
        file,
      ])
      const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(security.stdout.toString())?.[1])
      expect(exposure).toBeLessThanOrEqual(limit)
      expect(security.exitCode).toBe(0)
    },
  )

  test('a service has bounds of memory and tasks, and leaves no dump of its memory behind', () => {
    for (const spec of [AGENT, SERVER]) {
      const unit = writeUnit(spec)
      for (const line of [/^LimitCORE=0$/m, /^MemoryMax=(512M|80%)$/m, /^TasksMax=\d+$/m])
        expect(unit).toMatch(line)
    }
  })

  test('only a service with a low port gets a right, and only that one', () => {
    expect(writeUnit(SERVER)).toContain('\nCapabilityBoundingSet=\n')
    expect(writeUnit({ ...SERVER, bindsLowPort: true })).toContain(
      '\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n',
    )
  })

  test('one that watches may ask for the state of the clock by either call that libraries make for it', () => {
    // adjtimex(3) of glibc is the call clock_adjtime since 2.31, and adjtimex before and in musl.
    const filters = writeUnit(AGENT).match(/^SystemCallFilter=.*/gm) ?? []
    expect(filters.at(-1)?.split(/[= ]/)).toEqual(['SystemCallFilter', 'adjtimex', 'clock_adjtime'])
    expect(writeUnit(AGENT)).toContain('\nProtectClock=no\n')
  })

  test('one that watches sees a new name of the machine, which ProtectHostname= would hide', () => {
    expect(
      writeUnit(AGENT)
        .match(/^ProtectHostname=.*/gm)
        ?.at(-1),
    ).toBe('ProtectHostname=no')
    expect(writeUnit(SERVER).match(/^ProtectHostname=.*/gm)).toEqual(['ProtectHostname=yes'])
  })

  test('words that systemd would read its own way are quoted', () => {
    const unit = writeUnit({ ...AGENT, arguments: ['--config', '/a b/"c"\\%h$HOME.toml'] })
    expect(unit).toContain('--config "/a b/\\"c\\"\\\\%%h$$HOME.toml"\n')
    expect(() => writeUnit({ ...AGENT, arguments: ['a\nUser=root'] })).toThrow("can't hold")
  })

  test('the words of a unit are read back as they were written', () => {
    const words = ['server', '--agent', '--config', '/srv/a "quoted" \\ %n $HOME/m.toml']
    expect(readUnitArguments(writeUnit({ ...SERVER, arguments: words }))).toEqual(words)
    expect(readUnitArguments('[Service]\n')).toEqual([])
  })
  test('data outside of /var/lib is opened to the service by its path', () => {
    expect(writeUnit(AGENT)).toContain('\nStateDirectory=monitor/agent\n')
    for (const dataDir of ['/srv/monitor', '/var/lib/../../etc', '/var/lib/'])
      expect(writeUnit({ ...AGENT, dataDir })).toContain(`\nReadWritePaths=${dataDir}\n`)
  })
})

describe('the manager', () => {
  const folders: string[] = []
  afterAll(() => {
    for (const made of folders) rmSync(made, { recursive: true, force: true })
  })

  function open({ isBooted = true, answer = '', code = 0, groups = [''], hasNvidia = false } = {}) {
    const unitFolder = makeTempDir()
    folders.push(unitFolder)
    const calls: string[] = []
    const manager = openSystemd({
      unitFolder,
      isBooted,
      machine: { hasGroup: (name) => groups.includes(name), hasNvidia: () => hasNvidia },
      run: async (...words) => {
        calls.push(words.join(' '))
        return { code, output: answer }
      },
    })
    return { manager, calls, unitFolder }
  }

  test('registers a service, brings it up to date, and forgets it', async () => {
    const { manager, calls, unitFolder } = open()
    await manager.install(AGENT)
    await manager.install({ ...AGENT, program: '/usr/local/bin/monitor' })
    expect(readdirSync(unitFolder)).toEqual(['monitor-agent.service'])
    expect(readFileSync(join(unitFolder, 'monitor-agent.service'), 'utf8')).toContain(
      'ExecStart=/usr/local/bin/monitor ',
    )
    await manager.uninstall('monitor-agent')
    await manager.uninstall('monitor-agent')
    expect(readdirSync(unitFolder)).toEqual([])
    const registered = ['daemon-reload', 'enable monitor-agent.service']
    expect(calls).toEqual([
      ...registered,
      ...registered,
      'stop monitor-agent.service',
      'disable monitor-agent.service',
      'daemon-reload',
      'reset-failed monitor-agent.service',
    ])
  })

  test('what a service needs for one purpose stands beside its unit, while it needs it', async () => {
    const { manager, unitFolder } = open({ groups: ['docker'], hasNvidia: true })
    const folder = join(unitFolder, 'monitor-agent.service.d')
    const spec = { ...AGENT, watchesMachine: true, watchesContainers: true }
    await manager.install(spec)
    writeFileSync(join(folder, 'own.conf'), '[Service]\nNice=5\n')
    expect(readdirSync(folder).sort()).toEqual(['containers.conf', 'nvidia.conf', 'own.conf'])
    expect(readFileSync(join(folder, 'containers.conf'), 'utf8')).toContain('\nSupplementaryGroups=docker\n')
    expect(readFileSync(join(folder, 'nvidia.conf'), 'utf8')).toContain('\nDeviceAllow=char-nvidia* rw\n')
    // A file that an administrator has written stays.
    writeFileSync(join(folder, 'nvidia.conf'), '[Service]\nDeviceAllow=/dev/nvidia0 r\n')
    await manager.install({ ...spec, watchesContainers: false })
    expect(readdirSync(folder).sort()).toEqual(['nvidia.conf', 'own.conf'])
    expect(readFileSync(join(folder, 'nvidia.conf'), 'utf8')).toContain('/dev/nvidia0 r')
    await manager.uninstall('monitor-agent')
    expect(readdirSync(folder).sort()).toEqual(['nvidia.conf', 'own.conf'])
  })

  test('a group that is not there is not asked for: systemd would start nothing', async () => {
    const { manager, unitFolder } = open({ groups: ['dockerroot'] })
    await manager.install({ ...AGENT, watchesContainers: true })
    expect(readdirSync(unitFolder)).toEqual(['monitor-agent.service'])
  })

  test('in the making of an image it registers, and starts nothing', async () => {
    const { manager, calls } = open({ isBooted: false })
    await manager.install(AGENT)
    expect(calls).toEqual(['enable monitor-agent.service'])
    await expectFailure(manager.start('monitor-agent'), 'systemd does not run this machine')
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'stopped', starts: true })
  })

  test('says what systemd said when that refuses', async () => {
    const { manager } = open({ code: 1, answer: 'Failed to enable unit\n' })
    await expectFailure(manager.install(AGENT), 'ended with 1: Failed to enable unit')
  })

  test('a service that is not there can not be started', async () => {
    const { manager } = open()
    await expectFailure(manager.start('monitor-agent'), 'monitor-agent is not installed')
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'not installed' })
  })
})

describe('what systemd says of a unit', () => {
  const cases: [string, string, ReturnType<typeof parseShow>][] = [
    [
      'that it runs',
      'LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=95\nUnitFileState=enabled\nResult=success\nNRestarts=0\nStatusText=\n',
      { state: 'running', pid: 95, starts: true, detail: '' },
    ],
    [
      'that it waits for its next try',
      'LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nMainPID=0\nUnitFileState=enabled\nResult=watchdog\nNRestarts=2',
      {
        state: 'starting',
        pid: null,
        starts: true,
        detail: 'waits to be started again; last result: watchdog; restarts: 2',
      },
    ],
    [
      'that it failed',
      'LoadState=loaded\nActiveState=failed\nMainPID=0\nUnitFileState=disabled\nResult=exit-code\nNRestarts=0',
      { state: 'failed', pid: null, starts: false, detail: 'last result: exit-code' },
    ],
    [
      'that there is none',
      'LoadState=not-found\nActiveState=inactive',
      { state: 'not installed', pid: null, starts: false, detail: '' },
    ],
    ['nothing of use', 'nonsense', { state: 'stopped', pid: null, starts: false, detail: '' }],
  ]
  test.each(cases)('%s', (_name, text, status) => expect(parseShow(text)).toEqual(status))
})
