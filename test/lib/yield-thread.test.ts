import { expect, test } from 'bun:test'
import { yieldThread } from '../../src/lib/yield-thread.ts'

const PIECES = 20
const PIECE_MS = 10

function work() {
  const until = performance.now() + PIECE_MS
  while (performance.now() < until);
}

test('a socket is looked at between the pieces of any number of works', async () => {
  // What came between one answer of the other side and the next.
  let pieces = 0
  let most = 0
  const echo = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (socket, data) => void socket.write(data) },
  })
  const client = await Bun.connect({
    hostname: '127.0.0.1',
    port: echo.port,
    socket: {
      data(socket, data) {
        most = Math.max(most, pieces)
        pieces = 0
        socket.write(data)
      },
    },
  })
  client.write('x')
  const orders: number[] = []
  await Promise.all(
    Array.from({ length: PIECES }, async (_, i) => {
      for (let round = 0; round < 3; round++) {
        await yieldThread()
        work()
        pieces++
        orders.push(i)
      }
    }),
  )
  // There and back are two looks.
  expect(most).toBeLessThanOrEqual(6)
  expect(orders).toEqual(Array.from({ length: 3 * PIECES }, (_, i) => i % PIECES))
  client.terminate()
  echo.stop(true)
})
