import type { Clock } from '../../lib/clock.ts'
import type { ServiceState } from '../service-manager.ts'
import {
  ACCESS,
  ERROR_SERVICE_ALREADY_RUNNING,
  ERROR_SERVICE_DOES_NOT_EXIST,
  ERROR_SERVICE_NOT_ACTIVE,
  type RawStatus,
  type ServiceCalls,
  WindowsError,
} from './service-calls.ts'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000
const ASK_EVERY_MS = 100

/** Opens services of Windows by their name, and waits until they have started or stopped. */
export class ServiceDriver {
  readonly #calls: ServiceCalls
  readonly #clock: Clock

  constructor(calls: ServiceCalls, clock: Clock) {
    this.#calls = calls
    this.#clock = clock
  }

  /** Runs `act` on a service that is closed again afterwards; null when there is none of that name. */
  async withService<Result>(
    name: string,
    access: number,
    act: (service: bigint) => Result | Promise<Result>,
  ): Promise<Result | null> {
    const manager = this.#calls.openManager(ACCESS.manager.connect)
    try {
      const service = unless(ERROR_SERVICE_DOES_NOT_EXIST, () =>
        this.#calls.openService(manager, name, access),
      )
      if (service === null) return null
      try {
        return await act(service)
      } finally {
        this.#calls.close(service)
      }
    } finally {
      this.#calls.close(manager)
    }
  }

  async drive(name: string, access: number, act: (service: bigint) => Promise<void>) {
    const done = await this.withService(name, access | ACCESS.service.queryStatus, async (service) => {
      await act(service)
      return true
    })
    if (done === null) throw new Error(`${name} is not installed: monitor service install`)
  }

  /** Waits until the service is in that state; throws when it takes another one for good, or too long. */
  async #awaitState(service: bigint, name: string, wanted: number, limitMs: number) {
    const began = this.#clock.monotonicMs()
    for (;;) {
      const status = this.#calls.readStatus(service)
      if (status.state === wanted) return
      if (status.state === STOPPED) throw new Error(`${name} ended at its start: ${describeEnd(status)}`)
      if (this.#clock.monotonicMs() - began > limitMs)
        throw new Error(
          `${name} is still ${STATES[status.state] ?? 'in an unknown state'} after ${limitMs / 1000} s`,
        )
      await new Promise<void>((resolve) => this.#clock.after(ASK_EVERY_MS, resolve))
    }
  }

  async start(service: bigint, name: string) {
    unless(ERROR_SERVICE_ALREADY_RUNNING, () => this.#calls.start(service))
    await this.#awaitState(service, name, RUNNING, START_LIMIT_MS)
  }

  async stop(service: bigint, name: string) {
    unless(ERROR_SERVICE_NOT_ACTIVE, () => this.#calls.stop(service))
    await this.#awaitState(service, name, STOPPED, STOP_LIMIT_MS)
  }
}

/** Null for the one refusal that is to be expected. */
export function unless<Result>(code: number, act: () => Result): Result | null {
  try {
    return act()
  } catch (error) {
    if (error instanceof WindowsError && error.code === code) return null
    throw error
  }
}

const STOPPED = 1
const RUNNING = 4

/** winsvc.h; pausing is not for ours. */
export const STATES: Readonly<Record<number, ServiceState>> = {
  [STOPPED]: 'stopped',
  2: 'starting',
  3: 'stopping',
  [RUNNING]: 'running',
}

const ERROR_SERVICE_SPECIFIC_ERROR = 1066
/** How a service ended, for people. */
export const describeEnd = ({ exitCode, specificExitCode }: RawStatus) =>
  exitCode === ERROR_SERVICE_SPECIFIC_ERROR
    ? `last exit code: ${specificExitCode}`
    : `last result: Windows error ${exitCode}`
