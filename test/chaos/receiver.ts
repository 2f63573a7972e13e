/** How the receiver of notifications answers for a while; `no body` says 200 and never ends its answer. */
export type ReceiverMode = 'well' | 'slow' | 'hang' | 'no body' | 'away' | 401 | 404 | 500 | 503

export type Receiver = {
  readonly url: string
  /** For `host metric status` of every event in a request that it took, the ids of those requests. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>
  set(mode: ReceiverMode): void
  stop(): void
}

type Payload = { id: string; events?: { host: string; metric: string; status: string }[] }

/** Longer than any time limit after which a slow receiver counts as failed. */
const SLOW_MS = 12_000

export function startReceiver(): Receiver {
  const taken = new Map<string, Set<string>>()
  let mode: ReceiverMode = 'well'
  let server = serve(0)
  const port = server.port ?? 0

  function serve(at: number) {
    return Bun.serve({
      hostname: '127.0.0.1',
      port: at,
      idleTimeout: 0,
      async fetch(request) {
        const body = (await request.json()) as Payload
        const answered = mode
        if (typeof answered === 'number') return new Response('no', { status: answered })
        if (answered === 'hang') return new Promise<Response>(() => {})
        if (answered === 'slow') await Bun.sleep(SLOW_MS)
        take(body)
        return answered === 'no body'
          ? new Response(new ReadableStream({ start: (stream) => stream.enqueue('not') }))
          : new Response('noted')
      },
    })
  }

  function take({ id, events = [] }: Payload) {
    for (const { host, metric, status } of events) {
      const key = `${host} ${metric} ${status}`
      const ids = taken.get(key) ?? new Set()
      taken.set(key, ids.add(id))
    }
  }

  return {
    url: `http://127.0.0.1:${port}/hook`,
    taken,
    set(next) {
      if (next === 'away') server.stop(true)
      else if (mode === 'away') server = serve(port)
      mode = next
    },
    stop: () => server.stop(true),
  }
}
