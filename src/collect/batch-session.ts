import type { HostFacts } from '../domain/hosts/host.ts'
import { hashToken } from '../lib/hash-token.ts'
import { readBatch, readFormerNames, readKey } from '../protocol/batch.ts'
import { type JsonMembers, MAX_TIME_AHEAD, readHost } from '../protocol/field.ts'
import { MAX_CONNECTION_HOSTS, MAX_KEY_LENGTH } from '../protocol/message.ts'
import { MetricSetTable } from '../protocol/metric-set-table.ts'
import type { PlainBatchSender } from '../protocol/plain-batch.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Tally } from '../protocol/rejection-tally.ts'
import type { HostReport } from '../storage/ports/store.ts'
import type { DecoderPort } from './decoder-port.ts'
import type { PassphraseAge } from './passphrase.ts'
import { SaidOnce } from './said-once.ts'
import { skewOf } from './skew.ts'

/** Authenticates the senders on one connection, and reads the batches of our dialect that they send. */
export class BatchSession implements PlainBatchSender {
  readonly layouts = new MetricSetTable()
  /** The host of the last plain batch. */
  host = ''
  latest = 0
  readonly #port: DecoderPort
  readonly #said = new SaidOnce()
  /** By host the names that its machine had before; null as long as there are none, as nearly always. */
  #formerNames: Map<string, readonly string[]> | null = null
  #passphrase: PassphraseAge | null = null
  /** The host for which the sender has proved a key, and the others when there are more; null for none. */
  #admittedHost: string | null = null
  #otherAdmitted: Set<string> | null = null
  /** The batch whose sender is being looked up. */
  #asking: { readonly fields: JsonMembers; readonly host: string } | null = null

  constructor(port: DecoderPort) {
    this.#port = port
  }

  /** True when the sender has given the passphrase or proved a key. */
  get isKnown(): boolean {
    return this.#passphrase !== null || this.#admittedHost !== null
  }

  /** `bytes` is the length of the message. */
  read(fields: JsonMembers, bytes: number): void {
    const { passphrase } = fields
    if (passphrase !== undefined) this.checkPassphrase(passphrase)
    if (this.#passphrase !== null) this.#takeBatch(fields)
    else if (fields.key === undefined && !this.isKnown) this.checkPassphrase(passphrase)
    else {
      const host = readHost(fields.host)
      if (this.#isAdmitted(host)) this.#takeBatch(fields)
      else this.#askFor(fields, host, bytes)
    }
  }

  /** Takes a batch that is like nearly all; false when it is another one, of which nothing is taken then. */
  takePlain(bytes: Uint8Array, from: number, end: number): boolean {
    if (!this.isKnown) return false
    const plain = this.#port.plainBatches
    const seen = this.#port.now()
    this.latest = seen + MAX_TIME_AHEAD
    if (!plain.read(bytes, from, end, this)) return false
    const { id, host, clock, frames, numbers, waiting } = plain
    if (this.#passphrase === null && !this.#isAdmitted(host)) return false
    const { keyHash, queue } = this.#said.recall(host, null, null, seen)
    const report: HostReport = {
      host,
      keyHash,
      isByKey: this.#passphrase === null,
      facts: null,
      seen,
      clockSkew: skewOf(clock, seen),
      frames,
      events: NOTHING,
      open: null,
      isGreeting: false,
      queue,
      numbers: numbers === null ? null : { frames: numbers, others: NOTHING, waiting, lost: NOTHING },
    }
    plain.forget()
    this.host = host
    this.#submit(report, id, null, 0)
    return true
  }

  /** Throws a ProtocolError when it is wrong. */
  checkPassphrase(said: unknown): void {
    const found = this.#port.findPassphrase(said)
    if (found === null) throw new ProtocolError('passphrase', 'wrong passphrase')
    this.#passphrase = found
  }

  /** The facts with what let their sender in, which the website shows while passphrases are changed. */
  noteAdmission(facts: HostFacts | null): HostFacts | null {
    const admission = this.#passphrase ?? 'key'
    return facts && { ...facts, program: { version: '', fingerprints: [], ...facts.program, admission } }
  }

  /** The sender that was looked up is admitted: reads the batch that waited for it. */
  resume(): void {
    const asking = this.#asking
    if (asking === null) return
    this.#asking = null
    this.#noteAdmitted(asking.host)
    this.#takeBatch(asking.fields)
  }

  #isAdmitted(host: string): boolean {
    return host === this.#admittedHost || this.#otherAdmitted?.has(host) === true
  }

  #noteAdmitted(host: string): void {
    if (this.#admittedHost === null || this.#admittedHost === host) {
      this.#admittedHost = host
      return
    }
    this.#otherAdmitted ??= new Set()
    if (this.#otherAdmitted.size >= MAX_CONNECTION_HOSTS) this.#otherAdmitted.clear()
    this.#otherAdmitted.add(host)
  }

  /** Nothing of the batch but these is looked into before its sender is known. */
  #askFor(fields: JsonMembers, host: string, bytes: number): void {
    const { enroll } = fields
    const code = typeof enroll === 'string' && enroll.length <= MAX_KEY_LENGTH ? enroll : null
    const keyHash = hashToken(readKey(fields.key))
    this.#asking = { fields, host }
    const formerNames = readFormerNames(fields.was)
    this.#port.admit({ host, formerNames, keyHash, code, bytes })
  }

  #takeBatch(fields: JsonMembers): void {
    const seen = this.#port.now()
    const batch = readBatch(fields, this.layouts, this.#port.nameLists, seen)
    const { host, frames, events, open, isGreeting, numbers, clock } = batch
    const facts = this.noteAdmission(batch.facts)
    const { keyHash, queue } = this.#said.recall(host, batch.key, batch.queue, seen)
    if (batch.key !== null) this.#noteFormerNames(host, batch.formerNames)
    const isByKey = this.#passphrase === null
    const clockSkew = skewOf(clock, seen)
    const report: HostReport = {
      host,
      keyHash,
      isByKey,
      facts,
      seen,
      clockSkew,
      frames,
      events,
      open,
      isGreeting,
      queue,
      numbers,
    }
    this.#submit(report, batch.id, batch.refused, batch.later)
  }

  #submit(report: HostReport, id: number, refused: Tally | null, later: number): void {
    const formerNames = this.#formerNames?.get(report.host)
    this.#port.submit(formerNames === undefined ? report : { ...report, formerNames }, id, refused, later)
  }

  /** Sent together with the key, and valid for as long as the key is. */
  #noteFormerNames(host: string, names: readonly string[]): void {
    this.#formerNames?.delete(host)
    if (names.length === 0) return
    this.#formerNames ??= new Map()
    if (this.#formerNames.size >= MAX_CONNECTION_HOSTS) this.#formerNames.clear()
    this.#formerNames.set(host, names)
  }
}

const NOTHING: readonly never[] = []
