import type { Config } from '../config/schema.ts'
import type { EventReport } from '../domain/event.ts'
import { DISK_QUIET_SECONDS, reportDisk } from '../domain/events/storage-disk.ts'
import type { Timer } from '../lib/clock.ts'
import { describeError } from '../lib/log.ts'
import type { Store } from '../storage/ports/store.ts'
import type { RoleContext } from './role.ts'
import { readServerName } from './setup/server-name.ts'

const LOOK_MS = 15_000

/** Watches what storage counts of writes that the disk did not do: one event of the host that this server is. */
export function watchDisk(
  config: Config,
  store: Pick<Store, 'events' | 'maintenance' | 'watch'>,
  { clock, log, own }: Pick<RoleContext, 'clock' | 'log' | 'own'>,
): void {
  const serverName = readServerName(config)
  let timer: Timer = clock.after(LOOK_MS, look)
  let reported = 0
  /** When it last failed, by the clock that never jumps. A process before this one may have left an event open. */
  let failedAt = clock.monotonicMs()
  let isOpen = true

  function look() {
    timer = clock.after(LOOK_MS, look)
    lookNow().catch((error) =>
      log.warn('an event about the disk of the database was not stored', { error: describeError(error) }),
    )
  }

  async function lookNow() {
    const { count, last, isOver } = store.maintenance.diskFailures()
    if (count > reported) {
      failedAt = clock.monotonicMs()
      // While the disk fails, nothing can be stored of it.
      if (!isOver) return
      await send(reportDisk(clock.now(), 'open', count, last?.words))
      reported = count
      isOpen = true
    } else if (isOpen && isOver && clock.monotonicMs() - failedAt >= DISK_QUIET_SECONDS * 1000) {
      await send(reportDisk(clock.now(), 'closed'))
      isOpen = false
    }
  }

  async function send(report: EventReport) {
    if (await store.events.report(serverName, [report])) return
    await store.watch.report([{ host: null, members: [serverName], report }], clock.now())
  }

  own('disk watch', async () => timer.cancel())
}
