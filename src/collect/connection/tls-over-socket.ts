import { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { describeError } from '../../lib/log.ts'
import type { TlsFiles } from '../../lib/tls/certificate.ts'
import type { Connection } from './connection.ts'
import type { ConnectionSocket, SocketHandler } from './connection-context.ts'

/** Characters of answers that may wait to be encrypted before no more are taken. */
const MAX_WAITING = 64 * 1024

/** A certificate is parsed once, not with each connection. */
const contexts = new WeakMap<TlsFiles, SecureContext>()

function findContext(files: TlsFiles): SecureContext {
  const known = contexts.get(files)
  if (known !== undefined) return known
  const context = createSecureContext({ cert: files.certificate, key: files.key, minVersion: 'TLSv1.2' })
  contexts.set(files, context)
  return context
}

/**
 * TLS on a connection of which the first bytes were read before it was known to be TLS. A listener that
 * speaks TLS from the first byte is cheaper; this one is for the port that takes both, and for what comes
 * through a balancer that puts a header before it.
 */
export class TlsOverSocket implements ConnectionSocket, SocketHandler {
  readonly remoteAddress: string
  connection: Connection | null = null
  readonly #raw: ConnectionSocket & { write(data: Uint8Array): number }
  readonly #stream: Duplex
  readonly #tls: TLSSocket
  /** The bytes that the raw socket has not taken yet. */
  #unsent: Buffer | null = null
  #onSent: () => void = () => {}
  #isGone = false

  /** `onFailed` is called when the handshake fails or the encryption breaks; the socket closes then. */
  constructor(
    raw: ConnectionSocket & { write(data: Uint8Array): number },
    files: TlsFiles,
    onFailed: (detail: string) => void,
  ) {
    this.#raw = raw
    this.remoteAddress = raw.remoteAddress
    this.#stream = new Duplex({
      allowHalfOpen: true,
      read: () => {
        if (!this.#isGone) raw.resume()
      },
      write: (chunk: Buffer, _, done) => this.#send(chunk, done),
      final: (done) => {
        if (!this.#isGone) raw.shutdown()
        done()
      },
    })
    this.#tls = new TLSSocket(this.#stream, {
      isServer: true,
      secureContext: findContext(files),
    })
    this.#tls.allowHalfOpen = true
    this.#tls.on('data', (chunk: Buffer) => this.connection?.receive(chunk))
    this.#tls.on('end', () => this.connection?.receiveEnd())
    this.#tls.on('drain', () => this.connection?.drain())
    for (const emitter of [this.#tls, this.#stream])
      emitter.on('error', (error) => {
        if (this.#isGone) return
        onFailed(describeError(error))
        this.terminate()
      })
  }

  // From the raw socket.

  receive(chunk: Buffer): void {
    // The bytes of a chunk are the socket's own and change when the next one comes.
    if (!this.#isGone && !this.#stream.push(Buffer.from(chunk))) this.#raw.pause()
  }

  drain(): void {
    const unsent = this.#unsent
    this.#unsent = null
    if (unsent !== null) this.#send(unsent, this.#onSent)
  }

  receiveEnd(): void {
    if (!this.#isGone) this.#stream.push(null)
  }

  close(): void {
    this.#isGone = true
    this.#tls.destroy()
    this.#stream.destroy()
    this.connection?.close()
  }

  // For the connection.

  write(data: string): number {
    if (this.#isGone) return -1
    if (this.#tls.writableLength > MAX_WAITING) return 0
    this.#tls.write(data, 'latin1')
    return data.length
  }

  pause(): void {
    this.#tls.pause()
    if (!this.#isGone) this.#raw.pause()
  }

  resume(): void {
    this.#tls.resume()
    if (!this.#isGone) this.#raw.resume()
  }

  shutdown(): void {
    this.#tls.end()
  }

  end(): void {
    this.#tls.end(() => {
      if (!this.#isGone) this.#raw.end()
    })
  }

  terminate(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#raw.terminate()
  }

  #send(chunk: Buffer, done: () => void): void {
    const taken = this.#isGone ? -1 : this.#raw.write(chunk)
    if (taken >= 0 && taken < chunk.length) {
      this.#unsent = chunk.subarray(taken)
      this.#onSent = done
      return
    }
    if (taken < 0) this.terminate()
    done()
  }
}
