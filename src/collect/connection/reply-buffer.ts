import { encodeReply } from '../../protocol/encode.ts'
import { MAX_CLOCK_DIFFERENCE, type Reply } from '../../protocol/message.ts'
import type { WriteRefusal } from '../../storage/ports/store.ts'
import type { Outcome, Submission } from '../submission.ts'
import type { ConnectionSocket } from './connection-context.ts'

/** The id of a submission in the original's dialect, which has no numbers. */
export const LEGACY_ID = -1

/** The error for a sender whose reports this server does not store at present. */
export const REJECTIONS: Readonly<Record<WriteRefusal, string>> = {
  foreign: "the host's name belongs to another agent (monitor host release, on the server)",
  waiting: 'the host is new and waits for approval (website or monitor host approve, on the server)',
  full: 'the server takes no more new hosts for now (collect.max_hosts, collect.max_new_hosts)',
  copy: 'another agent with the same key speaks for this host: on a copied machine stop the agent and run `monitor agent --new-identity`',
  stale:
    'this run of the agent is not known here any more, because another has spoken or the host was deleted: greet again',
}

const REFUSED_CONTENT = 'storage does not take what this batch holds'

/** Characters of answers that may wait before reading pauses. */
const MAX_WAITING = 64 * 1024

/**
 * The replies to one agent, until its socket takes them, and the final reply, after which nothing more is
 * read.
 */
export class ReplyBuffer {
  #text = ''
  #finalReply: string | null = null

  get isWaiting(): boolean {
    return this.#text !== ''
  }

  /** True when so many answers wait that nothing more should be read. */
  get isFull(): boolean {
    return this.#text.length > MAX_WAITING
  }

  /** True when nothing more is to be read, because the final reply is known. */
  get isEnding(): boolean {
    return this.#finalReply !== null
  }

  /** True when the final reply was written, or was empty. */
  get isEnded(): boolean {
    return this.#finalReply === ''
  }

  add(reply: Reply): void {
    this.#text += encodeReply(reply)
  }

  /**
   * Adds the outcome of a report. In the original's dialect only a failure has an effect: then there is no
   * receipt.
   */
  addOutcome(submission: Submission, outcome: Outcome): void {
    const { id } = submission
    if (id === LEGACY_ID) {
      // The rest of the packet could not be acknowledged either.
      if (outcome !== 'stored') this.sendFinalReply('')
    } else if (outcome === 'stored') this.#addStored(submission)
    else if (outcome === 'failed') this.add({ id, error: 'storage is away', retry: true })
    else if (outcome === 'refused') this.add({ id, error: REFUSED_CONTENT, retry: true })
    else if (outcome === 'copy' || outcome === 'stale')
      this.add({ id, error: REJECTIONS[outcome], retry: true })
    // Without an id: no batch is at fault, so the agent keeps them all.
    else
      this.sendFinalReply(encodeReply({ id: null, error: REJECTIONS[outcome], retry: outcome !== 'foreign' }))
  }

  #addStored({ id, refused, reason, later, report: { seen, clockSkew } }: Submission): void {
    const isClockRight = clockSkew === null || Math.abs(clockSkew) <= MAX_CLOCK_DIFFERENCE
    if (refused === 0 && later === 0 && isClockRight) this.#text += `{"id":${id},"stored":true}\n`
    else
      this.add({
        id,
        stored: true,
        ...((later > 0 || !isClockRight) && { clock: seen }),
        ...(later > 0 && { later }),
        ...(refused > 0 && { refused, reason: reason ?? '' }),
      })
  }

  /** Ends the reading; `text` is sent after everything before it is answered. The first call counts. */
  sendFinalReply(text: string): void {
    this.#finalReply ??= text
  }

  /** To be called when everything is answered. */
  writeFinalReply(): void {
    if (this.#finalReply === null) return
    this.#text += this.#finalReply
    this.#finalReply = ''
  }

  /** How many bytes the socket took, negative when it is gone; answers are ASCII, a byte a character. */
  flush(socket: Pick<ConnectionSocket, 'write'>): number {
    const written = socket.write(this.#text)
    if (written > 0) this.#text = this.#text.slice(written)
    return written
  }

  clear(): void {
    this.#text = ''
  }
}
