import { existsSync, mkdirSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import type { ServiceManager, ServiceSpec, ServiceState, ServiceStatus } from '../service-manager.ts'
import { type Guard, openGuard, type ServiceAccess } from './access.ts'
import { openEventSources } from './event-log.ts'
import {
  ACCESS,
  ERROR_SERVICE_ALREADY_RUNNING,
  ERROR_SERVICE_DOES_NOT_EXIST,
  ERROR_SERVICE_EXISTS,
  ERROR_SERVICE_NOT_ACTIVE,
  openServiceCalls,
  type RawStatus,
  type ServiceCalls,
  WindowsError,
} from './service-calls.ts'

/**
 * An account of Windows that may do little on the machine and nothing on others, which is enough for every
 * role.
 */
const ACCOUNT = 'NT AUTHORITY\\LocalService'

/** A service that fails is started again after so long; the last one counts for all that follow. */
const RESTART_DELAYS_MS = [5_000, 30_000, 120_000]

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000
const ASK_EVERY_MS = 100

export type WindowsServiceManagerOptions = {
  readonly clock: Clock
  /** Folder of all our services, in which an ordinary user could otherwise put files. */
  readonly root: string
  readonly calls?: ServiceCalls
  readonly guard?: Guard
  readonly eventSources?: ReturnType<typeof openEventSources>
}

/**
 * The Windows service manager. Services start late, so that they don't hold up the machine, and by
 * themselves.
 */
export function openWindowsServiceManager({
  clock,
  root,
  calls = openServiceCalls(),
  guard = openGuard(),
  eventSources = openEventSources(),
}: WindowsServiceManagerOptions): ServiceManager {
  const { manager: MANAGER, service: SERVICE } = ACCESS

  /** Runs `act` on a service that is closed again afterwards; null when there is none of that name. */
  async function withService<Result>(
    name: string,
    access: number,
    act: (service: bigint) => Result | Promise<Result>,
  ): Promise<Result | null> {
    const manager = calls.openManager(MANAGER.connect)
    try {
      const service = unless(ERROR_SERVICE_DOES_NOT_EXIST, () => calls.openService(manager, name, access))
      if (service === null) return null
      try {
        return await act(service)
      } finally {
        calls.close(service)
      }
    } finally {
      calls.close(manager)
    }
  }

  async function drive(name: string, access: number, act: (service: bigint) => Promise<void>) {
    const done = await withService(name, access | SERVICE.queryStatus, async (service) => {
      await act(service)
      return true
    })
    if (done === null) throw new Error(`${name} is not installed: monitor service install`)
  }

  /** Waits until the service is in that state; throws when it takes another one for good, or too long. */
  async function awaitState(service: bigint, name: string, wanted: number, limitMs: number) {
    const began = clock.monotonicMs()
    for (;;) {
      const status = calls.readStatus(service)
      if (status.state === wanted) return
      if (status.state === STOPPED) throw new Error(`${name} ended at its start: ${describeEnd(status)}`)
      if (clock.monotonicMs() - began > limitMs)
        throw new Error(
          `${name} is still ${STATES[status.state] ?? 'in an unknown state'} after ${limitMs / 1000} s`,
        )
      await new Promise<void>((resolve) => clock.after(ASK_EVERY_MS, resolve))
    }
  }

  async function startService(service: bigint, name: string) {
    unless(ERROR_SERVICE_ALREADY_RUNNING, () => calls.start(service))
    await awaitState(service, name, RUNNING, START_LIMIT_MS)
  }

  async function stopService(service: bigint, name: string) {
    unless(ERROR_SERVICE_NOT_ACTIVE, () => calls.stop(service))
    await awaitState(service, name, STOPPED, STOP_LIMIT_MS)
  }

  return {
    title: 'the Windows service manager',
    isAtWork: true,
    async install(spec) {
      const manager = calls.openManager(MANAGER.connect | MANAGER.create)
      try {
        const registration = { title: spec.title, commandLine: writeCommandLine(spec), account: ACCOUNT }
        // To have it started again by itself is a right of its own.
        const access = SERVICE.changeConfig | SERVICE.start
        const made = unless(ERROR_SERVICE_EXISTS, () =>
          calls.create(manager, spec.name, registration, access),
        )
        const service = made ?? calls.openService(manager, spec.name, access)
        try {
          if (made === null) calls.change(service, registration)
          calls.describe(service, spec.doc, RESTART_DELAYS_MS)
        } finally {
          calls.close(service)
        }
      } finally {
        calls.close(manager)
      }
      eventSources.register(spec.name)
      const keep = (folder: string, access: ServiceAccess) => {
        mkdirSync(folder, { recursive: true })
        guard(folder, access)
      }
      keep(root, 'read')
      for (const folder of [spec.dataDir, ...spec.writableFolders]) keep(folder, 'write')
      for (const file of spec.secretFiles) if (existsSync(file)) guard(file, 'read')
    },
    readArguments: (name) =>
      withService(name, SERVICE.queryConfig, (service) =>
        splitCommandLine(calls.readCommandLine(service)).slice(1),
      ),
    async uninstall(name) {
      await withService(name, SERVICE.stop | SERVICE.queryStatus | SERVICE.delete, async (service) => {
        await stopService(service, name)
        calls.remove(service)
        eventSources.forget(name)
      })
    },
    start: (name) => drive(name, SERVICE.start, (service) => startService(service, name)),
    stop: (name) => drive(name, SERVICE.stop, (service) => stopService(service, name)),
    restart: (name) =>
      drive(name, SERVICE.start | SERVICE.stop, async (service) => {
        await stopService(service, name)
        await startService(service, name)
      }),
    async reload(name) {
      throw new Error(`Windows has no signal for it; restart ${name} in its place`)
    },
    async status(name) {
      const access = SERVICE.queryStatus | SERVICE.queryConfig
      const found = await withService(name, access, (service) =>
        describeStatus(calls.readStatus(service), calls.readStartType(service)),
      )
      return found ?? { state: 'not installed', pid: null, starts: false, detail: '' }
    },
  }
}

/** Null for the one refusal that is to be expected. */
function unless<Result>(code: number, act: () => Result): Result | null {
  try {
    return act()
  } catch (error) {
    if (error instanceof WindowsError && error.code === code) return null
    throw error
  }
}

const STOPPED = 1
const RUNNING = 4
const AUTO_START = 2

/** winsvc.h; pausing is not for ours. */
const STATES: Readonly<Record<number, ServiceState>> = {
  [STOPPED]: 'stopped',
  2: 'starting',
  3: 'stopping',
  [RUNNING]: 'running',
}

const ERROR_SERVICE_SPECIFIC_ERROR = 1066
/** Of a service that was never started since it was registered or since the machine was. */
const ERROR_SERVICE_NEVER_STARTED = 1077

export function describeStatus(status: RawStatus, startType: number): ServiceStatus {
  const state = STATES[status.state] ?? 'stopped'
  const isSound = status.exitCode === 0 || status.exitCode === ERROR_SERVICE_NEVER_STARTED
  const hasFailed = state === 'stopped' && !isSound
  return {
    state: hasFailed ? 'failed' : state,
    pid: status.pid > 0 ? status.pid : null,
    starts: startType === AUTO_START,
    detail: hasFailed ? describeEnd(status) : '',
  }
}

const describeEnd = ({ exitCode, specificExitCode }: RawStatus) =>
  exitCode === ERROR_SERVICE_SPECIFIC_ERROR
    ? `last exit code: ${specificExitCode}`
    : `last result: Windows error ${exitCode}`

/**
 * Always with quotes around the program: a path with a blank in it would otherwise have Windows try
 * `C:\Program.exe` first.
 */
export function writeCommandLine({ program, arguments: words }: Pick<ServiceSpec, 'program' | 'arguments'>) {
  return [`"${program}"`, ...words.map(quoteWord)].join(' ')
}

/** As CommandLineToArgvW takes it apart: backslashes count double in front of a quote, and at the end. */
function quoteWord(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

/** The words of a command line by the rules of CommandLineToArgvW; the first one is the program. */
export function splitCommandLine(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let isQuoted = false
  for (let i = 0; i < line.length; i++) {
    const slashes = /^\\*/.exec(line.slice(i))?.[0].length ?? 0
    const after = line[i + slashes]
    if (slashes > 0) {
      word = (word ?? '') + '\\'.repeat(after === '"' ? Math.floor(slashes / 2) : slashes)
      i += slashes - 1
      if (after === '"' && slashes % 2 === 1) {
        word += '"'
        i++
      }
    } else if (after === '"') {
      isQuoted = !isQuoted
      word ??= ''
    } else if (after === ' ' && !isQuoted) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + after
  }
  return word === null ? words : [...words, word]
}
