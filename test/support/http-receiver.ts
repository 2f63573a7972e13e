export type ReceivedRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

export type HttpReceiver = {
  readonly url: string
  readonly requests: ReceivedRequest[]
  /** How the next requests are answered; `hang` never answers. */
  answer: (request: ReceivedRequest) => number | 'hang'
  stop(): Promise<void>
}

/** Keeps every request that it gets, and answers 200 by default. */
export function startHttpReceiver(): HttpReceiver {
  const requests: ReceivedRequest[] = []
  const receiver: HttpReceiver = {
    url: '',
    requests,
    answer: () => 200,
    stop: () => server.stop(true),
  }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const received = {
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        body: await request.text(),
      }
      requests.push(received)
      const status = receiver.answer(received)
      return status === 'hang' ? new Promise<Response>(() => {}) : new Response('noted', { status })
    },
  })
  return Object.assign(receiver, { url: `http://127.0.0.1:${server.port}` })
}
