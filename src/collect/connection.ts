import { describeError } from '../lib/log.ts'
import { encodeReply } from '../protocol/encode.ts'
import { LEGACY_RECEIPT } from '../protocol/legacy.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import {
  type ConnectionSocket,
  PAUSED_FOR_ANSWERS,
  PAUSED_FOR_STORAGE,
  type Surroundings,
} from './connection-context.ts'
import { type Fate, measureReport, type Sender, type Submission } from './ingest.ts'
import { Conversation } from './protocol-decoder.ts'
import { Intake } from './receive-buffer.ts'
import type { Reason } from './rejections.ts'
import { Answers, FOREIGN_KEY, LEGACY_ID } from './reply-buffer.ts'

/** What a sender that is refused may still send before the line is cut. */
const MAX_LINGER_BYTES = 8 * 1024 * 1024

/** One agent's connection: keeps what is not complete, has it answered, knows how long it has been quiet. */
export class Connection implements Sender {
  readonly address: string
  /** By the monotonic clock, when anything last came or went. */
  lastActive: number
  /** When it began to wait for memory; null when it does not. */
  memoryWaitSince: number | null = null
  /** When it is cut; null while it is in use. */
  lingerUntil: number | null = null
  readonly #socket: ConnectionSocket
  readonly #shared: Surroundings<Connection>
  readonly #conversation: Conversation
  readonly #intake: Intake
  readonly #answers = new Answers()
  #paused = 0
  #inFlight = 0
  #hasEnded = false
  #isClosed = false
  #lingerBytes = 0

