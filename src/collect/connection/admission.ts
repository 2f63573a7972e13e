import { hashToken } from '../../lib/hash-token.ts'
import type { Log } from '../../lib/log.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import type { AdmissionStore } from '../../storage/ports/store.ts'

/** The fields by which a sender without the passphrase is admitted: its key, with a code when it is new. */
export type Credentials = {
  readonly host: string
  /** Names that the machine had before. */
  readonly formerNames: readonly string[]
  /** SHA-256 of the key, in hexadecimal. */
  readonly keyHash: string
  /** The secret of an enrolment code; null when the host should be known already. */
  readonly code: string | null
  /** Length of the message that waits for the answer. */
  readonly bytes: number
}

/** Look-ups at a time: strangers must not take every connection to the database. */
const MAX_LOOKUPS = 4
/** Messages that may wait for their senders' look-ups, in bytes; more are sent away, to come again. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024

const REFUSED: Readonly<Record<'invalid' | 'taken' | 'unknown', string>> = {
  unknown: 'the key is not that of a host here: the host has to be enrolled (monitor enroll create)',
  invalid: 'the enrolment code is wrong, used up, over, or made for another host',
  taken: 'the name belongs to another host: take another name, or make a code for it (--host)',
}

/** Admits senders that give a key in place of the passphrase, as the database decides. */
export class KeyAdmission {
  readonly #store: AdmissionStore | null
  readonly #now: () => number
  readonly #log: Log
  readonly #waiting: (() => void)[] = []
  #lookups = 0
  #waitingBytes = 0

  /** Without a store, no sender is admitted. */
  constructor(store: AdmissionStore | null, now: () => number, log: Log) {
    this.#store = store
    this.#now = now
    this.#log = log
  }

  /** Resolves when the sender may speak for the host. Rejects with a ProtocolError when it may not. */
  async admit({ host, formerNames, keyHash, code, bytes }: Credentials, address: string): Promise<void> {
    const store = this.#store
    if (store === null) throw new ProtocolError('key', REFUSED.unknown)
    await this.#takeTurn(bytes)
    try {
      if (code === null) {
        if (!(await store.isKeyOf([host, ...formerNames], keyHash)))
          throw new ProtocolError('key', REFUSED.unknown)
        return
      }
      const codeHash = hashToken(code)
      const result = await store.redeem({ codeHash, host, keyHash, address, now: this.#now() })
      if (result !== 'enrolled') throw new ProtocolError('key', REFUSED[result])
      this.#log.info('a host was enrolled', { host, from: address })
    } catch (error) {
      if (error instanceof ProtocolError) throw error
      throw new ProtocolError('key', 'storage is away', null, true)
    } finally {
      this.#lookups--
      this.#waiting.shift()?.()
    }
  }

  async #takeTurn(bytes: number): Promise<void> {
    if (this.#lookups >= MAX_LOOKUPS) {
      if (this.#waitingBytes + bytes > MAX_WAITING_BYTES)
        throw new ProtocolError('key', 'too many senders ask to be known', null, true)
      this.#waitingBytes += bytes
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      this.#waitingBytes -= bytes
    }
    this.#lookups++
  }
}
