import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import {
  type OwnConnection,
  openOwnSockets,
  readSocketAddress,
} from '../../../src/platform/sockets/own-sockets.ts'
import { ConnectionBounds, type WebConnectionLimits } from '../../../src/web/http/connection-bounds.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { startTestSite, type TestSite } from '../site.ts'

type Client = { readonly socket: Socket; isClosed: boolean; text: string }

describe('connections to the website', () => {
  let site: TestSite
  let clients: Client[] = []

  beforeEach(async () => {
    site = await startTestSite((store) => store, {
      ownSockets: openOwnSockets(),
      connectionLimits: { silentPerAddress: 20, silent: 30 },
    })
  })
  afterEach(async () => {
    for (const { socket } of clients) socket.destroy()
    clients = []
    await site.stop()
  })

  function open(text: string, localAddress = '127.0.0.1'): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: site.port, host: '127.0.0.1', localAddress })
      const client: Client = { socket, isClosed: false, text: '' }
      clients.push(client)
      socket.on('data', (data) => {
        client.text += data.toString('latin1')
      })
      socket.on('close', () => {
        client.isClosed = true
      })
      socket.on('error', reject)
      socket.on('connect', () => socket.write(text, () => resolve(client)))
    })
  }

  const HALF = 'GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '
  const openHalves = (count: number, address?: string) =>
    Promise.all(Array.from({ length: count }, () => open(HALF, address)))

  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !isSo(); i++) await Bun.sleep(10)
    expect(isSo()).toBe(true)
  }

  test('that say half of a request are few an address and short, and disturb nobody else', async () => {
    const { cookie } = await site.as('viewer')
    const host = `Host: 127.0.0.1:${site.port}\r\n`
    const resting = await open(`GET /login HTTP/1.1\r\n${host}\r\n`)
    const live = await open(`GET /live?page=home HTTP/1.1\r\n${host}Cookie: ${cookie}\r\n\r\n`)
    await until(() => resting.text.includes('</html>') && live.text.includes('event-stream'))
    const halves = await openHalves(110)
    const other = await openHalves(5, '127.0.0.2')
    // All of them are accepted when this one is answered.
    await site.send('/login')
    const closed = (some: Client[]) => some.filter(({ isClosed }) => isClosed).length

    await site.clock.advance(1000)
    await until(() => closed(halves) === 90)
    expect(closed(other)).toBe(0)
    expect((await site.send('/login')).status).toBe(200)

    // A request that arrives slowly does not extend the time limit.
    for (let second = 0; second < 35; second += 5) {
      for (const half of [...halves, ...other]) if (!half.isClosed) half.socket.write('x')
      await site.clock.advance(5000)
    }
    // A few connections harm nobody; the others are checked when there are many again.
    await openHalves(110, '127.0.0.3')
    await site.clock.advance(1000)
    await until(() => closed([...halves, ...other]) === 115)
    expect([resting.isClosed, live.isClosed]).toEqual([false, false])
    resting.text = ''
    resting.socket.write(`GET /login HTTP/1.1\r\n${host}\r\n`)
    await until(() => resting.text.includes('</html>'))
    expect(site.lines.join('\n')).toMatch(
      /too many or silent connections to the website were closed closed=\d+/,
    )
  }, 30_000)
})

describe('the choice of what is closed', () => {
  let clock: FakeClock
  let open: OwnConnection[]
  let closed: number[]

  function bound(limits: Partial<WebConnectionLimits>, { limit = 65_536, trusted = '192.0.2.1' } = {}) {
    clock = fakeClock()
    closed = []
    let count = 1000
    return new ConnectionBounds({
      sockets: {
        count: () => (count += 100),
        list: () => open,
        shutDown(fd) {
          closed.push(fd)
          open = open.filter((one) => one.fd !== fd)
        },
        limit,
      },
      ports: () => new Set([8080]),
      trustedProxies: [parseAddressRange(trusted) ?? []].flat(),
      limits,
      clock,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    })
  }

  const from = (fd: number, address: string): OwnConnection => ({ fd, address, port: 40_000 + fd })

  test('is the oldest of an address, those that asked for something after those that did not', async () => {
    open = [1, 2, 3, 4, 5].map((fd) => from(fd, '198.51.100.7'))
    const bounds = bound({ perAddress: 2 })
    bounds.noteRequest(from(1, '198.51.100.7'), true)
    bounds.noteRequest(from(2, '198.51.100.7'), false)
    await clock.advance(1000)
    expect(closed).toEqual([3, 4, 5])
    open.push(from(6, '198.51.100.7'))
    bounds.noteRequest(from(6, '198.51.100.7'), false)
    await clock.advance(1000)
    expect(closed).toEqual([3, 4, 5, 2])
    bounds.stop()
  })

  test('counts a /64 of IPv6 as one, however its addresses are written, and proxies of ours not', async () => {
    open = [from(1, '2001:db8:0:1::1'), from(2, '2001:db8:0:1:0:0:0:2'), from(3, '2001:db8:0:2::1')]
    open.push(...[4, 5, 6].map((fd) => from(fd, '192.0.2.1')))
    const bounds = bound({ silentPerAddress: 1 })
    bounds.noteRequest(from(3, '2001:db8:0:2:0:0:0:1'), false)
    await clock.advance(1000)
    expect(closed).toEqual([1])
    // A request that a proxy leaves unfinished is ended all the same.
    await clock.advance(46_000)
    expect(closed).toEqual([1, 2, 4, 5, 6])
    expect(open.map(({ fd }) => fd)).toEqual([3])
    bounds.stop()
  })

  test('leaves agents three quarters of what the process may open', async () => {
    open = Array.from({ length: 300 }, (_, fd) => from(fd, `198.51.${fd >> 8}.${fd & 255}`))
    const bounds = bound({}, { limit: 400 })
    for (const one of open) bounds.noteRequest(one, false)
    await clock.advance(1000)
    expect(open).toHaveLength(100)
    bounds.stop()
  })
})

test('addresses of sockets are read as Linux writes them', () => {
  const bytes = (hex: string) => Buffer.from(hex.padEnd(56, '0'), 'hex')
  expect(readSocketAddress(bytes('02001f90c0000201'))).toEqual({ address: '192.0.2.1', port: 8080 })
  expect(readSocketAddress(bytes('0a001f900000000020010db8000000010000000000000002'))).toEqual({
    ...{ address: '2001:db8:0:1:0:0:0:2', port: 8080 },
  })
  expect(readSocketAddress(bytes('0a001f900000000000000000000000000000ffffc0000201'))).toEqual({
    ...{ address: '192.0.2.1', port: 8080 },
  })
  expect(readSocketAddress(bytes('0100'))).toBeNull()
})
