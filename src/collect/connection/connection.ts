import { LEGACY_RECEIPT } from '../../protocol/legacy/legacy.ts'
import type { ProtocolError } from '../../protocol/protocol-error.ts'
import type { DecoderPort } from '../decoder-port.ts'
import { ProtocolDecoder } from '../protocol-decoder.ts'
import type { Reason } from '../rejections.ts'
import type { Outcome, ReportSender, Submission } from '../submission.ts'
import type { Credentials } from './admission.ts'
import { Closing } from './closing.ts'
import type { ConnectionContext, ConnectionSocket, SocketHandler } from './connection-context.ts'
import { ConnectionState } from './connection-state.ts'
import { completeLine, isOpenLineDue } from './csv-end.ts'
import { PAUSED_FOR_ADMISSION, PAUSED_FOR_ANSWERS } from './pause-reasons.ts'
import { ReplyBuffer } from './reply-buffer.ts'
import { noteEnd, noteOutcome } from './report-notes.ts'
import type { Pace } from './timeouts.ts'
import type { UnknownSender } from './unknown-senders.ts'

/**
 * One agent's connection: keeps incomplete messages, has complete ones answered, and tracks how long it has
 * been idle. There are ten thousand of them, nearly all between two messages: so it has no function of its own, and
 * what only an unfinished message or the end needs is made when that begins.
 */
