import type { EventReport } from '../../src/domain/event.ts'
import { encodeBatch, parseReply } from '../../src/protocol/encode.ts'
import type { Reply } from '../../src/protocol/message.ts'
import { createLineReader } from './lines.ts'

/** Sends the batches of any number of hosts over one connection, each as a real agent would. */
export type FakeAgent = {
  /** Sends one batch, with a frame of these values; rejects unless it is stored. Without events it is a sign of life. */
  say(host: string, events?: readonly EventReport[], values?: Readonly<Record<string, number>>): Promise<void>
  close(): void
}

export async function connectAgent(port: number, passphrase: string): Promise<FakeAgent> {
  const waiting = new Map<number, (reply: Reply) => void>()
  let id = 0
  const read = createLineReader()
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, bytes) {
        for (const line of read(bytes)) {
          const reply = parseReply(line)
          if (reply.id !== null) waiting.get(reply.id)?.(reply)
        }
      },
      error() {},
    },
  })
  return {
    async say(host, events = [], values = { 'perf.test': 1 }) {
      const clock = Math.floor(Date.now() / 1000)
      const mine = id++
      const answered = new Promise<Reply>((resolve) => waiting.set(mine, resolve))
      const facts = {
        ip: '127.0.0.1',
        platform: 'Linux',
        build: 'Debian 12',
        architecture: '64bit',
        domain: 'example.org',
        processors: 1,
        memoryMb: 1024,
      }
      const metrics = Object.keys(values)
      const batch = {
        id: mine,
        host,
        passphrase,
        clock,
        facts,
        metrics,
        frames: [[clock, ...Object.values(values)]],
        events,
      }
      socket.write(encodeBatch(batch, 0, true))
      const reply = await answered
      if (!('stored' in reply) || reply.refused !== undefined) throw new Error(JSON.stringify(reply))
    },
    close: () => socket.end(),
  }
}
