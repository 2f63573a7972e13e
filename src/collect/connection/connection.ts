import { describeError } from '../../lib/log.ts'
import { encodeReply } from '../../protocol/encode.ts'
import { LEGACY_RECEIPT } from '../../protocol/legacy/legacy.ts'
import { isWholeCsvLine } from '../../protocol/legacy/legacy-csv.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { describeFault, type Tally } from '../../protocol/rejection-tally.ts'
import type { HostReport } from '../../storage/ports/store.ts'
import { measureReport, type Outcome, type Sender, type Submission } from '../ingest.ts'
import { ProtocolDecoder } from '../protocol-decoder.ts'
import type { Reason } from '../rejections.ts'
import type { Credentials } from './admission.ts'
import {
  type ConnectionContext,
  type ConnectionSocket,
  PAUSED_FOR_ADMISSION,
  PAUSED_FOR_ANSWERS,
  PAUSED_FOR_STORAGE,
  type SocketHandler,
} from './connection-context.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { LEGACY_ID, REJECTIONS, ReplyBuffer } from './reply-buffer.ts'
import type { UnknownSender } from './unknown-senders.ts'

const FROM_THE_FUTURE =
  'samples are from the future; they wait with their sender until its clock and ours agree'
const WAITING_HERE =
  'samples are from the future; they wait in the database until their time has come or the clock is put right'

/** A line of CSV without an end has to be followed by nothing for so many times `csvQuietMs`. */
const OPEN_LINE_QUIETS = 4
const LINE_END = Buffer.from('\n')

/** What a sender that is refused may still send before the line is cut. */
const MAX_LINGER_BYTES = 8 * 1024 * 1024

/** One agent's connection: keeps what is not complete, has it answered, knows how long it has been quiet. */
export class Connection implements Sender, SocketHandler, UnknownSender {
  readonly address: string
  /** When it was opened, by the monotonic clock. */
  readonly since: number
  /** By the monotonic clock, when anything last came or went. */
  lastActive: number
  /** When it began to wait for memory; null when it does not. */
  memoryWaitSince: number | null = null
  /** When it is cut; null while it is in use. */
  lingerUntil: number | null = null
  readonly #socket: ConnectionSocket
  readonly #shared: ConnectionContext<Connection>
  readonly #decoder: ProtocolDecoder
  readonly #receiveBuffer: ReceiveBuffer
  readonly #replies = new ReplyBuffer()
  /** Whose reports came last; null while none did. */
  #host: string | null = null
  #paused = 0
  #isKnown = false
  #inFlight = 0
  #hasEnded = false
  /** It spoke CSV, and all of it seems to have come. */
  #wereLines = false
  #isClosed = false
  #lingerBytes = 0

