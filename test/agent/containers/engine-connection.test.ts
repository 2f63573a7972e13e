import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineConnection, EngineRejection } from '../../../src/agent/containers/engine-connection.ts'

let folder: string
let server: Server
let connection: EngineConnection
let connections = 0
let answer: (socket: Socket, request: string) => void

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-engine-'))
  connections = 0
  server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.on('data', (data) => answer(socket, data.toString()))
  })
  const path = join(folder, 'engine.sock')
  await new Promise<void>((resolve) => server.listen(path, () => resolve()))
  connection = new EngineConnection(path)
})

afterEach(() => {
  connection.close(new Error('over'))
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = async (most = 1000) => (await connection.get('/x?all=1', most)).toString()

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('asks by GET, and keeps its connection', async () => {
  const requests: string[] = []
  answer = (socket, request) => {
    requests.push(request)
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nä/a')
  }
  expect([await get(), await get()]).toEqual(['ä/a', 'ä/a'])
  expect(connections).toBe(1)
  expect(requests[1]).toBe(
    'GET /x?all=1 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n',
  )
})

test('an answer may come in chunks and in single bytes', async () => {
  answer = async (socket) => {
    for (const byte of Buffer.from(`${CHUNKED}5;a=b\r\n{"a":\r\n2\r\n1}\r\n0\r\nX-End: 1\r\n\r\n`)) {
      socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  expect([await get(), await get()]).toEqual(['{"a":1}', '{"a":1}'])
  expect(connections).toBe(1)
})

test('the end of the connection ends an answer without a length', async () => {
  answer = (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n[]')
  expect([await get(), await get()]).toEqual(['[]', '[]'])
  expect(connections).toBe(2)
})

test('an engine that has closed the kept connection is asked again, once', async () => {
  answer = (socket) => {
    // The second request on a connection is not answered.
    if (socket.bytesRead > 110) socket.destroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
  }
  expect([await get(), await get()]).toEqual(['[]', '[]'])
  expect(connections).toBe(2)
  answer = (socket) => socket.destroy()
  await expect(get()).rejects.toThrow('the engine has closed the connection')
  expect(connections).toBe(3)
})

test('an answer that breaks off is not taken for a whole one', async () => {
  answer = (socket) => socket.end(`${CHUNKED}5\r\n[1,2]\r\n`)
  await expect(get()).rejects.toThrow('the engine has closed the connection')
  answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,2]')
  await expect(get()).rejects.toThrow('the engine has closed the connection')
})

test('another status is a rejection, after which the connection serves on', async () => {
  answer = (socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}')
  const error = await get().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(EngineRejection)
  expect(String(error)).toContain('it answers 404 to /x?all=1')
  await get().catch(() => {})
  expect(connections).toBe(1)
})

const ENDLESS_HEAD = `HTTP/1.1 200 OK\r\n${'X: 1234567890\r\n'.repeat(6000)}`
const TINY_CHUNKS = `${CHUNKED}${'1\r\n \r\n'.repeat(50)}`

test.each<[string, string, RegExp]>([
  ['a length that is too long', 'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n', /longer than 1000/],
  ['a chunk that is too long', `${CHUNKED}3e9\r\n`, /longer than 1000/],
  [
    'chunks without end',
    `${CHUNKED}${'1f4\r\n'.padEnd(505)}\r\n${'1f5\r\n'.padEnd(506)}`,
    /longer than 1000/,
  ],
  ['many tiny chunks', TINY_CHUNKS, /longer than 1000/],
  ['a body without end', `HTTP/1.1 200 OK\r\n\r\n${' '.repeat(1001)}`, /longer than 1000/],
  ['a head without end', ENDLESS_HEAD, /not HTTP/],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /not HTTP/],
  ['a chunk without a size', `${CHUNKED}x\r\n`, /not HTTP/],
  ['the line of a chunk without end', `${CHUNKED}${'1'.repeat(300)}`, /not HTTP/],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /not HTTP/],
  ['more than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]HTTP/1.1 200 OK\r\n', /not HTTP/],
])('an answer with %s is given up at once', async (_, text, why) => {
  answer = (socket) => socket.write(text)
  await expect(get()).rejects.toThrow(why)
  answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
  expect(await get()).toBe('[]')
  expect(connections).toBe(2)
})

test('closing ends the request that waits, and the next one has a connection of its own', async () => {
  answer = (socket) => socket.write('HTTP/1.1 200 OK\r\n')
  const waiting = get()
  waiting.catch(() => {})
  await Bun.sleep(20)
  connection.close(new Error('too late'))
  await expect(waiting).rejects.toThrow('too late')
  answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
  expect(await get()).toBe('[]')
})
