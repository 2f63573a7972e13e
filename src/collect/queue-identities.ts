import type { ReportedQueue } from '../domain/audit/received-numbers.ts'
import { MAX_CONNECTION_HOSTS } from '../protocol/message.ts'
import type { QueueIdentity } from '../protocol/numbering.ts'

/** The queues that the agents on one connection send from; they say them once. */
export class QueueIdentities {
  readonly #queues = new Map<string, ReportedQueue>()

  /** What holds for a host from now on; `seen` is the server's clock. Null for agents that number nothing. */
  recall(host: string, said: QueueIdentity | null, seen: number): ReportedQueue | null {
    if (said === null) return this.#queues.get(host) ?? null
    if (this.#queues.size >= MAX_CONNECTION_HOSTS) this.#queues.clear()
    const { id, run, uptime } = said
    this.#queues.set(host, { id, run, started: null })
    return { id, run, started: seen - uptime }
  }
}
