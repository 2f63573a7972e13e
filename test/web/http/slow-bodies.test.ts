import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { BODY_LIMIT_MS, MAX_FORM_BYTES } from '../../../src/web/http/request-body.ts'
import { startTestSite, type TestSite } from '../site.ts'

type Client = { readonly socket: Socket; isClosed: boolean; text: string }

const HEAD = 'POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

describe('the body of a request that anybody may send', () => {
  let site: TestSite
  let clients: Client[] = []

  beforeEach(async () => {
    site = await startTestSite()
  })
  afterEach(async () => {
    for (const { socket } of clients) socket.destroy()
    clients = []
    await site.stop()
  })

  function open(text: string): Promise<Client> {
    return new Promise((resolve) => {
      const socket = connect({ port: site.port, host: '127.0.0.1' })
      const client: Client = { socket, isClosed: false, text: '' }
      clients.push(client)
      socket.on('data', (data) => {
        client.text += data.toString('latin1')
      })
      socket.on('close', () => {
        client.isClosed = true
      })
      socket.on('error', () => {})
      socket.on('connect', () => socket.write(text, () => resolve(client)))
    })
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 300 && !isSo(); i++) await Bun.sleep(10)
    expect(isSo()).toBe(true)
  }

  test('is refused with words once it is too long, and what it says further is not kept', async () => {
    const before = process.memoryUsage.rss()
    // Each is a chunk of nearly a megabyte that does not come to its end.
    const long = `${CHUNKED}ffff0\r\n${'a'.repeat(0xff000)}`
    for (let i = 0; i < 100; i++) await open(long)
    await until(() => clients.every(({ text, isClosed }) => isClosed && text.startsWith('HTTP/1.1 413')))
    expect(clients[0]?.text).toContain(`A body holds at most ${MAX_FORM_BYTES} bytes.`)
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024)
  }, 30_000)

  test('has to be complete within 30 seconds, however it drips in', async () => {
    const slow = await open(`${HEAD}Content-Length: 100\r\n\r\nname=a`)
    const chunked = await open(`${CHUNKED}5\r\nname=`)
    await site.send('/login')
    for (let ms = 0; ms < BODY_LIMIT_MS; ms += 10_000) {
      slow.socket.write('x')
      await site.clock.advance(10_000)
    }
    await until(() => slow.isClosed && chunked.isClosed)
    for (const { text } of [slow, chunked]) expect(text).toMatch(/^HTTP\/1.1 408/)
  })

  test('that breaks off is no error of ours', async () => {
    const gone = await open(`${HEAD}Content-Length: 100\r\n\r\nname=a`)
    const halfClosed = await open(`${CHUNKED}5\r\nname=`)
    await site.send('/login')
    gone.socket.destroy()
    halfClosed.socket.end()
    await until(() => site.lines.filter((line) => line.includes('nobody waits for the answer')).length === 2)
    expect(site.lines.join('\n')).not.toMatch(/ (error|warn) /)
  })
})