  constructor(socket: ConnectionSocket, shared: Surroundings<Connection>) {
    this.#socket = socket
    this.#shared = shared
    this.address = socket.remoteAddress
    this.lastActive = shared.monotonicMs()
    this.#conversation = new Conversation({
      nameLists: shared.nameLists,
      legacyBytes: shared.limits.legacyBytes,
      now: shared.now,
      isPassphrase: shared.isPassphrase,
      canTake: () => this.#canTake(),
      submit: (report, id, refused) => this.#submit(report, id, refused),
      refuse: (error) => this.#refuseBatch(error),
    })
    this.#intake = new Intake(this.#conversation, (change) => shared.onHeld(this, change))
  }

  get held(): number {
    return this.#intake.held
  }
  get messageSince(): number | null {
    return this.#intake.messageSince
  }
  get messageBytes(): number {
    return this.#intake.messageBytes
  }
  /** True when the passphrase was said. */
  get isKnown(): boolean {
    return this.#conversation.isKnown
  }
  get isPaused(): boolean {
    return this.#paused !== 0
  }
  get isAnswering(): boolean {
    return this.#inFlight > 0
  }
  get hasUnread(): boolean {
    return this.#answers.isWaiting
  }
  get isClosed(): boolean {
    return this.#isClosed
  }

  receive(chunk: Buffer): void {
    this.lastActive = this.#shared.monotonicMs()
    if (this.#answers.isEnding || this.#conversation.isOver) {
      this.#discard(chunk.length)
      return
    }
    this.#intake.messageBytes += chunk.length
    if (!this.#intake.isEmpty || this.#paused !== 0) {
      this.#intake.keep(chunk, 0)
      if (this.#paused === 0) this.#readKept()
      else this.#intake.noteHeld()
      return
    }
    const done = this.#consume(chunk)
    if (!this.#answers.isEnding) this.#intake.keep(chunk, done)
    this.#afterReading()
  }

  /** The other side will say no more; it may still listen. */
  receiveEnd(): void {
    this.#hasEnded = true
    this.#endWhenDone()
  }

  /** The socket takes bytes again. */
  drain(): void {
    this.lastActive = this.#shared.monotonicMs()
    this.flush()
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

  settle(submission: Submission, fate: Fate): void {
    this.#inFlight--
    if (fate === 'foreign') this.#shared.refusals.note('key', this.address, FOREIGN_KEY)
    if (this.#isClosed) return
    this.#answers.addFate(submission, fate)
  }

  flush(): void {
    if (this.#isClosed) return
    if (this.#inFlight === 0) this.#sayLast()
    if (this.#answers.isWaiting && !this.#writeAnswers()) return
    if (this.#answers.isEnded && this.#inFlight === 0) this.#hangUp()
    else this.resume(PAUSED_FOR_ANSWERS)
    this.#endWhenDone()
  }

  /** Ends the connection from our side, after the answers that are due; counted and logged by its reason. */
  refuse(reason: Reason, detail: string): void {
    this.#shared.refusals.note(reason, this.address, detail)
    this.#cut()
  }

  /** Ends the connection after what is due, without a word. */
  end(): void {
    this.#answers.bidFarewell('')
    if (this.lingerUntil === null) this.flush()
    else this.#cut()
  }

  /** The socket is gone. */
  close(): void {
    this.#isClosed = true
    this.#answers.clear()
    this.#intake.release()
  }

  #canTake(): boolean {
    if (this.#paused !== 0) return false
    if (this.#answers.isFull) {
      this.pause(PAUSED_FOR_ANSWERS)
      return false
    }
    if (!this.#shared.ingest.isSaturated) return true
    this.pause(PAUSED_FOR_STORAGE)
    this.#shared.onWaiting(this)
    return false
  }

  #readKept(): void {
    if (this.#answers.isEnding) {
      this.#intake.release()
      return
    }
    this.#intake.read((bytes) => this.#consume(bytes))
    this.#afterReading()
  }

  /** How many bytes are done with: all, when the conversation can't go on. */
  #consume(bytes: Buffer): number {
    try {
      return this.#conversation.consume(bytes)
    } catch (error) {
      this.#giveUp(error)
      return bytes.length
    }
  }

  #afterReading(): void {
    if (this.#answers.isEnding) return
    this.#intake.noteMessage(this.lastActive)
    if (this.#conversation.isOver) this.#intake.drop()
    this.#intake.noteHeld()
    this.#endWhenDone()
  }

  #submit(report: HostReport, id: number | null, tally: Tally | null): void {
    this.#inFlight++
    if (tally !== null)
      for (const [fault, count] of tally.counts)
        this.#shared.refusals.note(fault, this.address, tally.reason ?? fault, count)
    this.#shared.ingest.submit({
      report,
      sender: this,
      id: id ?? LEGACY_ID,
      refused: tally?.total ?? 0,
      reason: tally?.reason ?? null,
      ...measureReport(report),
    })
  }

  #refuseBatch(error: ProtocolError): void {
    const { fault, message, id, retry } = error
    this.#shared.refusals.note(fault, this.address, message)
    this.#answers.add({ id, error: message, retry })
    // Written at once: no commit will come by to do it.
    if (this.#inFlight === 0) this.#writeAnswers()
  }

  /** False when not everything was taken: then nothing is read until it is. */
  #writeAnswers(): boolean {
    const written = this.#answers.flush((text) => this.#socket.write(text))
    if (written < 0) {
      this.#cut()
      return false
    }
    if (written > 0) this.lastActive = this.#shared.monotonicMs()
    if (!this.#answers.isWaiting) return true
    this.pause(PAUSED_FOR_ANSWERS)
    return false
  }

  /** Nothing more is read; our dialect is told why, when what came before is answered. */
  #giveUp(error: unknown): void {
    const known = error instanceof ProtocolError ? error : null
    const detail = known?.message ?? describeError(error)
    this.#shared.refusals.note(known?.fault ?? 'internal', this.address, detail)
    const isOurs = this.#conversation.dialect === 'ours'
    const reply = {
      id: null,
      error: known === null ? 'internal error' : detail,
      retry: known?.retry ?? false,
    }
    this.#answers.bidFarewell(isOurs ? encodeReply(reply) : '')
    this.#intake.release()
    this.flush()
  }

  /** The last words, when everything is settled: the original's receipt, or why nothing more is read. */
  #sayLast(): void {
    if (this.#conversation.isOver) this.#answers.bidFarewell(LEGACY_RECEIPT)
    this.#answers.sayFarewell()
  }

  /** Our half ends; what the other side still sends is read and dropped, since unread bytes would destroy the last answer. */
  #hangUp(): void {
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
    if (this.#inFlight > 0 || this.#answers.isWaiting) return
    const isCutOff = !this.#answers.isEnding && this.#intake.isAmidst
    if (isCutOff) this.#shared.refusals.note('cut_off', this.address, 'hung up in the middle of a message')
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
