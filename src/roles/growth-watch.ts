import { BoundWatch, type WatchedBound } from '../collect/bound-watch.ts'
import type { Config } from '../config/schema.ts'
import type { Timer } from '../lib/clock.ts'
import { describeError } from '../lib/log.ts'
import type { Store } from '../storage/ports/store.ts'
import type { RoleContext } from './role.ts'
import { readServerName } from './setup/server-name.ts'
import { readFreeBytes } from './site/site-info.ts'

export type GrowthWatch = {
  readonly onBound: (bound: WatchedBound, host: string, count: number) => void
  readonly isDiskFull: () => boolean
  /** In place of `collect.min_free` of the configuration. */
  readonly setMinFree: (bytes: number) => void
}

const REPORT_MS = 60_000
/** How long a look at the filesystem counts. */
const LOOK_MS = 5000

/** Watches the bounds on growth for a collect engine: one event a bound, of the host that this server is. */
export function watchGrowth(config: Config, store: Store, context: RoleContext): GrowthWatch {
  const { clock, log } = context
  const watch = new BoundWatch(clock.now())
  const serverName = readServerName(config)
  let timer: Timer = clock.after(REPORT_MS, report)
  let lookedAt = Number.NEGATIVE_INFINITY
  let isFull = false
  let { minFree } = config.collect

  function report() {
    timer = clock.after(REPORT_MS, report)
    send().catch((error) =>
      log.warn('events about bounds on growth were not stored', { error: describeError(error) }),
    )
  }

  async function send() {
    const now = clock.now()
    for (const one of watch.takeReports(now)) {
      if (one.status === 'open') log.warn('a bound on growth was reached', { detail: one.message })
      if (await store.events.report(serverName, [one])) continue
      await store.watch.report([{ host: null, members: [serverName], report: one }], now)
    }
  }

  context.own('growth watch', async () => timer.cancel())
  return {
    onBound: (bound, host, count) => watch.note(bound, host, count, clock.now()),
    isDiskFull() {
      const now = clock.monotonicMs()
      if (now - lookedAt >= LOOK_MS) {
        lookedAt = now
        const free = readFreeBytes(config.database.url, config.dataDir)
        isFull = free !== null && free < minFree
      }
      return isFull
    },
    setMinFree(bytes) {
      minFree = bytes
      lookedAt = Number.NEGATIVE_INFINITY
    },
  }
}
