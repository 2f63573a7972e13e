import { createLineReader } from '../../support/lines.ts'
import type { LoadPart } from '../load.ts'

/** A load whose chunks are minutes, each sent when its time has come on a clock that runs faster. */
export type PacedLoad = {
  readonly port: number
  readonly parts: readonly LoadPart[]
  /** Real milliseconds from one chunk to the next. */
  readonly minuteMs: number
}

/**
 * Sends each part over a connection of its own. Resolves with the longest wait in milliseconds from sending a chunk until
 * all of it was acknowledged; rejects on any other answer.
 */
export async function sendPaced({ port, parts, minuteMs }: PacedLoad): Promise<number> {
  const begun = performance.now()
  const waits = await Promise.all(parts.map((part) => sendPart(port, part, begun, minuteMs)))
  return Math.max(...waits)
}

function sendPart(port: number, part: LoadPart, begun: number, minuteMs: number): Promise<number> {
  const perChunk = part.batches / part.chunks.length
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let longest = 0
  let sent = 0
  let answered = 0
  const read = createLineReader()
  let unsent = Buffer.alloc(0)
  const sentAt: number[] = []
  const flush = (socket: Bun.Socket) => {
    const written = socket.write(unsent)
    if (written > 0) unsent = unsent.subarray(written)
  }
  const sendNext = (socket: Bun.Socket) => {
    const chunk = part.chunks[sent]
    if (chunk === undefined) return
    sent++
    sentAt.push(performance.now())
    unsent = Buffer.concat([unsent, chunk])
    flush(socket)
    setTimeout(() => sendNext(socket), Math.max(0, begun + sent * minuteMs - performance.now()))
  }
  Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: sendNext,
      drain: flush,
      data(socket, data) {
        for (const line of read(data)) {
          if (!line.includes('"stored":true')) {
            reject(new Error(`the collect engine answered ${line}`))
            socket.end()
            return
          }
          answered++
          if (answered % perChunk === 0)
            longest = Math.max(longest, performance.now() - (sentAt[answered / perChunk - 1] ?? 0))
        }
        if (answered === part.batches) {
          resolve(longest)
          socket.end()
        }
      },
      close: () => reject(new Error('the collect engine closed the connection')),
      error: (_, error) => reject(error),
    },
  }).catch(reject)
  return promise
}
