import type { Clock, Timer } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { EventStore, HostStore } from '../../storage/ports/store.ts'
import { LiveClients } from './live-clients.ts'

/**
 * Tells open pages that something changed, as server-sent events; the page then fetches its live parts again.
 */
export type Live = {
  /**
   * A stream of the events `changed` with a growing number, `away` when the database stops answering (and
   * `changed` when it answers again), and `ended` before it closes because `isAlive` returned false. Null
   * when too many are open, in all or for this user.
   */
  open(user: string, isAlive: () => Promise<boolean>): Response | null
  stop(): void
}

export type LiveOptions = {
  readonly hosts: Pick<HostStore, 'revision'>
  readonly events: Pick<EventStore, 'revision'>
  readonly clock: Clock
  readonly log: Log
  /** Streams open at a time; 1000 by default. */
  readonly clients?: number
  /** Streams of one user, so that a user can't take those of others; 100 by default. */
  readonly clientsOfUser?: number
}

const POLL_MS = 2000
/** Each client gets a heartbeat, and its session is checked, once in this many polls. */
const HEARTBEAT_POLLS = 10
export function createLive(options: LiveOptions): Live {
  const { hosts, events, clock, log } = options
  const clients = new LiveClients(options.clients ?? 1000, options.clientsOfUser ?? 100)
  let timer: Timer | null = null
  let revision: number | null = null
  let polls = 0
  let failing = false
  let stopped = false

  /** One poll serves all clients; without any the loop ends, and the next client starts it again. */
  function plan() {
    timer = clock.after(POLL_MS, () => {
      if (clients.size > 0) void poll().finally(() => stopped || plan())
      else timer = revision = null
    })
  }

  async function poll() {
    try {
      const [seen, changed] = await Promise.all([hosts.revision(), events.revision()])
      const newest = seen + changed
      if (failing || (revision !== null && newest !== revision)) clients.broadcast('changed', newest)
      revision = newest
      polls = (polls + 1) % HEARTBEAT_POLLS
      if (polls === 0) await clients.beat()
      if (failing) log.info('live pages can read the database again')
      failing = false
    } catch (error) {
      if (failing) return
      failing = true
      log.warn('live pages are not updated: the database does not respond', { error })
      clients.broadcast('away', 'database')
    }
  }

  return {
    open(user, isAlive) {
      const stream = stopped ? null : clients.add(user, isAlive)
      if (stream === null) return null
      if (!timer) {
        // Sets the first revision now: otherwise a change before the first turn of the loop would not be
        // noticed.
        void poll()
        plan()
      }
      return new Response(stream, {
        // Without this header nginx would buffer messages until a page is full.
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
      })
    },
    stop() {
      stopped = true
      clients.closeAll()
      timer?.cancel()
    },
  }
}
