type LiveClient = {
  readonly user: string
  readonly isAlive: () => Promise<boolean>
  readonly controller: ReadableStreamDefaultController<Uint8Array>
}

/** Messages that a client may leave unread before it is dropped. */
const MAX_UNREAD = 16

/** The open streams, bounded in all and for each user, who must not take the others' places. */
export class LiveClients {
  readonly #clients = new Set<LiveClient>()
  readonly #encoder = new TextEncoder()
  readonly #most: number
  readonly #mostOfUser: number

  constructor(most: number, mostOfUser: number) {
    this.#most = most
    this.#mostOfUser = mostOfUser
  }

  get size(): number {
    return this.#clients.size
  }

  /** Null when too many are open. `isAlive` resolves to whether the session is still valid. */
  add(user: string, isAlive: () => Promise<boolean>): ReadableStream<Uint8Array> | null {
    const clients = this.#clients
    if (clients.size >= this.#most) return null
    if ([...clients].filter((client) => client.user === user).length >= this.#mostOfUser) return null
    const encoder = this.#encoder
    let own: LiveClient | null = null
    return new ReadableStream<Uint8Array>(
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
  }

  /** Sends an event with one line of data to everybody. */
  broadcast(event: string, data: string | number) {
    for (const client of [...this.#clients]) this.#send(client, `event: ${event}\ndata: ${data}\n\n`)
  }

  /** Gives each client a sign of life, and ends those whose session is over. */
  async beat() {
    for (const client of [...this.#clients]) {
      if (await client.isAlive()) this.#send(client, ': still here\n\n')
      else this.#close(client, 'event: ended\ndata: session\n\n')
    }
  }

  closeAll() {
    for (const client of [...this.#clients]) this.#close(client)
  }

  #send(client: LiveClient, text: string) {
    if ((client.controller.desiredSize ?? 0) <= 0) return this.#close(client)
    client.controller.enqueue(this.#encoder.encode(text))
  }

  #close(client: LiveClient, finalMessage?: string) {
    if (!this.#clients.delete(client)) return
    try {
      if (finalMessage !== undefined) client.controller.enqueue(this.#encoder.encode(finalMessage))
      client.controller.close()
    } catch {
      // The client went away in the same moment: there is nothing left to close.
    }
  }
}
