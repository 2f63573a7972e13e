import type { Socket } from 'bun'

/** The content of one batch, in the names of the wire. */
export type SeenBatch = {
  readonly id: number
  readonly host: string
  readonly passphrase?: string
  readonly was?: readonly string[]
  readonly clock?: number
  readonly facts?: object
  readonly metrics: readonly string[]
  readonly frames: readonly (readonly (number | null)[])[]
  readonly events: readonly object[]
  /** Of the connection, from 0. */
  readonly connection: number
  /** Its size on the wire, compressed or not. */
  readonly bytes: number
}

export type Answering = {
  reply(text: string): void
  /** Replies that it is stored. */
  accept(): void
  disconnect(): void
}

export type WireServer = {
  readonly port: number
  /** All batches that arrived, stored or not. */
  readonly batches: SeenBatch[]
  /** Values acknowledged, `time metric` to value. */
  readonly stored: Map<string, number>
  /** How often each `time metric` was acknowledged. */
  readonly storedTimes: Map<string, number>
  connections: number
  /** Called for each batch; by default it accepts. */
  answer: (batch: SeenBatch, answering: Answering) => void
  /** Closes the port and all connections; `reopen` listens on the same port again. */
  close(): void
  reopen(): void
}

type State = { buffer: Buffer; metricSets: Map<number, string[]>; number: number; size: number }

/** A small collect engine that speaks our dialect and does what a test wants with each batch. */
export function startWireServer(): WireServer {
  let listener = listen(0)
  const port = listener.port
  const server: WireServer = {
    port,
    batches: [],
    stored: new Map(),
    storedTimes: new Map(),
    connections: 0,
    answer: (_, { accept }) => accept(),
    close: () => listener.stop(true),
    reopen() {
      listener = listen(port)
    },
  }

  function listen(on: number) {
    return Bun.listen<State>({
      hostname: '127.0.0.1',
      port: on,
      socket: {
        open(socket) {
          const number = server.connections++
          socket.data = { buffer: Buffer.alloc(0), metricSets: new Map(), number, size: 0 }
        },
        data(socket, chunk) {
          socket.data.buffer = Buffer.concat([socket.data.buffer, chunk])
          while (readMessage(socket)) {}
        },
      },
    })
  }

  /** False when the buffer holds no whole message. */
  function readMessage(socket: Socket<State>): boolean {
    const { data } = socket
    if (data.size > 0) {
      if (data.buffer.length < data.size) return false
      const packed = data.buffer.subarray(0, data.size)
      data.buffer = data.buffer.subarray(data.size)
      data.size = 0
      hear(socket, JSON.parse(Bun.zstdDecompressSync(packed).toString()), packed.length)
      return true
    }
    const end = data.buffer.indexOf(10)
    if (end < 0) return false
    const message = JSON.parse(data.buffer.toString('utf8', 0, end))
    data.buffer = data.buffer.subarray(end + 1)
    if (message.encoding === 'zstd') data.size = message.bytes
    else hear(socket, message, end + 1)
    return true
  }

  function hear(
    socket: Socket<State>,
    message: Record<string, unknown> & { id: number; layout: number },
    bytes: number,
  ) {
    const { metricSets, number } = socket.data
    if (message.metrics !== undefined) metricSets.set(message.layout, message.metrics as string[])
    const batch = {
      frames: [],
      events: [],
      ...message,
      metrics: metricSets.get(message.layout) ?? [],
      connection: number,
      bytes,
    } as unknown as SeenBatch
    server.batches.push(batch)
    const reply = (text: string) => {
      socket.write(text)
    }
    server.answer(batch, {
      reply,
      accept() {
        store(server, batch)
        reply(`{"id":${batch.id},"stored":true}\n`)
      },
      disconnect: () => socket.end(),
    })
  }

  return server
}

/** Notes the values of a batch as stored, without an answer. */
export function store(server: WireServer, batch: SeenBatch): void {
  for (const [time, ...values] of batch.frames)
    for (const [i, metric] of batch.metrics.entries()) {
      const value = values[i]
      if (value === null || value === undefined) continue
      const key = `${time} ${metric}`
      server.stored.set(key, value)
      server.storedTimes.set(key, (server.storedTimes.get(key) ?? 0) + 1)
    }
}
