import { afterEach, expect, test } from 'bun:test'
import { StreamedAnswer } from '../../../src/web/http/streams/streamed-answer.ts'

/** More than the buffers of both sides of a connection hold. */
const PIECES = 2000
const PIECE = 100_000

let made = 0
let isDone = false
let failure: unknown = null
let server: Bun.Server<undefined> | null = null
afterEach(() => server?.stop(true))

async function* makePieces(most: number, failAt = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  try {
    for (made = 0; made < most; made++) {
      if (made === failAt) throw new Error('the disk is gone')
      // What does not get shorter by compressing.
      yield crypto.getRandomValues(new Uint8Array(PIECE / 2))
      yield crypto.getRandomValues(new Uint8Array(PIECE / 2))
    }
  } finally {
    isDone = true
  }
}

function serve(most: number, failAt?: number): number {
  ;[made, isDone, failure] = [0, false, null]
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const answer = await StreamedAnswer.begin(makePieces(most, failAt), { 'content-type': 'text/csv' })
      return answer.finish(request, {}, (error) => {
        failure = error
      })
    },
    error: () => new Response('', { status: 500 }),
  })
  return server.port ?? 0
}

async function waitUntil(what: string, isSo: () => boolean) {
  const begun = performance.now()
  while (!isSo()) {
    if (performance.now() - begun > 20_000) throw new Error(`waited 20 s until ${what}`)
    await Bun.sleep(20)
  }
}

for (const encoding of ['identity', 'gzip'])
  test(`of ${encoding}: a reader that does not read holds nothing up, and ends the work by hanging up`, async () => {
    const port = serve(PIECES)
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        open(socket) {
          socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${encoding}\r\n\r\n`)
          socket.pause()
        },
        data() {},
      },
    })
    await waitUntil('the first pieces are made', () => made > 0)
    let before = -1
    while (made !== before) {
      before = made
      await Bun.sleep(300)
    }
    expect(made).toBeLessThan(PIECES / 4)
    expect(isDone).toBe(false)
    socket.terminate()
    await waitUntil('the work has ended', () => isDone)
    expect(made).toBe(before)
  })

test('all of it arrives, compressed where that is taken', async () => {
  for (const encoding of ['identity', 'gzip', 'zstd, gzip']) {
    const port = serve(20)
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { 'accept-encoding': encoding } })
    expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : 'gzip')
    expect((await response.arrayBuffer()).byteLength).toBe(20 * PIECE)
    expect(isDone).toBe(true)
    server?.stop(true)
  }
})

test('a reader who leaves while a piece is made is no failure', async () => {
  const making = Promise.withResolvers<void>()
  const made = Promise.withResolvers<void>()
  let isDone = false
  async function* twoPieces() {
    try {
      yield new Uint8Array(10)
      making.resolve()
      await made.promise
      yield new Uint8Array(10)
    } finally {
      isDone = true
    }
  }
  const failures: unknown[] = []
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) =>
      (await StreamedAnswer.begin(twoPieces(), {})).finish(request, {}, (error) => failures.push(error)),
  })
  const leave = new AbortController()
  const response = await fetch(server.url, {
    signal: leave.signal,
    headers: { 'accept-encoding': 'identity' },
  })
  await making.promise
  leave.abort()
  await response.arrayBuffer().catch(() => {})
  await Bun.sleep(100)
  made.resolve()
  await waitUntil('the work has ended', () => isDone)
  await Bun.sleep(20)
  expect(failures).toEqual([])
})

test('HEAD makes no more than the first piece', async () => {
  const port = serve(PIECES)
  const response = await fetch(`http://127.0.0.1:${port}`, { method: 'HEAD' })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/csv'])
  // As GET says it, which knows no length: 0 would be wrong.
  expect(response.headers.get('content-length')).toBeNull()
  expect(response.headers.get('content-encoding')).toBe('gzip')
  await waitUntil('the work has ended', () => isDone)
  expect(made).toBe(0)
})

test('what fails first is an answer of its own, what fails later a broken transfer that is noted', async () => {
  const port = serve(PIECES, 0)
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(500)
  server?.stop(true)
  const later = await fetch(`http://127.0.0.1:${serve(PIECES, 30)}`, {
    headers: { 'accept-encoding': 'identity' },
  })
  let error: unknown = null
  await later.arrayBuffer().catch((thrown: unknown) => {
    error = thrown
  })
  expect(error).not.toBeNull()
  expect(String(failure)).toContain('the disk is gone')
})
