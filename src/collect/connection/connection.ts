import { LEGACY_RECEIPT } from '../../protocol/legacy/legacy.ts'
import type { ProtocolError } from '../../protocol/protocol-error.ts'
import { ProtocolDecoder } from '../protocol-decoder.ts'
import type { Reason } from '../rejections.ts'
import type { Outcome, ReportSender, Submission } from '../submission.ts'
import type { Credentials } from './admission.ts'
import { Closing } from './closing.ts'
import type { ConnectionContext, ConnectionSocket, SocketHandler } from './connection-context.ts'
import { CsvEnd } from './csv-end.ts'
import { PAUSED_FOR_ADMISSION, PAUSED_FOR_ANSWERS, ReadPause } from './read-pause.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { ReplyBuffer } from './reply-buffer.ts'
import { ReportSubmitter } from './report-submitter.ts'
import type { UnknownSender } from './unknown-senders.ts'

/**
 * One agent's connection: keeps incomplete messages, has complete ones answered, and tracks how long it has
 * been idle.
 */
export class Connection implements ReportSender, SocketHandler, UnknownSender {
  readonly address: string
  /** When it was opened, by the monotonic clock. */
  readonly since: number
  /** By the monotonic clock, when bytes were last received or sent. */
  lastActive: number
  /** When it began to wait for memory; null when it does not. */
  memoryWaitSince: number | null = null
  readonly #socket: ConnectionSocket
  readonly #shared: ConnectionContext<Connection>
  readonly #decoder: ProtocolDecoder
  readonly #receiveBuffer: ReceiveBuffer
  readonly #replies = new ReplyBuffer()
  readonly #reports: ReportSubmitter
  readonly #closing: Closing
  readonly #csvEnd: CsvEnd
  readonly #pause: ReadPause
  #isKnown = false

