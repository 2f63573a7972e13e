import { connect, createServer, type Socket } from 'node:net'

/** A connection to a port that a test can break. */
export type TcpProxy = {
  readonly port: number
  /** Connections are cut, new ones refused. */
  cut(): Promise<void>
  /** Nothing passes any more in either direction, though connections stay: as when a cable is pulled. */
  freeze(): void
}

export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isFrozen = false
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (bytes) => !isFrozen && to.write(bytes))
      from.on('close', () => to.destroy())
    }
    pass(client, upstream)
    pass(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async cut() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
    freeze() {
      isFrozen = true
    },
  }
}
