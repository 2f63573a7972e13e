import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { MaintenanceStore } from '../../storage/ports/store.ts'

/** Null when the server is healthy, otherwise the problem, in words that may be shown to the public. */
export type CheckHealth = () => Promise<string | null>

export type HealthOptions = {
  readonly maintenance: Pick<MaintenanceStore, 'ping'>
  /** Another problem, in words that may be shown to the public; null when there is none. */
  readonly findTrouble: () => string | null
  readonly clock: Clock
  readonly log: Log
}

const TIMEOUT_MS = 2000
/** Anybody may ask, so the database is asked this often at most. */
const KEEP_MS = 1000

export function createHealthCheck({ maintenance, findTrouble, clock, log }: HealthOptions): CheckHealth {
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<string | null> = Promise.resolve(null)
  let failing = false

  /** Details go to the log, once for each time that the database goes away. */
  function note(error: unknown): string | null {
    if (failing && error === null) log.info('the database responds again')
    if (!failing && error !== null) log.error('the database does not respond', { error })
    failing = error !== null
    return failing ? 'the database does not respond' : null
  }

  function ping(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const timer = clock.after(TIMEOUT_MS, () => resolve(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    const answered = async () => maintenance.ping()
    answered().then(() => resolve(null), resolve)
    return promise.finally(() => timer.cancel())
  }

  return async function checkHealth() {
    if (clock.monotonicMs() - asked >= KEEP_MS) {
      asked = clock.monotonicMs()
      answer = ping().then(note)
    }
    return (await answer) ?? findTrouble()
  }
}
