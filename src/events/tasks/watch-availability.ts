import {
  describeGroup,
  describeSilence,
  evaluateAvailability,
  type SilenceGroup,
} from '../../domain/events/availability.ts'
import { AVAILABILITY } from '../../domain/metrics/declared/server-events.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { EngineReport } from '../../storage/ports/store.ts'
import type { Task } from '../task.ts'

/**
 * The remembered group: `hosts` are all that were ever in it, `change` is the number of its event's newest
 * change.
 */
type SilenceMemory = {
  readonly group: SilenceGroup
  readonly hosts: readonly string[]
  readonly change: number
}

const MEMORY = 'silence_group'
/** Hosts reported in one transaction: samples wait while a thousand events are written. */
const AT_ONCE = 50

/** Opens events of silent hosts and closes them when the hosts are seen again. */
export const watchAvailability: Task = {
  name: 'watch availability',
  every: 0,
  async run({ store: { watch }, clock, steadyMs, watching }) {
    const { check, severity, isGrouping } = watching
    const [hosts, seen, remembered] = await Promise.all([
      watch.listLastSeen(clock.now()),
      watch.listSeen(AVAILABILITY.name),
      watch.recall(MEMORY),
    ])
    const before = remembered === null ? null : (JSON.parse(remembered) as SilenceMemory)
    const own = new Map(seen.filter(({ host }) => host !== '').map((event) => [event.host, event]))
    const now = clock.now()
    const verdict = evaluateAvailability({
      hosts,
      now,
      since: now - Math.floor(steadyMs() / 1000),
      check,
      isGrouping,
      open: new Map([...own].map(([host, { opened }]) => [host, opened])),
      group: before?.group ?? null,
    })
    const lastSeen = new Map(hosts.map((host) => [host.name, host.lastSeen]))
    const common = { metric: AVAILABILITY.name, severity }
    const reports: EngineReport[] = verdict.closing.map((host) => ({
      host,
      report: {
        ...common,
        uid: own.get(host)?.uid ?? null,
        change: 2,
        time: lastSeen.get(host) ?? now,
        status: 'closed',
        message: own.get(host)?.message ?? '',
      },
    }))
    const memory = advance(before, verdict.group, verdict.joined)
    const tell = ({ group, hosts: members }: SilenceMemory, change: number, status: 'open' | 'closed') =>
      reports.push({
        host: null,
        members,
        report: {
          ...common,
          uid: `silence-group:${group.opened}`,
          change,
          time: now,
          status,
          message: describeGroup(members),
        },
      })
    if (before !== null && before.group.opened !== memory?.group.opened)
      tell(before, before.change + 1, 'closed')
    if (memory !== null && verdict.joined.length > 0) tell(memory, memory.change, 'open')
    for (const { host, silent } of verdict.opening)
      reports.push({
        host,
        report: {
          ...common,
          uid: `silence:${now}`,
          change: 1,
          time: now,
          status: 'open',
          message: describeSilence(host, silent),
        },
      })

    const value = memory === null ? null : JSON.stringify(memory)
    // Each host's own event stands for itself, and the next cycle reports what did not come to be.
    const single = reports.length > AT_ONCE ? reports.filter(({ host }) => host !== null) : []
    for (let at = 0; at < single.length; at += AT_ONCE) {
      await watch.report(single.slice(at, at + AT_ONCE), now)
      await yieldThread()
    }
    const last = single.length > 0 ? reports.filter(({ host }) => host === null) : reports
    if (reports.length > 0 || value !== remembered) await watch.report(last, now, { name: MEMORY, value })
    return false
  },
}

function advance(
  before: SilenceMemory | null,
  group: SilenceGroup | null,
  joined: readonly string[],
): SilenceMemory | null {
  if (group === null) return null
  const isSame = before?.group.opened === group.opened
  const hosts = [...new Set([...(isSame ? before.hosts : []), ...joined])]
  return { group, hosts, change: (isSame ? before.change : 0) + (joined.length > 0 ? 1 : 0) }
}
