import { lookup } from 'node:dns/promises'
import type { Socket, TLSOptions } from 'bun'
import type { IpVersion } from '../../domain/check.ts'
import type { Clock } from '../../lib/clock.ts'
import { isIP, loadTls } from '../../lib/node-modules.ts'
import { describeTlsError } from '../../lib/tls/tls-error.ts'

export type StreamOptions = {
  readonly host: string
  readonly port: number
  readonly ipVersion: IpVersion
  /** Null connects without TLS. */
  readonly tls: {
    /** CA certificates in PEM; null uses those of the system. */
    readonly authorities: string | null
  } | null
  /** All addresses of the host together are given this long. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** A connection whose other end is not trusted with anything: what it sends is bounded by who reads. */
export type Stream = {
  /** When the certificate that was shown ends, in seconds since 1970; null without TLS. */
  readonly certificateEnds: number | null
  /** Why the certificate that was shown is not trusted; null when it is, and without TLS. */
  readonly distrust: string | null
  write(data: Uint8Array | string): void
  /**
   * Resolves with everything received once `isEnough` is true, the other side has ended, or `most` bytes are
   * there.
   */
  read(most: number, isEnough: (received: Buffer) => boolean): Promise<Buffer>
  /** Orderly, unless something that was sent is still unread: the other side logs no reset. */
  close(): void
}

/** A host may have many addresses; no more than these are tried. */
const MAX_ADDRESSES = 4

/**
 * Connects to the first address of a host that answers. Rejects with a sentence that explains why there is no
 * connection.
 */
export async function openStream(options: StreamOptions): Promise<Stream> {
  const { timeoutMs, clock, signal } = options
  const addresses = await findAddresses(options)
  let failure: unknown = null
  for (const [i, address] of addresses.entries()) {
    const isLast = i === addresses.length - 1
    const attempt = new AbortController()
    const cancel = () => attempt.abort(signal.reason)
    signal.addEventListener('abort', cancel)
    // An address that never answers must leave time for the others.
    const timer = isLast
      ? null
      : clock.after(timeoutMs / addresses.length, () => attempt.abort(new Error('no connection in time')))
    try {
      signal.throwIfAborted()
      const stream = await connectTo(address, options, attempt.signal)
      return stream
    } catch (error) {
      if (signal.aborted) throw error
      failure = error
    } finally {
      timer?.cancel()
    }
  }
  throw failure
}

async function findAddresses({ host, ipVersion, signal }: StreamOptions): Promise<string[]> {
  const literal = isIP(host.replace(/%.*$/, ''))
  if (literal !== 0) {
    if (ipVersion !== 'any' && literal !== Number(ipVersion))
      throw new Error(`${host} is no address of IP version ${ipVersion}`)
    return [host]
  }
  return (await resolveHost(host, ipVersion, signal)).slice(0, MAX_ADDRESSES)
}

/** All addresses of a host, as this machine resolves its name. */
export async function resolveHost(
  host: string,
  ipVersion: IpVersion,
  signal: AbortSignal,
): Promise<string[]> {
  const family = ipVersion === 'any' ? 0 : ipVersion === '4' ? 4 : 6
  try {
    const found = await orAborted(lookup(host, { all: true, family }), signal)
    if (found.length > 0) return found.map(({ address }) => address)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`${host} can not be resolved (${codeOf(error)})`, { cause: undefined })
  }
  throw new Error(`${host} has no address of IP version ${ipVersion}`)
}

