import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** The prefix of sealed texts: the version of their format. */
const FORM = 'v1.'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals short texts under one key, by AES-256-GCM with a nonce of its own for each. `secret` is as random as a key
 * of 256 bits, whatever its form.
 */
export class SecretBox {
  readonly #key: Buffer
  /** Tells whether two boxes have the same key, and nothing of the key: 48 bits, as a whole number. */
  readonly check: number

  constructor(secret: string) {
    this.#key = createHash('sha256').update(`monitor secret box\n${secret}`).digest()
    this.check = createHash('sha256')
      .update('monitor secret box check\n')
      .update(this.#key)
      .digest()
      .readUIntBE(0, 6)
  }

  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return FORM + sealed.toString('base64url')
  }

  /** Throws when it was sealed under another key, or was changed since. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed.slice(FORM.length), 'base64url')
    if (!isSealed(sealed) || bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('not a sealed text')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return (
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    )
  }
}

export const isSealed = (text: string): boolean => text.startsWith(FORM)
