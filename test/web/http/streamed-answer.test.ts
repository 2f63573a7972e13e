import { afterEach, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { ReaderGoneError } from '../../../src/lib/reader.ts'
import { StreamedAnswer } from '../../../src/web/http/streams/streamed-answer.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure, findFailure } from '../../support/failure.ts'

/** More than the buffers of both sides of a connection hold. */
const PIECES = 2000
const PIECE = 100_000

let clock = fakeClock()
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
      return answer.finish(
        request,
        {},
        {
          noteFailure: (error) => {
            failure = error
          },
          clock,
        },
      )
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

for (const encoding of ['identity', 'gzip'])
  test(`of ${encoding}: a reader that takes nothing for two minutes has its connection closed`, async () => {
    clock = fakeClock()
    const port = serve(PIECES)
    let isClosed = false
    const socket = connect(port, '127.0.0.1')
    socket.on('close', () => {
      isClosed = true
    })
    socket.on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${encoding}\r\n\r\n`)
    await waitUntil('the first pieces are made', () => made > 0)
    let before = -1
    while (made !== before) {
      before = made
      await Bun.sleep(300)
    }
    await clock.advance(119_000)
    await Bun.sleep(100)
    expect(isDone).toBe(false)
    await clock.advance(2000)
    await waitUntil('the work has ended', () => isDone)
    expect(failure).toBeInstanceOf(ReaderGoneError)
    // What is in the buffers of the connection comes, its end does not.
    let tail = ''
    socket.on('data', (data) => {
      tail = data.toString('latin1').slice(-10)
    })
    await waitUntil('the connection is closed', () => isClosed)
    expect(tail.endsWith('\r\n0\r\n\r\n')).toBe(false)
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

test('a hundred are under way at most, and each that ends makes room', async () => {
  const begin = () => StreamedAnswer.begin(makePieces(3), {})
  const answers = await Promise.all(Array.from({ length: 100 }, begin))
  await expectFailure(begin(), 'too many long answers are under way')
  const request = new Request('http://a/')
  const context = { noteFailure: () => {}, clock }
  const [first, second, ...others] = answers
  await first?.finish(request, {}, context).arrayBuffer()
  await second?.drop()
  const [third, fourth] = [await begin(), await begin()]
  await expectFailure(begin(), 'too many long answers are under way')
  for (const answer of [...others, third, fourth]) await answer.drop()
})

test('readers who leave before the first piece keep no place', async () => {
  const made = Promise.withResolvers<void>()
  let ended = 0
  let begun = 0
  async function* latePiece() {
    try {
      begun++
      await made.promise
      yield new Uint8Array(10)
      yield new Uint8Array(10)
    } finally {
      ended++
    }
  }
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) =>
      (await StreamedAnswer.begin(latePiece(), {})).finish(request, {}, { noteFailure: () => {}, clock }),
  })
  const leave = new AbortController()
  const url = server.url
  const readers = Array.from({ length: 50 }, () => findFailure(fetch(url, { signal: leave.signal })))
  await waitUntil('all are begun', () => begun === 50)
  leave.abort()
  await Promise.all(readers)
  await Bun.sleep(100)
  made.resolve()
  await waitUntil('all have ended', () => ended === 50)
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
      (await StreamedAnswer.begin(twoPieces(), {})).finish(
        request,
        {},
        { noteFailure: (error) => failures.push(error), clock },
      ),
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