/** For work that can't be aborted: it goes on, but its result is dropped. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function connectTo(address: string, options: StreamOptions, signal: AbortSignal): Promise<Stream> {
  const { host, port, tls } = options
  const { promise, resolve, reject } = Promise.withResolvers<Stream>()
  const inbox = new Inbox()
  let socket: Socket | null = null
  const finish = (error: unknown) => {
    inbox.end()
    reject(error)
    socket?.terminate()
  }
  const abort = () => {
    inbox.fail(signal.reason)
    finish(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  const accept = (open: Socket, more: Pick<Stream, 'certificateEnds' | 'distrust'>) =>
    resolve({
      ...more,
      write: (data) => {
        open.write(data)
        open.flush()
      },
      read: (most, isEnough) => inbox.read(most, isEnough),
      close: () => {
        signal.removeEventListener('abort', abort)
        if (signal.aborted) open.terminate()
        else open.end()
      },
    })
  const opening = Bun.connect({
    hostname: address,
    port,
    ...(tls !== null && { tls: toTlsOptions(host, tls.authorities) }),
    socket: {
      open(opened) {
        socket = opened
        if (signal.aborted) opened.terminate()
        else if (tls === null) accept(opened, { certificateEnds: null, distrust: null })
      },
      handshake(opened, isDone, error) {
        const certificate = opened.getPeerX509Certificate()
        if (certificate === undefined) return finish(new Error(describeHandshake(isDone, error)))
        const ends = Math.floor(Date.parse(certificate.validTo) / 1000)
        const distrust = opened.authorized && error === null ? null : describeHandshake(isDone, error)
        accept(opened, { certificateEnds: ends, distrust })
      },
      data: (_, data) => inbox.push(data),
      end: () => inbox.end(),
      close: () => finish(new Error('the connection was closed')),
      error: (_, error) => finish(new Error(describeCode(error))),
      connectError: (_, error) => finish(new Error(describeCode(error))),
    },
  })
  opening.catch((error: unknown) => finish(new Error(describeCode(error))))
  return promise
}

function toTlsOptions(host: string, authorities: string | null): TLSOptions {
  return {
    // The certificate is read even when it is not trusted, for the date on which it ends.
    rejectUnauthorized: false,
    ca: authorities ?? systemAuthorities(),
    ...(isIP(host) === 0 && { serverName: host }),
  }
}

let found: string[] | null = null

/** Bun's own list is used where the system has none. */
function systemAuthorities(): string[] {
  if (found === null) {
    const { getCACertificates } = loadTls()
    const ofSystem = getCACertificates('system')
    found = ofSystem.length > 0 ? ofSystem : getCACertificates('bundled')
  }
  return found
}

function describeHandshake(isDone: boolean, error: Error | null): string {
  // What answers in another language, such as plain HTTP, is taken for a version of TLS that does not exist.
  if (error !== null && /WRONG_VERSION_NUMBER/.test(error.message))
    return 'the server does not speak TLS there'
  const known = describeTlsError(error)
  if (known !== null) return known
  const reason = error?.message ?? 'no reason given'
  return isDone || isAboutCertificate(error)
    ? `the certificate is not trusted: ${reason}`
    : `the TLS handshake failed: ${reason}`
}

const isAboutCertificate = (error: Error | null) =>
  error !== null && !/^E[A-Z0-9]+$/.test('code' in error ? String(error.code) : '')

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network is unreachable',
  ETIMEDOUT: 'no connection in time',
  EACCES: 'the firewall of this machine forbids it',
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

export function describeCode(error: unknown): string {
  const code = codeOf(error)
  return WORDS[code] ?? describeTlsError(error) ?? (error instanceof Error ? error.message : code)
}

/** Received bytes that were not read yet, and the reader that waits for more. */
class Inbox {
  #data = Buffer.alloc(0)
  #isOver = false
  #failure: unknown = null
  #look: (() => void) | null = null

  push(data: Uint8Array) {
    if (this.#data.length < MAX_INBOX) this.#data = Buffer.concat([this.#data, data])
    this.#look?.()
  }

  end() {
    this.#isOver = true
    this.#look?.()
  }

  fail(reason: unknown) {
    this.#failure = reason
    this.#look?.()
  }

  read(most: number, isEnough: (received: Buffer) => boolean): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (this.#failure !== null) reject(this.#failure)
        else if (this.#isOver || this.#data.length >= most || isEnough(this.#data)) {
          this.#look = null
          resolve(this.#data.subarray(0, most))
        }
      }
      this.#look()
    })
  }
}

/** More is dropped: no check reads as much. */
const MAX_INBOX = 1024 * 1024
