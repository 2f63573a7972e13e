import type { NameLists } from '../protocol/names.ts'
import type { PlainBatchReader } from '../protocol/plain-batch.ts'
import type { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import type { Credentials } from './connection/admission.ts'
import type { PassphraseAge } from './passphrase.ts'

/** The interface to the connection that a session needs. */
export type DecoderPort = {
  readonly nameLists: NameLists
  /** Shared by all connections. */
  readonly plainBatches: PlainBatchReader
  readonly legacyBytes: number
  /** Server's clock. */
  now(): number
  /** Null when it is none that lets in. */
  findPassphrase(said: unknown): PassphraseAge | null
  /**
   * The reason why the sender may not send the CSV of the original's first agents, which give no passphrase;
   * null when it may.
   */
  findCsvObstacle(): string | null
  /** False when no further message should be read now. */
  canTake(): boolean
  /**
   * Looks up whether a sender without the passphrase may report for a host; the answer goes to `resume`.
   * Until then `canTake` is false.
   */
  admit(credentials: Credentials): void
  /**
   * `id` is null for a packet of the original's dialect; `later` counts the frames that wait with the sender.
   */
  submit(report: HostReport, id: number | null, refused: Tally | null, later: number): void
  /** A batch that is refused while the session goes on. */
  refuseBatch(error: ProtocolError): void
}