  /** `opening` gives the address and the start time when something was read from the socket before. */
  constructor(
    socket: ConnectionSocket,
    shared: ConnectionContext<Connection>,
    opening?: { readonly address: string; readonly since: number },
  ) {
    this.#socket = socket
    this.#shared = shared
    this.address = opening?.address ?? socket.remoteAddress
    this.lastActive = shared.monotonicMs()
    this.since = opening?.since ?? this.lastActive
    this.#pause = new ReadPause(socket)
    this.#reports = new ReportSubmitter(this, this.address, shared)
    this.#closing = new Closing(socket, () => {
      this.#replies.clear()
      this.#receiveBuffer.release()
      shared.onClosed(this)
    })
    this.#decoder = new ProtocolDecoder({
      nameLists: shared.nameLists,
      legacyBytes: shared.limits.legacyBytes,
      now: shared.now,
      findPassphrase: shared.findPassphrase,
      findCsvObstacle: () => shared.findCsvObstacle(this.address),
      canTake: () => this.#canTake(),
      admit: (credentials) => this.#admit(credentials),
      submit: (report, id, refused, later) => this.#reports.submit(report, id, refused, later),
      refuse: (error) => this.#refuseBatch(error),
    })
    this.#receiveBuffer = new ReceiveBuffer(this.#decoder, (change) => shared.onHeld(this, change))
    this.#csvEnd = new CsvEnd(this.#decoder, this.#receiveBuffer, shared.limits.csvQuietMs)
  }

  get held(): number {
    return this.#receiveBuffer.held
  }
  get message(): ReceiveBuffer['message'] {
    return this.#receiveBuffer.message
  }
  /** True when the passphrase was given, or a key proved. */
  get isKnown(): boolean {
    return this.#isKnown
  }
  /** The host of the latest reports; null before the first. */
  get host(): string | null {
    return this.#reports.host
  }
  get lingerUntil(): number | null {
    return this.#closing.lingerUntil
  }
  get isPaused(): boolean {
    return this.#pause.isOn
  }
  get isAnswering(): boolean {
    return this.#reports.inFlight > 0
  }
  get hasUnread(): boolean {
    return this.#replies.isWaiting
  }

  receive(chunk: Buffer): void {
    this.lastActive = this.#shared.monotonicMs()
    if (this.#replies.isEnding || this.#decoder.isOver) {
      // The packet that was taken for complete was not: without a receipt the agent sends it again.
      if (this.#csvEnd.hasCome) this.#replies.sendFinalReply('')
      this.#closing.discard(chunk.length)
      return
    }
    this.#receiveBuffer.message.bytes += chunk.length
    if (!this.#receiveBuffer.isEmpty || this.#pause.isOn) {
      this.#receiveBuffer.keep(chunk, 0)
      if (!this.#pause.isOn) this.#readKept()
      else this.#receiveBuffer.noteHeld()
      return
    }
    const done = this.#consume(chunk)
    if (!this.#replies.isEnding) this.#receiveBuffer.keep(chunk, done)
    this.#afterReading()
  }

  /** The other side has ended its half of the connection; it may still read. */
  receiveEnd(): void {
    this.#closing.hasEnded = true
    if (!this.#pause.isOn && this.#csvEnd.isDue) this.#endLines()
    this.#endWhenDone()
  }

  /** The socket takes bytes again. */
  drain(): void {
    this.lastActive = this.#shared.monotonicMs()
    this.flush()
  }

  /** To be called every second or so, with the monotonic clock. */
  noteQuiet(now: number): void {
    if (this.#pause.isOn) return
    if (this.#csvEnd.isDueAfter(now - this.lastActive, (line) => this.#consume(line))) this.#endLines()
  }

  pause(reason: number): void {
    if (!this.#closing.isClosed) this.#pause.begin(reason)
  }

  /** Continues with the held bytes, and with the socket unless another reason for the pause remains. */
  resume(reason: number): void {
    if (!this.#pause.end(reason) || this.#closing.isClosed) return
    this.lastActive = this.#shared.monotonicMs()
    this.#readKept()
    if (!this.#pause.isOn) this.#socket.resume()
  }

  complete(submission: Submission, outcome: Outcome): void {
    this.#reports.complete(outcome)
    if (this.#closing.isClosed) return
    this.#replies.addOutcome(submission, outcome)
  }

  flush(): void {
    if (this.#closing.isClosed) return
    if (this.#reports.inFlight === 0) {
      if (this.#decoder.isOver) this.#replies.sendFinalReply(LEGACY_RECEIPT)
      this.#replies.writeFinalReply()
    }
    if (this.#replies.isWaiting && !this.#writeReplies()) return
    if (!this.#replies.isEnded || this.#reports.inFlight > 0) this.resume(PAUSED_FOR_ANSWERS)
    else if (this.#closing.endOurs(this.#shared.monotonicMs() + this.#shared.limits.lingerMs)) this.resume(~0)
    this.#endWhenDone()
  }

  /** Ends the connection from our side, after the answers that are due; counted and logged by its reason. */
  refuse(reason: Reason, detail: string): void {
    this.#reports.note(reason, detail)
    this.#closing.cut()
  }

  /** Ends the connection after the answers that are due, without a final reply. */
  end(): void {
    this.#replies.sendFinalReply('')
    if (this.lingerUntil === null) this.flush()
    else this.#closing.cut()
  }

  /** The socket is gone. */
  close(): void {
    this.#closing.close()
  }

  #canTake(): boolean {
    if (!this.#pause.isOn && this.#replies.isFull) this.pause(PAUSED_FOR_ANSWERS)
    if (this.#pause.isOn) return false
    // Asked of each message: a call less where there is room.
    return !this.#shared.ingest.isSaturated || this.#shared.hasRoomFor(this)
  }

  /** Lines of CSV are complete when nothing follows. */
  #endLines(): void {
    this.#csvEnd.hasCome = true
    if (!this.#attempt(() => this.#decoder.endLines())) return
    this.#afterReading()
    if (this.#reports.inFlight === 0) this.flush()
  }

  #readKept(): void {
    if (this.#replies.isEnding) this.#receiveBuffer.release()
    else this.#receiveBuffer.read((bytes) => this.#consume(bytes))
    this.#afterReading()
  }

  /** How many bytes are done with: all, when the session can't go on. */
  #consume(bytes: Buffer): number {
    try {
      return this.#decoder.consume(bytes)
    } catch (error) {
      this.#giveUp(error)
      return bytes.length
    } finally {
      this.#noteKnown()
    }
  }

  /** Nothing more is read until it is known whether the sender is admitted. */
  #admit(credentials: Credentials): void {
    this.pause(PAUSED_FOR_ADMISSION)
    this.#shared.admission.admit(credentials, this.address).then(
      () => this.#goOn(() => this.#decoder.resume()),
      (error: unknown) => this.#goOn(() => this.#giveUp(error)),
    )
  }

  /** Reads the message that waited for its sender, or ends the session when that is refused. */
  #goOn(answer: () => void): void {
    if (this.#closing.isClosed) return
    this.#attempt(answer)
    this.#noteKnown()
    this.resume(PAUSED_FOR_ADMISSION)
  }

  #noteKnown(): void {
    if (this.#isKnown || !this.#decoder.isKnown) return
    this.#isKnown = true
    this.#shared.onKnown(this)
  }

  #afterReading(): void {
    if (this.#replies.isEnding) return
    this.#receiveBuffer.noteMessage(this.lastActive)
    if (this.#decoder.isOver) this.#receiveBuffer.drop()
    this.#receiveBuffer.noteHeld()
    this.#endWhenDone()
  }

  #refuseBatch(error: ProtocolError): void {
    this.#reports.noteError(error)
    this.#replies.add({ id: error.id, error: error.message, retry: error.retry })
    // Written at once: no commit will come by to do it.
    if (this.#reports.inFlight === 0) this.#writeReplies()
  }

  /** False when not everything was taken: then nothing is read until it is. */
  #writeReplies(): boolean {
    const written = this.#replies.flush((text) => this.#socket.write(text))
    if (written < 0) {
      this.#closing.cut()
      return false
    }
    if (written > 0) this.lastActive = this.#shared.monotonicMs()
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
    const reply = this.#reports.noteEnd(error)
    this.#replies.sendFinalReply(this.#decoder.dialect === 'ours' ? reply : '')
    this.#receiveBuffer.release()
    this.flush()
  }

  #endWhenDone(): void {
    if (!this.#closing.hasEnded || this.#closing.isClosed || this.#pause.isOn) return
    if (this.#reports.inFlight > 0 || this.#replies.isWaiting) return
    if (!this.#replies.isEnding && this.#receiveBuffer.isMidMessage)
      this.#reports.note('cut_off', 'hung up in the middle of a message')
    this.#closing.endSocket()
  }
}