  /** `opening` tells what the socket does not know of itself, when something was read from it before. */
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
    this.#decoder = new ProtocolDecoder({
      nameLists: shared.nameLists,
      legacyBytes: shared.limits.legacyBytes,
      now: shared.now,
      findPassphrase: shared.findPassphrase,
      findCsvObstacle: () => shared.findCsvObstacle(this.address),
      canTake: () => this.#canTake(),
      admit: (credentials) => this.#admit(credentials),
      submit: (report, id, refused, later) => this.#submit(report, id, refused, later),
      refuse: (error) => this.#refuseBatch(error),
    })
    this.#receiveBuffer = new ReceiveBuffer(this.#decoder, (change) => shared.onHeld(this, change))
  }

  get held(): number {
    return this.#receiveBuffer.held
  }
  get messageSince(): number | null {
    return this.#receiveBuffer.messageSince
  }
  get messageBytes(): number {
    return this.#receiveBuffer.messageBytes
  }
  /** True when the passphrase was said, or a key proved. */
  get isKnown(): boolean {
    return this.#decoder.isKnown
  }
  get isPaused(): boolean {
    return this.#paused !== 0
  }
  get isAnswering(): boolean {
    return this.#inFlight > 0
  }
  get hasUnread(): boolean {
    return this.#replies.isWaiting
  }
  get isClosed(): boolean {
    return this.#isClosed
  }

  receive(chunk: Buffer): void {
    this.lastActive = this.#shared.monotonicMs()
    if (this.#replies.isEnding || this.#decoder.isOver) {
      // What was thought to be complete was not: without a receipt the agent sends it again.
      if (this.#wereLines) this.#replies.sendFinalReply('')
      this.#discard(chunk.length)
      return
    }
    this.#receiveBuffer.messageBytes += chunk.length
    if (!this.#receiveBuffer.isEmpty || this.#paused !== 0) {
      this.#receiveBuffer.keep(chunk, 0)
      if (this.#paused === 0) this.#readKept()
      else this.#receiveBuffer.noteHeld()
      return
    }
    const done = this.#consume(chunk)
    if (!this.#replies.isEnding) this.#receiveBuffer.keep(chunk, done)
    this.#afterReading()
  }

  /** The other side will say no more; it may still listen. */
  receiveEnd(): void {
    this.#hasEnded = true
    this.#endLines()
    this.#endWhenDone()
  }

  /** The socket takes bytes again. */
  drain(): void {
    this.lastActive = this.#shared.monotonicMs()
    this.flush()
  }

  /** To be called every second or so, with the monotonic clock. */
  noteQuiet(now: number): void {
    const { csvQuietMs } = this.#shared.limits
    const quietMs = now - this.lastActive
    if (quietMs >= OPEN_LINE_QUIETS * csvQuietMs) this.#endLastLine()
    if (quietMs >= csvQuietMs) this.#endLines()
  }

  pause(reason: number): void {
    if (this.#isClosed) return
    if (this.#paused === 0) this.#socket.pause()
    this.#paused |= reason
  }

  /** Reads on from what is held, and from the socket when no other reason speaks against it. */
  resume(reason: number): void {
    if ((this.#paused & reason) === 0) return
    this.#paused &= ~reason
    if (this.#paused !== 0 || this.#isClosed) return
    this.lastActive = this.#shared.monotonicMs()
    this.#readKept()
    if (this.#paused === 0) this.#socket.resume()
  }

  complete(submission: Submission, outcome: Outcome): void {
    this.#inFlight--
    if (outcome === 'foreign') this.#note('key', REJECTIONS.foreign)
    else if (outcome === 'waiting') this.#note('approval', REJECTIONS.waiting)
    else if (outcome === 'full') this.#note('growth', REJECTIONS.full)
    else if (outcome === 'copy') this.#note('copy', REJECTIONS.copy)
    if (this.#isClosed) return
    this.#replies.addOutcome(submission, outcome)
  }

  flush(): void {
    if (this.#isClosed) return
    if (this.#inFlight === 0) this.#sayLast()
    if (this.#replies.isWaiting && !this.#writeReplies()) return
    if (this.#replies.isEnded && this.#inFlight === 0) this.#closeSocket()
    else this.resume(PAUSED_FOR_ANSWERS)
    this.#endWhenDone()
  }

  /** Ends the connection from our side, after the answers that are due; counted and logged by its reason. */
  refuse(reason: Reason, detail: string): void {
    this.#note(reason, detail)
    this.#cut()
  }

  /** Ends the connection after what is due, without a word. */
  end(): void {
    this.#replies.sendFinalReply('')
    if (this.lingerUntil === null) this.flush()
    else this.#cut()
  }

  /** The socket is gone. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#replies.clear()
    this.#receiveBuffer.release()
    this.#shared.onClosed(this)
  }

  #canTake(): boolean {
    if (this.#paused !== 0) return false
    if (this.#replies.isFull) {
      this.pause(PAUSED_FOR_ANSWERS)
      return false
    }
    if (!this.#shared.ingest.isSaturated) return true
    this.pause(PAUSED_FOR_STORAGE)
    this.#shared.onWaiting(this)
    return false
  }

  /** Nobody knows of every agent that it ends its last line: one that is whole is taken after a longer wait. */
  #endLastLine(): void {
    if (!this.#decoder.isReadingLines || this.#paused !== 0) return
    this.#receiveBuffer.read((bytes) => {
      if (!isWholeCsvLine(bytes.toString())) return 0
      this.#consume(Buffer.concat([bytes, LINE_END]))
      return bytes.length
    })
  }

  /** Lines of CSV are complete when nothing follows. */
  #endLines(): void {
    if (!this.#decoder.isReadingLines || !this.#receiveBuffer.isEmpty || this.#paused !== 0) return
    this.#wereLines = true
    try {
      this.#decoder.endLines()
    } catch (error) {
      this.#giveUp(error)
      return
    }
    this.#afterReading()
    if (this.#inFlight === 0) this.flush()
  }

  #readKept(): void {
    if (this.#replies.isEnding) {
      this.#receiveBuffer.release()
      return
    }
    this.#receiveBuffer.read((bytes) => this.#consume(bytes))
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

  /** Nothing more is read until it is known who speaks. */
  #admit(credentials: Credentials): void {
    this.pause(PAUSED_FOR_ADMISSION)
    this.#shared.admission.admit(credentials, this.address).then(
      () => this.#goOn(() => this.#decoder.resume()),
      (error) =>
        this.#goOn(() => {
          throw error
        }),
    )
  }

  /** Reads on after `read`, or ends the session with its error. */
  #goOn(read: () => void): void {
    if (this.#isClosed) return
    try {
      read()
    } catch (error) {
      this.#giveUp(error)
    }
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

  #submit(report: HostReport, id: number | null, tally: Tally | null, later: number): void {
    this.#inFlight++
    this.#host = report.host
    if (tally !== null && tally.total > 0)
      for (const [fault, count] of tally.counts) this.#note(fault, describeFault(fault), count)
    if (later > 0) this.#note('future', FROM_THE_FUTURE, later)
    if (report.waiting) this.#note('future', WAITING_HERE, report.waiting.length)
    const { weight, samples } = measureReport(report)
    this.#shared.ingest.submit({
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

  #note(reason: Reason, detail: string, count = 1): void {
    this.#shared.rejections.note(reason, this.address, detail, { count, host: this.#host })
  }

  #refuseBatch(error: ProtocolError): void {
    const { fault, message, id, retry } = error
    this.#note(fault, message)
    this.#replies.add({ id, error: message, retry })
    // Written at once: no commit will come by to do it.
    if (this.#inFlight === 0) this.#writeReplies()
  }

  /** False when not everything was taken: then nothing is read until it is. */
  #writeReplies(): boolean {
    const written = this.#replies.flush((text) => this.#socket.write(text))
    if (written < 0) {
      this.#cut()
      return false
    }
    if (written > 0) this.lastActive = this.#shared.monotonicMs()
    if (!this.#replies.isWaiting) return true
    this.pause(PAUSED_FOR_ANSWERS)
    return false
  }

  /** Nothing more is read; our dialect is told why, when what came before is answered. */
  #giveUp(error: unknown): void {
    const known = error instanceof ProtocolError ? error : null
    const detail = known?.message ?? describeError(error)
    this.#note(known?.fault ?? 'internal', detail)
    const isOurs = this.#decoder.dialect === 'ours'
    const reply = {
      id: null,
      error: known === null ? 'internal error' : detail,
      retry: known?.retry ?? false,
    }
    this.#replies.sendFinalReply(isOurs ? encodeReply(reply) : '')
    this.#receiveBuffer.release()
    this.flush()
  }

  /** The last words, when everything is settled: the original's receipt, or why nothing more is read. */
  #sayLast(): void {
    if (this.#decoder.isOver) this.#replies.sendFinalReply(LEGACY_RECEIPT)
    this.#replies.writeFinalReply()
  }

  /**
   * Our half ends; what the other side still sends is read and dropped, since unread bytes would destroy the
   * last answer.
   */
  #closeSocket(): void {
    if (this.lingerUntil !== null) return
    this.lingerUntil = this.#shared.monotonicMs() + this.#shared.limits.lingerMs
    if (this.#hasEnded) {
      this.#endSocket()
      return
    }
    this.#socket.shutdown()
    this.resume(~0)
  }

  #discard(count: number): void {
    this.#lingerBytes += count
    if (this.#lingerBytes > MAX_LINGER_BYTES) this.#cut()
  }

  #endWhenDone(): void {
    if (!this.#hasEnded || this.#isClosed || this.#paused !== 0) return
    if (this.#inFlight > 0 || this.#replies.isWaiting) return
    const isCutOff = !this.#replies.isEnding && this.#receiveBuffer.isMidMessage
    if (isCutOff) this.#note('cut_off', 'hung up in the middle of a message')
    this.#endSocket()
  }

  #endSocket(): void {
    if (this.#isClosed) return
    this.close()
    this.#socket.end()
  }

  #cut(): void {
    if (this.#isClosed) return
    this.close()
    this.#socket.terminate()
  }
}
