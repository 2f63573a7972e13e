import type { BufferPool } from '../../lib/buffer-pool.ts'
import type { NameLists } from '../../protocol/names.ts'
import type { PlainBatchReader } from '../../protocol/plain-batch.ts'
import type { Ingest } from '../ingest.ts'
import type { PassphraseAge } from '../passphrase.ts'
import type { Rejections } from '../rejections.ts'
import type { KeyAdmission } from './admission.ts'
import type { CollectLimits } from './connection-limits.ts'

/** The members of a socket that a connection needs; Bun's socket has them. */
export type ConnectionSocket = {
  readonly remoteAddress: string
  /** How many bytes were taken; negative when the socket is gone. */
  write(data: string): number
  pause(): unknown
  resume(): unknown
  /** Ends our half; the other side may go on. */
  shutdown(): void
  /** Closes when what was written is on its way. */
  end(): unknown
  terminate(): void
}

/** Where the events of a socket go. */
export type SocketHandler = {
  /** The bytes are valid during the call alone. */
  receive(chunk: Buffer): void
  /** The socket takes bytes again. */
  drain(): void
  /** The other side has ended its half of the connection. */
  receiveEnd(): void
  /** The socket is gone. May come twice. */
  close(): void
}

/** The values and callbacks that all connections, `C`, share. */
export type ConnectionContext<C> = {
  readonly ingest: Ingest
  readonly rejections: Rejections
  readonly nameLists: NameLists
  readonly plainBatches: PlainBatchReader
  /** For the unread bytes of unfinished messages. */
  readonly buffers: BufferPool
  readonly limits: CollectLimits
  readonly findPassphrase: (said: unknown) => PassphraseAge | null
  readonly admission: KeyAdmission
  /**
   * The reason why senders at `address` may not send the original's CSV, which has no passphrase; null where
   * they may.
   */
  readonly findCsvObstacle: (address: string) => string | null
  /** Server's clock, seconds since 1970. */
  readonly now: () => number
  readonly monotonicMs: () => number
  /** Called when the memory that a connection holds has changed. */
  readonly onHeld: (connection: C, change: number) => void
  /** Called once, when the sender has given the passphrase or proved a key. */
  readonly onKnown: (connection: C) => void
  /** Called once, when the connection is over. */
  readonly onClosed: (connection: C) => void
  /** False when storage is behind; then the connection is paused until there is room. */
  readonly hasRoomFor: (connection: C) => boolean
}
