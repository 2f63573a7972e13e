import { type AddressRange, isWithin } from '../../lib/address-range.ts'
import type { TlsFiles } from '../../lib/tls/certificate.ts'
import type { Reason } from '../rejections.ts'
import { Connection } from './connection.ts'
import type { ConnectionContext, ConnectionSocket, SocketHandler } from './connection-context.ts'
import { readProxyHeader } from './proxy-protocol.ts'
import { TlsOverSocket } from './tls-over-socket.ts'
import type { UnknownSender } from './unknown-senders.ts'

/** A socket with the handler of its events. */
export type OpeningSocket = ConnectionSocket & {
  data: SocketHandler | undefined
  write(data: string | Uint8Array): number
}

/** The rules and callbacks for new connections on a port. */
export type PortPolicy = {
  /**
   * Where senders without TLS may come from; from everywhere when it is empty, from nowhere when it is null.
   */
  readonly plainFrom: readonly AddressRange[] | null
  /** The balancers that are trusted to name the sender's address. */
  readonly trustedProxies: readonly AddressRange[]
  /** Null where TLS can't be spoken. */
  readonly findTls: () => TlsFiles | null
  /** The real address of the sender is another one than was thought. */
  readonly onAddress: (opening: Opening) => void
  /** Called once, when the opening is over: a connection has taken its place, or it is refused or gone. */
  readonly onOver: (opening: Opening) => void
  readonly onOpened: (connection: Connection) => void
}

/** The first byte of a TLS handshake. */
const TLS_HANDSHAKE = 0x16

/**
 * A connection until its first bytes have shown its real address and whether it uses TLS. Then a `Connection`
 * takes its place.
 */
export class Opening implements SocketHandler, UnknownSender {
  address: string
  /** By the monotonic clock. */
  readonly since: number
  readonly #socket: OpeningSocket
  readonly #policy: PortPolicy
  readonly #shared: ConnectionContext<Connection>
  #mayHaveHeader: boolean
  #held: Buffer | null = null
  #isOver = false

  constructor(socket: OpeningSocket, policy: PortPolicy, shared: ConnectionContext<Connection>) {
    this.#socket = socket
    this.#policy = policy
    this.#shared = shared
    this.address = socket.remoteAddress
    this.since = shared.monotonicMs()
    this.#mayHaveHeader = isWithin(this.address, policy.trustedProxies)
  }

  receive(chunk: Buffer): void {
    if (this.#isOver) return
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = null
    const rest = this.#mayHaveHeader ? this.#readHeader(bytes) : bytes
    if (rest !== null && rest.length > 0) this.#open(rest)
  }

  drain(): void {}

  receiveEnd(): void {
    this.#socket.end()
  }

  close(): void {
    this.#end()
  }

  refuse(reason: Reason, detail: string): void {
    if (this.#isOver) return
    this.#end()
    this.#shared.rejections.note(reason, this.address, detail)
    this.#socket.terminate()
  }

  /** The bytes after the header; null when more bytes are needed or the connection was refused. */
  #readHeader(bytes: Buffer): Buffer | null {
    const header = readProxyHeader(bytes)
    if (header === 'more') {
      this.#held = Buffer.from(bytes)
      return null
    }
    if (header === 'malformed') {
      this.refuse('malformed', 'a header of the PROXY protocol is not right')
      return null
    }
    this.#mayHaveHeader = false
    if (header === null) return bytes
    if (header.address !== null) {
      this.address = header.address
      this.#policy.onAddress(this)
    }
    return bytes.subarray(header.length)
  }

  #open(bytes: Buffer): void {
    const { plainFrom } = this.#policy
    if (bytes[0] === TLS_HANDSHAKE) this.#openTls(bytes)
    else if (plainFrom === null) this.refuse('tls', 'the TLS handshake failed')
    else if (plainFrom.length > 0 && !isWithin(this.address, plainFrom))
      this.refuse('plain', 'has to come over TLS: not in collect.plain_from')
    else {
      const connection = this.#begin(this.#socket)
      this.#socket.data = connection
      connection.receive(bytes)
    }
  }

  #openTls(bytes: Buffer): void {
    const files = this.#policy.findTls()
    if (files === null) {
      this.refuse('tls', 'speaks TLS, which is switched off here')
      return
    }
    const layer = new TlsOverSocket(this.#socket, files, () =>
      this.#shared.rejections.note('tls', this.address, 'the TLS handshake failed'),
    )
    layer.connection = this.#begin(layer)
    this.#socket.data = layer
    layer.receive(bytes)
  }

  #begin(socket: ConnectionSocket): Connection {
    this.#end()
    const connection = new Connection(socket, this.#shared, { address: this.address, since: this.since })
    this.#policy.onOpened(connection)
    return connection
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#policy.onOver(this)
  }
}
