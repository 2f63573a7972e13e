import { createLineReader } from '../support/lines.ts'
import { HOSTS, hostName, METRICS, MINUTES, machine } from './data.ts'

/** Ready lines of one connection and how many batches they hold. */
export type LoadPart = { readonly chunks: readonly Buffer[]; readonly batches: number }

/**
 * The benchmark's data in our dialect: one batch is one host and one minute, as agents send it. Host `h` goes
 * over connection `h % connections`; names of metrics travel once a connection.
 */
export function loadParts(start: number, passphrase: string, connections = 8, minutes = MINUTES): LoadPart[] {
  const machines = Array.from({ length: HOSTS }, (_, host) => machine(host))
  const parts = Array.from({ length: connections }, () => ({ chunks: [] as Buffer[], batches: 0 }))
  const facts = JSON.stringify({
    ip: '10.0.0.1',
    platform: 'Linux',
    build: 'Debian 12',
    architecture: '64bit',
    domain: 'example.org',
    processors: 4,
    memory_mb: 7976,
  })
  for (let minute = 0; minute < minutes; minute++) {
    const time = start + minute * 60
    const texts = parts.map(() => '')
    for (let host = 0; host < HOSTS; host++) {
      const connection = host % connections
      const part = parts[connection]
      if (part === undefined) continue
      const id = ++part.batches
      const first = id === 1 ? `"passphrase":${JSON.stringify(passphrase)},` : ''
      const names = id === 1 ? `"metrics":${JSON.stringify(METRICS)},` : ''
      const about = minute === 0 ? `"facts":${facts},` : ''
      const values = (machines[host]?.() ?? []).join(',')
      texts[connection] +=
        `{"v":1,"id":${id},"host":"${hostName(host)}",${first}${about}"layout":1,${names}"frames":[[${time},${values}]]}\n`
    }
    texts.forEach((text, i) => {
      parts[i]?.chunks.push(Buffer.from(text))
    })
  }
  return parts
}

/** Chunks of one connection that may be unanswered. */
const WINDOW = 8

/**
 * Sends each part over a connection of its own, as fast as the server takes it but with at most `WINDOW`
 * chunks unanswered. Resolves with the seconds when every batch was acknowledged; rejects on any other answer. With
 * `isSecure` the port is one for TLS alone.
 */
export async function sendLoad(port: number, parts: readonly LoadPart[], isSecure = false): Promise<number> {
  const begun = performance.now()
  await Promise.all(parts.map((part) => sendPart(port, part, isSecure)))
  return (performance.now() - begun) / 1000
}

function sendPart(port: number, part: LoadPart, isSecure: boolean): Promise<void> {
  const perChunk = part.batches / part.chunks.length
  return new Promise((resolve, reject) => {
    let chunk = 0
    let offset = 0
    let answered = 0
    const read = createLineReader()
    const pump = (socket: Bun.Socket) => {
      while (chunk < part.chunks.length && chunk < answered / perChunk + WINDOW) {
        const bytes = part.chunks[chunk]
        if (bytes === undefined) return
        offset += socket.write(bytes, offset)
        if (offset < bytes.length) return
        chunk++
        offset = 0
      }
    }
    Bun.connect({
      hostname: '127.0.0.1',
      port,
      ...(isSecure && { tls: { rejectUnauthorized: false } }),
      socket: {
        [isSecure ? 'handshake' : 'open']: pump,
        drain: pump,
        data(socket, data) {
          const lines = read(data)
          for (const line of lines) {
            if (!line.includes('"stored":true')) {
              reject(new Error(`the collect engine answered ${line}`))
              socket.end()
              return
            }
          }
          answered += lines.length
          if (answered === part.batches) {
            resolve()
            socket.end()
          } else pump(socket)
        },
        close: () => reject(new Error('the collect engine closed the connection')),
        error: (_, error) => reject(error),
        connectError: (_, error) => reject(error),
      },
    }).catch(reject)
  })
}
