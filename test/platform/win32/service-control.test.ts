import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { splitCommandLine, writeCommandLine } from '../../../src/platform/win32/command-line.ts'
import {
  ACCESS,
  ERROR_SERVICE_ALREADY_RUNNING,
  ERROR_SERVICE_DOES_NOT_EXIST,
  ERROR_SERVICE_EXISTS,
  ERROR_SERVICE_NOT_ACTIVE,
  type RawStatus,
  type Registration,
  type ServiceCalls,
  WindowsError,
} from '../../../src/platform/win32/service-calls.ts'
import { describeStatus, openWindowsServiceManager } from '../../../src/platform/win32/service-control.ts'
import { encodeStatus } from '../../../src/platform/win32/service-entry.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

const STOPPED = 1
const STARTING = 2
const STOPPING = 3
const RUNNING = 4

type FakeService = { registration: Registration; doc: string; delays: readonly number[]; status: RawStatus }

/**
 * A service manager in memory that keeps to what handles were opened for. What is asked to change passes
 * through the states given.
 */
function fakeManager({
  starts = [STARTING, RUNNING],
  stops = [STOPPING, STOPPED],
  isAdministrator = true,
} = {}) {
  const services = new Map<string, FakeService>()
  const handles = new Map<bigint, { name: string; access: number }>()
  const guarded: string[] = []
  const sources = new Set<string>()
  let next = 1n
  let coming: number[] = []

  const open = (name: string, access: number) => {
    handles.set(next, { name, access })
    return next++
  }
  const find = (handle: bigint, access: number): FakeService => {
    const held = handles.get(handle)
    const service = services.get(held?.name ?? '')
    if (held === undefined || service === undefined) throw new Error('a handle that nobody opened')
    if ((held.access & access) !== access) throw new WindowsError('this', 5)
    return service
  }
  const setState = (service: FakeService, state: number) => {
    service.status = { ...service.status, state, exitCode: 0, pid: state === STOPPED ? 0 : 4711 }
  }

  const calls: ServiceCalls = {
    openManager(access) {
      if (!isAdministrator && access !== ACCESS.manager.connect) throw new WindowsError('OpenSCManager', 5)
      return open('', access)
    },
    openService(_, name, access) {
      if (!services.has(name)) throw new WindowsError('OpenService', ERROR_SERVICE_DOES_NOT_EXIST)
      return open(name, access)
    },
    create(_, name, registration, access) {
      if (services.has(name)) throw new WindowsError('CreateService', ERROR_SERVICE_EXISTS)
      const status = { state: STOPPED, exitCode: 1077, specificExitCode: 0, pid: 0 }
      services.set(name, { registration, doc: '', delays: [], status })
      return open(name, access)
    },
    change(handle, registration) {
      find(handle, ACCESS.service.changeConfig).registration = registration
    },
    describe(handle, doc, delays) {
      // Actions that start a service anew ask for the right to start it.
      Object.assign(find(handle, ACCESS.service.changeConfig | ACCESS.service.start), { doc, delays })
    },
    start(handle) {
      const service = find(handle, ACCESS.service.start)
      if (service.status.state === RUNNING)
        throw new WindowsError('StartService', ERROR_SERVICE_ALREADY_RUNNING)
      coming = [...starts]
    },
    stop(handle) {
      const service = find(handle, ACCESS.service.stop)
      if (service.status.state === STOPPED) throw new WindowsError('ControlService', ERROR_SERVICE_NOT_ACTIVE)
      coming = [...stops]
    },
    remove(handle) {
      find(handle, ACCESS.service.delete)
      services.delete(handles.get(handle)?.name ?? '')
    },
    readStatus(handle) {
      const service = find(handle, ACCESS.service.queryStatus)
      const state = coming.shift()
      if (state !== undefined) setState(service, state)
      return service.status
    },
    readCommandLine: (handle) => find(handle, ACCESS.service.queryConfig).registration.commandLine,
    readStartType: (handle) => (find(handle, ACCESS.service.queryConfig) ? 2 : 3),
    close: (handle) => handles.delete(handle),
  }
  const clock = fakeClock()
  const root = mkdtempSync(join(tmpdir(), 'monitor-root-'))
  const manager = openWindowsServiceManager({
    clock,
    root,
    calls,
    guard: (path, access) => guarded.push(`${access} ${path}`),
    eventSources: { register: (source) => sources.add(source), forget: (source) => sources.delete(source) },
  })
  roots.push(root)
  /** Lets time pass until the work is done. */
  async function settle<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    for (let i = 0; i < 2000 && !isDone; i++) await clock.advance(100)
    return done
  }
  return { manager, services, handles, guarded, sources, settle }
}

const spec = (change: object = {}) => ({
  name: 'monitor-agent',
  title: 'Monitor: agent',
  doc: 'Watches this machine.',
  program: 'C:\\Program Files\\monitor\\monitor.exe',
  arguments: ['agent', '--config', 'C:\\ProgramData\\monitor\\agent.toml'],
  user: 'monitor-agent',
  dataDir: join(tmpdir(), 'nothing-here'),
  writableFolders: [],
  secretFiles: [],
  watchesMachine: true,
  watchesContainers: false,
  bindsLowPort: false,
  ...change,
})

