/** How the receiver of notifications answers for a while. */
export type ReceiverMode = 'well' | 'slow' | 404 | 401 | 500 | 'hang'

export type Receiver = {
  readonly url: string
  /** `host metric status` of every event in a request that was answered with 200, with its number. */
  readonly taken: Map<string, number>
  set(mode: ReceiverMode): void
  stop(): void
}

type Payload = { events?: { host: string; metric: string; status: string }[] }

export function startReceiver(): Receiver {
  const taken = new Map<string, number>()
  let mode: ReceiverMode = 'well'
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const body = (await request.json()) as Payload
      const answered = mode
      if (typeof answered === 'number') return new Response('no', { status: answered })
      if (answered === 'hang') return new Promise<Response>(() => {})
      if (answered === 'slow') await Bun.sleep(3000)
      for (const { host, metric, status } of body.events ?? []) {
        const key = `${host} ${metric} ${status}`
        taken.set(key, (taken.get(key) ?? 0) + 1)
      }
      return new Response('noted')
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}/hook`,
    taken,
    set(next) {
      mode = next
    },
    stop: () => server.stop(true),
  }
}
