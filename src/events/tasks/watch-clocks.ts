import {
  type ClockVerdict,
  describeHostClock,
  describeServerClock,
  evaluateClocks,
  LEAST_HOSTS,
} from '../../domain/events/clock-skew.ts'
import { CLOCK_SKEW, SERVER_CLOCK } from '../../domain/metrics/declared/server-events.ts'
import { MAX_TIME_AHEAD } from '../../protocol/field.ts'
import type { EngineReport } from '../../storage/ports/store.ts'
import { reportOnServer } from '../server-events.ts'
import type { Task } from '../task.ts'

/**
 * A clock event closes only when the clock is clearly back: a clock right at the limit would open an event a
 * minute.
 */
const CLEAR_SHARE = 0.9

/** A host counts as evidence about the server's clock when it has reported within this many seconds. */
const LATELY = 600

/**
 * Opens events of hosts whose clock differs too much from the server's, and one event of the server where
 * most hosts agree that it is the server's clock that is wrong.
 */
export const watchClocks: Task = {
  name: 'watch clocks',
  every: 60,
  async run(context) {
    const { store, clock, watching, steadyMs } = context
    const { watch } = store
    const now = clock.now()
    const [clocks, seen, seenOfServer] = await Promise.all([
      watch.listClocks(),
      watch.listSeen(CLOCK_SKEW.name),
      watch.listSeen(SERVER_CLOCK.name),
    ])
    // What was noted before this start, or before our clock was set, says nothing of our clock of now.
    const steadySeconds = steadyMs() / 1000
    const fresh = clocks.filter(({ lastSeen }) => Math.abs(now - lastSeen) <= steadySeconds)
    const lately = fresh.filter(({ lastSeen }) => Math.abs(now - lastSeen) <= LATELY)
    const isServerWrong = seenOfServer.length > 0
    // Too few have spoken again to say that it is over.
    if (lately.length < LEAST_HOSTS && isServerWrong && steadySeconds < LATELY) return true
    const server = evaluateClocks(lately, isServerWrong ? watching.skew * CLEAR_SHARE : watching.skew)
    if (isServerWrong || server.serverAhead !== null)
      await reportOnServer(context, reportServer(server, lately.length, now), seenOfServer, now)

    const open = new Map(seen.map((event) => [event.host, event]))
    const common = { metric: CLOCK_SKEW.name, severity: 3, time: now } as const
    const reports: EngineReport[] = []
    for (const { name: host, skew } of fresh)
      if (Math.abs(skew) > watching.skew && !server.agreeing.has(host) && !open.has(host))
        reports.push({
          host,
          report: {
            ...common,
            uid: `clock:${now}`,
            change: 1,
            status: 'open',
            message: describeHostClock(host, skew, MAX_TIME_AHEAD),
          },
        })
    const skews = new Map(fresh.map(({ name, skew }) => [name, skew]))
    for (const { host, uid, message } of open.values()) {
      const skew = skews.get(host)
      // A host that is silent may be as wrong as before.
      const isRight = skew !== undefined && Math.abs(skew) <= watching.skew * CLEAR_SHARE
      if (isRight || server.agreeing.has(host))
        reports.push({ host, report: { ...common, uid, change: 2, status: 'closed', message } })
    }
    if (reports.length > 0) await watch.report(reports, now)
    return false
  },
}

function reportServer({ serverAhead, agreeing }: ClockVerdict, all: number, now: number) {
  return {
    uid: null,
    change: 0,
    time: now,
    metric: SERVER_CLOCK.name,
    severity: 2 as const,
    status: serverAhead === null ? ('closed' as const) : ('open' as const),
    message:
      serverAhead === null
        ? 'The clock of this server agrees with those of its hosts again'
        : describeServerClock(serverAhead, agreeing.size, all, MAX_TIME_AHEAD),
  }
}