describe('the Windows service manager', () => {
  test('registers a service for an account with few rights, with what happens when it fails, and guards what it keeps', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitor-service-'))
    const secret = join(folder, 'passphrase')
    writeFileSync(secret, 'sesame')
    const { manager, services, guarded, sources, handles } = fakeManager()
    const dataDir = join(folder, 'data')
    await manager.install(spec({ dataDir, secretFiles: [secret, join(folder, 'gone')] }))
    rmSync(folder, { recursive: true })
    expect(services.get('monitor-agent')).toMatchObject({
      registration: {
        title: 'Monitor: agent',
        commandLine:
          '"C:\\Program Files\\monitor\\monitor.exe" agent --config C:\\ProgramData\\monitor\\agent.toml',
        account: 'NT AUTHORITY\\LocalService',
      },
      doc: 'Watches this machine.',
      delays: [5_000, 30_000, 120_000],
    })
    expect(guarded.slice(1)).toEqual([`write ${dataDir}`, `read ${secret}`])
    expect(guarded[0]).toStartWith('read ')
    expect([...sources]).toEqual(['monitor-agent'])
    expect(handles.size).toBe(0)
    expect(await manager.status('monitor-agent')).toEqual({
      state: 'stopped',
      pid: null,
      starts: true,
      detail: '',
    })
  })

  test('brings one that is there up to date', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitor-service-'))
    const { manager, services } = fakeManager()
    await manager.install(spec({ dataDir: folder }))
    await manager.install(spec({ dataDir: folder, program: 'D:\\m.exe', arguments: [] }))
    rmSync(folder, { recursive: true })
    expect(services.get('monitor-agent')?.registration.commandLine).toBe('"D:\\m.exe"')
  })

  test('starts, restarts, stops and removes, and waits each time until it is so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitor-service-'))
    const { manager, settle, handles, services, sources } = fakeManager()
    await manager.install(spec({ dataDir: folder }))
    rmSync(folder, { recursive: true })
    await settle(manager.start('monitor-agent'))
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'running', pid: 4711 })
    await settle(manager.start('monitor-agent'))
    await settle(manager.restart('monitor-agent'))
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'running' })
    await settle(manager.stop('monitor-agent'))
    await settle(manager.stop('monitor-agent'))
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'stopped', pid: null })
    await settle(manager.start('monitor-agent'))
    await settle(manager.uninstall('monitor-agent'))
    expect([services.size, sources.size, handles.size]).toEqual([0, 0, 0])
    expect(await manager.status('monitor-agent')).toMatchObject({ state: 'not installed' })
    await manager.uninstall('monitor-agent')
  })

  test('says why a service did not start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitor-service-'))
    const ended = fakeManager({ starts: [STARTING, STOPPED] })
    await ended.manager.install(spec({ dataDir: folder }))
    await expectFailure(
      ended.settle(ended.manager.start('monitor-agent')),
      'monitor-agent ended at its start: last result: Windows error 0',
    )
    const hanging = fakeManager({ starts: [STARTING] })
    await hanging.manager.install(spec({ dataDir: folder }))
    await expectFailure(
      hanging.settle(hanging.manager.start('monitor-agent')),
      'monitor-agent is still starting after 60 s',
    )
    rmSync(folder, { recursive: true })
  })

  test('says who may, and what is not there', async () => {
    const { manager } = fakeManager({ isAdministrator: false })
    const folder = mkdtempSync(join(tmpdir(), 'monitor-service-'))
    await expectFailure(manager.install(spec({ dataDir: folder })), 'Run as administrator')
    rmSync(folder, { recursive: true })
    await expectFailure(manager.start('monitor-agent'), 'monitor-agent is not installed')
  })
})

test.each([
  [{ state: RUNNING, exitCode: 0, specificExitCode: 0, pid: 12 }, 2, 'running', 12, true, ''],
  [
    { state: STOPPED, exitCode: 1066, specificExitCode: 78, pid: 0 },
    2,
    'failed',
    null,
    true,
    'last exit code: 78',
  ],
  [
    { state: STOPPED, exitCode: 1067, specificExitCode: 0, pid: 0 },
    3,
    'failed',
    null,
    false,
    'last result: Windows error 1067',
  ],
  [{ state: STOPPED, exitCode: 1077, specificExitCode: 0, pid: 0 }, 2, 'stopped', null, true, ''],
  [{ state: STOPPING, exitCode: 0, specificExitCode: 0, pid: 9 }, 4, 'stopping', 9, false, ''],
] as const)('tells of %j', (raw, startType, state, pid, starts, detail) => {
  expect(describeStatus(raw, startType)).toEqual({ state, pid, starts, detail })
})

test.each([
  [[]],
  [['agent', '--config', 'C:\\Program Data\\x\\']],
  [['a "quoted" word', '', 'C:\\end\\', 'tail\\\\ \\"', '\\\\server\\share name\\']],
])('words come back from a command line as they went in: %j', (words) => {
  const program = 'C:\\Program Files\\monitor.exe'
  expect(splitCommandLine(writeCommandLine({ program, arguments: words }))).toEqual([program, ...words])
})

test('the words that a service is started with are read back, so that an upgrade can keep them', async () => {
  const { manager, settle } = fakeManager()
  expect(await settle(manager.readArguments('monitor-server'))).toBeNull()
  const words = ['server', '--agent', '--config', 'C:\\Program Data\\m.toml']
  const dataDir = mkdtempSync(join(tmpdir(), 'monitor-service-'))
  await settle(manager.install(spec({ name: 'monitor-server', dataDir, arguments: words })))
  rmSync(dataDir, { recursive: true })
  expect(await settle(manager.readArguments('monitor-server'))).toEqual(words)
})

test('a status is laid out as SetServiceStatus takes it', () => {
  const read = (bytes: Uint8Array) => [...new Uint32Array(bytes.buffer)]
  expect(read(encodeStatus({ state: 'running' }))).toEqual([0x10, 4, 5, 0, 0, 0, 0])
  expect(read(encodeStatus({ state: 'stopping', waitHintMs: 8000 }))).toEqual([0x10, 3, 0, 0, 0, 0, 8000])
  expect(read(encodeStatus({ state: 'stopped', exitCode: 78 }))).toEqual([0x10, 1, 0, 1066, 78, 0, 0])
})
