import { existsSync, mkdirSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import type { ServiceManager, ServiceStatus } from '../service-manager.ts'
import { type Guard, openGuard, type ServiceAccess } from './access.ts'
import { splitCommandLine, writeCommandLine } from './command-line.ts'
import { openEventSources } from './event-log.ts'
import {
  ACCESS,
  ERROR_SERVICE_EXISTS,
  openServiceCalls,
  type RawStatus,
  type ServiceCalls,
} from './service-calls.ts'
import { describeEnd, ServiceDriver, STATES, unless } from './service-driver.ts'

/**
 * An account of Windows that may do little on the machine and nothing on others, which is enough for every
 * role.
 */
const ACCOUNT = 'NT AUTHORITY\\LocalService'

/** A failed service is restarted after these times; the last one counts for all later failures. */
const RESTART_DELAYS_MS = [5_000, 30_000, 120_000]

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

  const driver = new ServiceDriver(calls, clock)

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
      driver.withService(name, SERVICE.queryConfig, (service) =>
        splitCommandLine(calls.readCommandLine(service)).slice(1),
      ),
    async uninstall(name) {
      await driver.withService(name, SERVICE.stop | SERVICE.queryStatus | SERVICE.delete, async (service) => {
        await driver.stop(service, name)
        calls.remove(service)
        eventSources.forget(name)
      })
    },
    start: (name) => driver.drive(name, SERVICE.start, (service) => driver.start(service, name)),
    stop: (name) => driver.drive(name, SERVICE.stop, (service) => driver.stop(service, name)),
    restart: (name) =>
      driver.drive(name, SERVICE.start | SERVICE.stop, async (service) => {
        await driver.stop(service, name)
        await driver.start(service, name)
      }),
    async reload(name) {
      throw new Error(`Windows has no signal for it; restart ${name} in its place`)
    },
    async status(name) {
      const access = SERVICE.queryStatus | SERVICE.queryConfig
      const found = await driver.withService(name, access, (service) =>
        describeStatus(calls.readStatus(service), calls.readStartType(service)),
      )
      return found ?? { state: 'not installed', pid: null, starts: false, detail: '' }
    },
  }
}

const AUTO_START = 2

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
