import { expect, test } from 'bun:test'
import { readBody, readHead, watchBody } from '../../../src/agent/checks/http-message.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** Milliseconds that it takes to look at a text whenever another byte of it has come. */
function trickle(text: string, look: (received: Buffer) => unknown): number {
  const bytes = Buffer.from(text)
  const began = performance.now()
  for (let end = 1; end <= bytes.length; end++) look(bytes.subarray(0, end))
  return performance.now() - began
}

test('what comes byte by byte costs about as much as in one piece', () => {
  // Half a minute and more, when each byte had all before it read again.
  expect(trickle('HTTP/1.1 100 Continue\r\n\r\n'.repeat(2600), readHead)).toBeLessThan(5000)
  expect(
    trickle(`HTTP/1.1 103 Early Hints\r\n${'a: b\r\n'.repeat(5000)}\r\n${'c'.repeat(30_000)}`, readHead),
  ).toBeLessThan(5000)
  const head = readHead(Buffer.from(ANSWER))
  if (head === null) throw new Error('no head')
  expect(trickle(`${ANSWER}${'1\r\na\r\n'.repeat(20_000)}`, watchBody(head))).toBeLessThan(5000)
})

test('interim answers are skipped, a few of them', () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
  expect(readHead(Buffer.from(`${early.repeat(3)}${ANSWER}`))).toMatchObject({ status: 200 })
  expect(readHead(Buffer.from(`${early.repeat(17)}${ANSWER}`))).toBeNull()
  expect(readHead(Buffer.from('HTTP/1.1 200\r\nA: b\r\n\r\n'))?.headers.get('a')).toBe('b')
  expect(readHead(Buffer.from('HTTP/1.1 2000\r\n\r\n'))).toBeNull()
})

test('a body is whole with its last chunk, in whatever pieces it comes', () => {
  const text = `${ANSWER}5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n`
  const bytes = Buffer.from(text)
  const head = readHead(bytes)
  if (head === null) throw new Error('no head')
  const isWhole = watchBody(head)
  const ends = Array.from(bytes, (_, i) => i + 1)
  const first = ends.find((end) => end >= head.length && isWhole(bytes.subarray(0, end)))
  expect(first).toBe(text.indexOf('\r\n0\r\n') + 5)
  expect(readBody(head, bytes)).toBe('hello, world')
  const broken = Buffer.from(`${ANSWER}zz\r\n0\r\n\r\n`)
  expect(watchBody(head)(broken)).toBe(false)
})