export class Connection
  extends ConnectionState<Connection>
  implements ReportSender, SocketHandler, UnknownSender, DecoderPort, Pace
{
  protected readonly decoder: ProtocolDecoder
  readonly #replies = new ReplyBuffer()
  /** Null until the end begins. */
  #closing: Closing | null = null
  /** Bits of `PAUSED_FOR_…`. */
  #pauseReasons = 0
  #isKnown = false
  /** The packet of CSV seems to have arrived as a whole. */
  #hasCsvEnd = false

  /** `opening` gives the address and the start time when something was read from the socket before. */
  constructor(
    socket: ConnectionSocket,
    shared: ConnectionContext<Connection>,
    opening?: { readonly address: string; readonly since: number },
  ) {
    super(socket, shared, opening)
    this.decoder = new ProtocolDecoder(this)
  }

  /** True when the passphrase was given, or a key proved. */
  get isKnown(): boolean {
    return this.#isKnown
  }
  get lingerUntil(): number | null {
    return this.#closing?.lingerUntil ?? null
  }
  get isPaused(): boolean {
    return this.#pauseReasons !== 0
  }
  get hasUnread(): boolean {
    return this.#replies.isWaiting
  }

  receive(chunk: Buffer): void {
    this.lastActive = this.shared.monotonicMs()
    if (this.#replies.isEnding || this.decoder.isOver) {
      // The packet that was taken for complete was not: without a receipt the agent sends it again.
      if (this.#hasCsvEnd) this.#replies.sendFinalReply('')
      this.#findClosing().discard(chunk.length)
      return
    }
    if (this.unread !== null) this.unread.bytes += chunk.length
    if (this.hasKept || this.isPaused) {
      this.keep(chunk, 0)
      if (!this.isPaused) this.#readKept()
      else this.noteHeld()
      return
    }
    const done = this.#consume(chunk)
    if (this.#isReading && (done < chunk.length || this.decoder.isMidMessage)) this.keep(chunk, done)
    this.#afterReading()
  }

  /** The other side has ended its half of the connection; it may still read. */
  receiveEnd(): void {
    this.#findClosing().hasEnded = true
    if (!this.isPaused && this.hasWholeLines) this.#endLines()
    this.#endWhenDone()
  }

  /** The socket takes bytes again. */
  drain(): void {
    this.lastActive = this.shared.monotonicMs()
    this.flush()
  }

  /** To be called every second or so, with the monotonic clock. */
  noteQuiet(now: number): void {
    if (this.isPaused || !this.decoder.isReadingLines) return
    const quietMs = now - this.lastActive
    const { csvQuietMs } = this.shared.limits
    if (isOpenLineDue(quietMs, csvQuietMs)) this.#takeOpenLine()
    if (quietMs >= csvQuietMs && this.hasWholeLines) this.#endLines()
  }

  pause(reason: number): void {
    if (this.#isClosed) return
    if (!this.isPaused) this.socket.pause()
    this.#pauseReasons |= reason
  }

  /** Continues with the held bytes, and with the socket unless another reason for the pause remains. */
  resume(reason: number): void {
    if ((this.#pauseReasons & reason) === 0) return
    this.#pauseReasons &= ~reason
    if (this.isPaused || this.#isClosed) return
    this.lastActive = this.shared.monotonicMs()
    this.#readKept()
    if (!this.isPaused) this.socket.resume()
  }

  complete(submission: Submission, outcome: Outcome): void {
    this.inFlight--
    if (outcome !== 'stored') noteOutcome(this.shared.rejections, this, outcome)
    if (this.#isClosed) return
    this.#replies.addOutcome(submission, outcome)
  }

  flush(): void {
    if (this.#isClosed) return
    if (this.inFlight === 0) {
      if (this.decoder.isOver) this.#replies.sendFinalReply(LEGACY_RECEIPT)
      this.#replies.writeFinalReply()
    }
    if (this.#replies.isWaiting && !this.#writeReplies()) return
    if (!this.#replies.isEnded || this.inFlight > 0) this.resume(PAUSED_FOR_ANSWERS)
    else if (this.#findClosing().endOurs(this.shared.monotonicMs() + this.shared.limits.lingerMs))
      this.resume(~0)
    this.#endWhenDone()
  }

  /** Ends the connection from our side, after the answers that are due; counted and logged by its reason. */
  refuse(reason: Reason, detail: string): void {
    this.note(reason, detail)
    this.#findClosing().cut()
  }

  /** Ends the connection after the answers that are due, without a final reply. */
  end(): void {
    this.#replies.sendFinalReply('')
    if (this.lingerUntil === null) this.flush()
    else this.#findClosing().cut()
  }

  /** The socket is gone. */
  close(): void {
    this.#findClosing().close()
  }

  protected noteHeldChange(change: number): void {
    this.shared.onHeld(this, change)
  }

  /** Called once, by its closing. */
  noteClosed(): void {
    this.#replies.clear()
    this.releaseUnread()
    this.shared.onClosed(this)
  }

  canTake(): boolean {
    if (!this.isPaused && this.#replies.isFull) this.pause(PAUSED_FOR_ANSWERS)
    if (this.isPaused) return false
    // Asked of each message: a call less where there is room.
    return !this.shared.ingest.isSaturated || this.shared.hasRoomFor(this)
  }

  /** Nothing more is read until it is known whether the sender is admitted. */
  admit(credentials: Credentials): void {
    this.pause(PAUSED_FOR_ADMISSION)
    this.shared.admission.admit(credentials, this.address).then(
      () => this.#goOn(() => this.decoder.resume()),
      (error: unknown) => this.#goOn(() => this.#giveUp(error)),
    )
  }

  refuseBatch(error: ProtocolError): void {
    this.note(error.fault, error.message)
    this.#replies.add({ id: error.id, error: error.message, retry: error.retry })
    // Written at once: no commit will come by to do it.
    if (this.inFlight === 0) this.#writeReplies()
  }

  get #isClosed(): boolean {
    return this.#closing?.isClosed === true
  }
  /** False once nothing more is to be kept of what comes. */
  get #isReading(): boolean {
    return !this.#replies.isEnding && !this.#isClosed
  }

  #findClosing(): Closing {
    this.#closing ??= new Closing(this.socket, this)
    return this.#closing
  }

  /** The last line of CSV of an agent that does not end it. */
  #takeOpenLine(): void {
    const line = this.unread === null ? null : completeLine(this.unread.view())
    if (line === null) return
    this.unread?.release()
    this.#consume(line)
  }

  /** Lines of CSV are complete when nothing follows. */
  #endLines(): void {
    this.#hasCsvEnd = true
    if (!this.#attempt(() => this.decoder.endLines())) return
    this.#afterReading()
    if (this.inFlight === 0) this.flush()
  }

  #readKept(): void {
    const unread = this.unread
    if (this.#replies.isEnding) this.releaseUnread()
    else if (unread !== null && !unread.isEmpty) unread.discard(this.#consume(unread.view()))
    this.#afterReading()
  }

  /** How many bytes are done with: all, when the session can't go on. */
  #consume(bytes: Buffer): number {
    try {
      return this.decoder.consume(bytes)
    } catch (error) {
      this.#giveUp(error)
      return bytes.length
    } finally {
      this.#noteKnown()
    }
  }

  /** Reads the message that waited for its sender, or ends the session when that is refused. */
  #goOn(answer: () => void): void {
    if (this.#isClosed) return
    this.#attempt(answer)
    this.#noteKnown()
    this.resume(PAUSED_FOR_ADMISSION)
  }

  #noteKnown(): void {
    if (this.#isKnown || !this.decoder.isKnown) return
    this.#isKnown = true
    this.shared.onKnown(this)
  }

  #afterReading(): void {
    if (!this.#isReading) return
    this.noteMessage()
    this.#endWhenDone()
  }

  /** False when not everything was taken: then nothing is read until it is. */
  #writeReplies(): boolean {
    const written = this.#replies.flush(this.socket)
    if (written < 0) {
      this.#findClosing().cut()
      return false
    }
    if (written > 0) this.lastActive = this.shared.monotonicMs()
    if (!this.#replies.isWaiting) return true
    this.pause(PAUSED_FOR_ANSWERS)
    return false
  }

  /** False when the session can't go on. */
  #attempt(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.#giveUp(error)
      return false
    }
  }

  /** Nothing more is read; in our dialect the reason is sent after everything before it is answered. */
  #giveUp(error: unknown): void {
    const reply = noteEnd(this.shared.rejections, this, error)
    this.#replies.sendFinalReply(this.decoder.dialect === 'ours' ? reply : '')
    this.releaseUnread()
    this.flush()
  }

  #endWhenDone(): void {
    const closing = this.#closing
    if (closing === null || !closing.hasEnded || closing.isClosed || this.isPaused) return
    if (this.inFlight > 0 || this.#replies.isWaiting) return
    if (!this.#replies.isEnding && this.isMidMessage)
      this.note('cut_off', 'hung up in the middle of a message')
    closing.endSocket()
  }
}
