import type { Clock, Timer } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { EventStore, HostStore } from '../../storage/ports/store.ts'

/**
 * Tells open pages that something changed, as server-sent events; the page then fetches its live parts again.
 */
export type Live = {
  /**
   * A stream that says `changed` with a growing number, `away` when the database stops answering (and
   * `changed` when it does again), and `ended` before it closes because `isAlive` said no. Null when too many
   * are open, in all or of this user.
   */
  open(user: string, isAlive: () => Promise<boolean>): Response | null
  stop(): void
}

export type LiveOptions = {
  readonly hosts: Pick<HostStore, 'revision'>
  readonly events: Pick<EventStore, 'revision'>
  readonly clock: Clock
  readonly log: Log
  /** Streams open at a time; 1000 unless told otherwise. */
  readonly clients?: number
  /** Of them those of one user, who must not take the others' places; 100 unless told otherwise. */
  readonly clientsOfUser?: number
}

const POLL_MS = 2000
/** Every so many polls each client gets a sign of life, and its session is looked up. */
const HEARTBEAT_POLLS = 10
/** Messages that a client may leave unread before it is dropped. */
const MAX_UNREAD = 16

type Client = {
  readonly user: string
  readonly isAlive: () => Promise<boolean>
  readonly controller: ReadableStreamDefaultController<Uint8Array>
}

export function createLive({
  hosts,
  events,
  clock,
  log,
  clients: most = 1000,
  clientsOfUser = 100,
}: LiveOptions): Live {
  const clients = new Set<Client>()
  const encoder = new TextEncoder()
  let timer: Timer | null = null
  let revision: number | null = null
  let polls = 0
  let failing = false
  let stopped = false

  function send(client: Client, text: string) {
    if ((client.controller.desiredSize ?? 0) <= 0) return close(client)
    client.controller.enqueue(encoder.encode(text))
  }

  function close(client: Client, finalMessage?: string) {
    if (!clients.delete(client)) return
    try {
      if (finalMessage !== undefined) client.controller.enqueue(encoder.encode(finalMessage))
      client.controller.close()
    } catch {
      // The client went away in the same moment: there is nothing left to close.
    }
  }

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
      if (failing || (revision !== null && newest !== revision))
        for (const client of [...clients]) send(client, `event: changed\ndata: ${newest}\n\n`)
      revision = newest
      polls = (polls + 1) % HEARTBEAT_POLLS
      if (polls === 0) await beat()
      if (failing) log.info('live pages can read the database again')
      failing = false
    } catch (error) {
      if (failing) return
      failing = true
      log.warn('live pages are not updated: the database does not respond', { error })
      for (const client of [...clients]) send(client, 'event: away\ndata: database\n\n')
    }
  }

  async function beat() {
    for (const client of [...clients]) {
      if (await client.isAlive()) send(client, ': still here\n\n')
      else close(client, 'event: ended\ndata: session\n\n')
    }
  }

  return {
    open(user, isAlive) {
      if (stopped || clients.size >= most) return null
      if ([...clients].filter((client) => client.user === user).length >= clientsOfUser) return null
      let own: Client | null = null
      const stream = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = { user, isAlive, controller }
            clients.add(own)
            controller.enqueue(encoder.encode('retry: 3000\n\n'))
          },
          cancel() {
            if (own) clients.delete(own)
          },
        },
        { highWaterMark: MAX_UNREAD },
      )
      if (!timer) {
        // What changes before the first turn of the loop would be taken for what the page shows.
        void poll()
        plan()
      }
      return new Response(stream, {
        // nginx would keep what is said to itself until it has a page full.
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
      })
    },
    stop() {
      stopped = true
      for (const client of [...clients]) close(client)
      timer?.cancel()
    },
  }
}
