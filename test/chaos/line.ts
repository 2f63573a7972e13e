import { connect, createServer, type Socket } from 'node:net'

/** What happens to the bytes between agents and server. */
export type LineMode = 'open' | 'cut' | 'swallow-answers' | 'freeze'

/** A way to a port that can be broken and mended, any number of times. */
export type Line = {
  readonly port: number
  set(mode: LineMode): void
  close(): void
}

export async function openLine(target: number): Promise<Line> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: LineMode = 'open'
  const end = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  const server = createServer((client) => {
    if (mode === 'cut') return client.destroy()
    const upstream = connect(target, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        pairs.delete(pair)
        for (const one of pair) one.destroy()
      })
    }
    client.on('data', (bytes) => mode !== 'freeze' && upstream.write(bytes))
    upstream.on('data', (bytes) => mode === 'open' && client.write(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the line has no port')
  return {
    port: address.port,
    set(next) {
      // Half a stream is of no use: broken connections are closed before the line is repaired.
      if (next !== mode && (next === 'cut' || mode !== 'open')) end()
      mode = next
    },
    close() {
      end()
      server.close()
    },
  }
}
