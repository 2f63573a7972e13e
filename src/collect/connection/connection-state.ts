import type { NameLists } from '../../protocol/names.ts'
import type { PlainBatchReader } from '../../protocol/plain-batch.ts'
import type { Tally } from '../../protocol/rejection-tally.ts'
import type { HostReport } from '../../storage/ports/store.ts'
import type { PassphraseAge } from '../passphrase.ts'
import type { ProtocolDecoder } from '../protocol-decoder.ts'
import type { Reason } from '../rejections.ts'
import { measureReport, type Outcome, type Submission } from '../submission.ts'
import type { ConnectionContext, ConnectionSocket } from './connection-context.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { LEGACY_ID } from './reply-buffer.ts'
import { noteLeftOut } from './report-notes.ts'
import type { Pace } from './timeouts.ts'

const NO_MESSAGE: Pace['message'] = { since: null, bytes: 0 }

/**
 * What is known of a connection, apart from what becomes of it: who sends, which reports are on their way to storage,
 * and the rest of an unfinished message. It is the base of `Connection` and no object beside it, because each of ten
 * thousand connections would have one more.
 */
export abstract class ConnectionState<C> {
  readonly address: string
  /** When it was opened, by the monotonic clock. */
  readonly since: number
  /** By the monotonic clock, when bytes were last received or sent. */
  lastActive: number
  /** When it began to wait for memory; null when it does not. */
  memoryWaitSince: number | null = null
  protected readonly socket: ConnectionSocket
  protected readonly shared: ConnectionContext<C>
  protected abstract readonly decoder: ProtocolDecoder
  /** Null between two messages. */
  protected unread: ReceiveBuffer | null = null
  /** Reports of which it is not known yet what becomes of them. */
  protected inFlight = 0
  #held = 0
  #host: string | null = null

  constructor(
    socket: ConnectionSocket,
    shared: ConnectionContext<C>,
    opening?: { readonly address: string; readonly since: number },
  ) {
    this.socket = socket
    this.shared = shared
    this.address = opening?.address ?? socket.remoteAddress
    this.lastActive = shared.monotonicMs()
    this.since = opening?.since ?? this.lastActive
  }

  abstract complete(submission: Submission, outcome: Outcome): void
  abstract flush(): void
  /** Called when the memory that is held has changed. */
  protected abstract noteHeldChange(change: number): void

  /** Bytes of memory in unfinished messages. */
  get held(): number {
    return this.#held
  }
  get message(): Pace['message'] {
    return this.unread ?? NO_MESSAGE
  }
  /** The host of the latest reports; null before the first. */
  get host(): string | null {
    return this.#host
  }
  get isAnswering(): boolean {
    return this.inFlight > 0
  }

  // What the decoder needs to know.

  get nameLists(): NameLists {
    return this.shared.nameLists
  }
  get plainBatches(): PlainBatchReader {
    return this.shared.plainBatches
  }
  get legacyBytes(): number {
    return this.shared.limits.legacyBytes
  }
  now(): number {
    return this.shared.now()
  }
  findPassphrase(said: unknown): PassphraseAge | null {
    return this.shared.findPassphrase(said)
  }
  findCsvObstacle(): string | null {
    return this.shared.findCsvObstacle(this.address)
  }

  /** As in `DecoderPort`. */
  submit(report: HostReport, id: number | null, tally: Tally | null, later: number): void {
    this.inFlight++
    this.#host = report.host
    const { rejections, ingest } = this.shared
    if (tally !== null || later > 0 || report.waiting) noteLeftOut(rejections, this, { report, tally, later })
    const { weight, samples } = measureReport(report)
    ingest.submit({
      report,
      sender: this,
      id: id ?? LEGACY_ID,
      refused: tally?.total ?? 0,
      reason: tally?.reason ?? null,
      later,
      weight,
      samples,
    })
  }

  protected get hasKept(): boolean {
    return this.unread !== null && !this.unread.isEmpty
  }

  /** Lines of CSV have come, and only complete ones. */
  protected get hasWholeLines(): boolean {
    return this.decoder.isReadingLines && !this.hasKept
  }

  /** True when a message has begun that is not complete. */
  protected get isMidMessage(): boolean {
    return this.hasKept || this.decoder.isMidMessage
  }

  /** Keeps what was not read of the bytes that have just come. */
  protected keep(chunk: Buffer, from: number): void {
    if (this.unread === null) {
      this.unread = new ReceiveBuffer(this.shared.buffers)
      this.unread.bytes = chunk.length
    }
    this.unread.keep(chunk, from)
  }

  /** To be called after reading: what only a message needs is given back when none is under way. */
  protected noteMessage(): void {
    if (this.unread !== null) {
      if (this.decoder.isOver) this.unread.release()
      if (this.isMidMessage) this.unread.since ??= this.lastActive
      else this.unread = null
    }
    this.noteHeld()
  }

  protected noteHeld(): void {
    this.#setHeld((this.unread?.capacity ?? 0) + this.decoder.held)
  }

  /** Drops the kept bytes, and counts no memory as held, not even the decoder's: the connection is over. */
  protected releaseUnread(): void {
    this.unread = null
    this.#setHeld(0)
  }

  /** Counts and logs a refusal; `detail` must not repeat what was sent. */
  protected note(reason: Reason, detail: string): void {
    this.shared.rejections.note(reason, this.address, detail, { host: this.#host })
  }

  #setHeld(held: number): void {
    const change = held - this.#held
    this.#held = held
    if (change !== 0) this.noteHeldChange(change)
  }
}
