import { getServers } from 'node:dns'
import { type CheckSettings, type Endpoint, parseEndpoint } from '../../domain/check.ts'
import { isIP } from '../../lib/node-modules.ts'
import type { CheckContext } from './context.ts'
import { type DnsAnswer, readAnswer, writeQuestion } from './dns-message.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { describeCode, openStream } from './stream.ts'

const PORT = 53
/** A datagram may be lost: a question is asked so often within the time of the check. */
const TRIES = 3
const MAX_SERVERS = 3

/** Asks a name server for records of a name. */
export async function checkDns(settings: CheckSettings, context: CheckContext): Promise<CheckOutcome> {
  const { clock } = context
  const { record, expectText, target } = settings
  const beganMs = clock.monotonicMs()
  const question = writeQuestion(Math.floor(Math.random() * 0x10000), target ?? '', record)
  const first = await askOverUdp(question, listServers(settings.server), settings, context)
  const answer = first.answer.isCut
    ? await askOverTcp(question, first.server, settings, context)
    : first.answer
  return outcome({
    milliseconds: clock.monotonicMs() - beganMs,
    failure: evaluate(answer, expectText, record),
  })
}

function evaluate({ code, records }: DnsAnswer, expectText: string | null, record: string): string | null {
  if (code !== 0) return CODES[code] ?? `the name server answers with error ${code}`
  if (records.length === 0) return `the name has no record of type ${record}`
  if (expectText === null || records.some((one) => one.includes(expectText))) return null
  return `no record contains ${JSON.stringify(expectText)}: ${records.slice(0, 5).join(', ')}`
}

const CODES: Readonly<Record<number, string>> = {
  1: 'the name server does not understand the question',
  2: 'the name server failed (SERVFAIL)',
  3: 'the name does not exist (NXDOMAIN)',
  4: 'the name server does not answer such questions (NOTIMP)',
  5: 'the name server refuses to answer (REFUSED)',
}

function listServers(configured: string | null): Endpoint[] {
  const texts = configured === null ? getServers() : [configured]
  const servers = texts
    .flatMap((text) => parseEndpoint(isIP(text) === 6 ? `[${text}]` : text, PORT) ?? [])
    .filter(({ host }) => isIP(host.replace(/%.*$/, '')) !== 0)
  if (servers.length > 0) return servers.slice(0, MAX_SERVERS)
  throw new Error(
    configured === null ? 'this machine has no name server' : `${configured} is no address of a name server`,
  )
}

type DnsReply = { readonly answer: DnsAnswer; readonly server: Endpoint }

/** Asks all servers, again and again, and takes the first answer. */
async function askOverUdp(
  question: Buffer,
  servers: readonly Endpoint[],
  { record, timeout }: CheckSettings,
  { clock, signal }: CheckContext,
): Promise<DnsReply> {
  const { promise, resolve, reject } = Promise.withResolvers<DnsReply>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  let refused = 0
  const sockets = await Promise.all(
    servers.map((server) =>
      Bun.udpSocket({
        connect: { hostname: server.host, port: server.port },
        socket: {
          data(_, data) {
            try {
              const answer = readAnswer(question, Buffer.from(data), record)
              if (answer !== null) resolve({ answer, server })
            } catch (error) {
              reject(error)
            }
          },
          // Bun hands the error over first, where its types have the socket.
          error(first: unknown, second?: unknown) {
            const error = second ?? first
            refused++
            if (refused >= servers.length) reject(new Error(`${server.host}: ${describeCode(error)}`))
          },
        },
      }),
    ),
  )
  const send = () => {
    for (const socket of sockets) socket.send(question)
  }
  send()
  const every = (timeout * 1000) / TRIES
  const timers = Array.from({ length: TRIES - 1 }, (_, i) => clock.after(every * (i + 1), send))
  if (signal.aborted) abort()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    for (const timer of timers) timer.cancel()
    for (const socket of sockets) socket.close()
  }
}

/** Over TCP a message has its length in front of it. */
async function askOverTcp(
  question: Buffer,
  server: Endpoint,
  { record, timeout }: CheckSettings,
  { clock, signal }: CheckContext,
): Promise<DnsAnswer> {
  const options = { ipVersion: 'any', tls: null, timeoutMs: timeout * 1000, signal, clock } as const
  const stream = await openStream({ ...server, ...options })
  try {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(question.length)
    stream.write(Buffer.concat([length, question]))
    const sizeOf = (received: Buffer) => (received.length < 2 ? 0xffff : received.readUInt16BE(0))
    const received = await stream.read(2 + 0xffff, (data) => data.length >= 2 + sizeOf(data))
    const answer = readAnswer(question, received.subarray(2, 2 + sizeOf(received)), record)
    if (answer === null) throw new Error('the name server answers something else over TCP')
    return answer
  } finally {
    stream.close()
  }
}
