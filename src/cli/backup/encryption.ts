import { createCipheriv, createDecipheriv, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { CommandError } from '../../lib/exit-codes.ts'
import { PIECE, type Sink, type Source } from './streams.ts'

/*
 * An encrypted backup: the magic, 16 bytes of salt, 32 bytes by which a wrong passphrase is known, then pieces. A
 * piece is its length (4 bytes, the highest bit says that it is the last), AES-256-GCM of the bytes, and the tag. Key
 * and verifier are the two halves of what scrypt makes of passphrase and salt, so that a key is never used twice and
 * the nonce may be the number of the piece; whether it is the last one is in the nonce, so that nothing can be cut off
 * or put behind it.
 */
const MAGIC = new TextEncoder().encode('monitor-backup-encrypted-1\n')
const SALT_BYTES = 16
const VERIFIER_BYTES = 32
const TAG_BYTES = 16
const LAST = 0x8000_0000
/** 64 MiB of memory and about 0.2 s for each guess. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }

function derive(passphrase: string, salt: Uint8Array) {
  const both = scryptSync(passphrase.normalize('NFC'), salt, 32 + VERIFIER_BYTES, SCRYPT)
  return { key: both.subarray(0, 32), verifier: both.subarray(32) }
}

function nonceOf(piece: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  view.setUint8(7, isLast ? 1 : 0)
  view.setUint32(8, piece)
  return nonce
}

export function encryptTo(sink: Sink, passphrase: string): Sink {
  const salt = randomBytes(SALT_BYTES)
  const { key, verifier } = derive(passphrase, salt)
  for (const bytes of [MAGIC, salt, verifier]) sink.write(bytes)
  let piece = 0
  let waiting = Buffer.alloc(0)

  function put(bytes: Uint8Array, isLast: boolean) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(piece++, isLast))
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    const length = Buffer.alloc(4)
    length.writeUInt32BE((bytes.length | (isLast ? LAST : 0)) >>> 0)
    sink.write(length)
    sink.write(sealed)
  }

  return {
    write(bytes) {
      waiting = Buffer.concat([waiting, bytes])
      // One byte at least stays behind, so that the last piece is known when it is written.
      while (waiting.length > PIECE) {
        put(waiting.subarray(0, PIECE), false)
        waiting = waiting.subarray(PIECE)
      }
    },
    end() {
      put(waiting, true)
      sink.end()
    },
  }
}

/** Whether a file that begins so is an encrypted backup. */
export const isEncrypted = (beginning: Uint8Array) =>
  beginning.length >= MAGIC.length && MAGIC.every((byte, i) => beginning[i] === byte)

/** Throws `CommandError` for a wrong passphrase, and while reading for anything that was changed. */
export function decryptFrom(source: Source, passphrase: string, name: string): Source {
  source.read(MAGIC.length)
  const { key, verifier } = derive(passphrase, source.read(SALT_BYTES))
  if (!timingSafeEqual(verifier, source.read(VERIFIER_BYTES)))
    throw new CommandError(`this is not the passphrase that ${name} was encrypted with`)
  let piece = 0
  let isOver = false
  let ahead = Buffer.alloc(0)

  function more() {
    const length = new DataView(Uint8Array.from(source.read(4)).buffer).getUint32(0)
    const isLast = length >= LAST
    const count = length % LAST
    if (count > PIECE) throw new CommandError(`${name} is damaged`)
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(piece, isLast))
    const sealed = Uint8Array.from(source.read(count))
    decipher.setAuthTag(Uint8Array.from(source.read(TAG_BYTES)))
    try {
      ahead = Buffer.concat([ahead, decipher.update(sealed), decipher.final()])
    } catch {
      throw new CommandError(`${name} is damaged, or somebody changed it (piece ${piece + 1})`)
    }
    piece++
    isOver = isLast
    if (isLast && !source.isAtEnd()) throw new CommandError(`${name} is damaged: more follows behind its end`)
  }

  return {
    read(count) {
      while (ahead.length < count) {
        if (isOver) throw new CommandError(`${name} ends too early: it is only part of a backup`)
        more()
      }
      const bytes = ahead.subarray(0, count)
      ahead = ahead.subarray(count)
      return bytes
    },
    isAtEnd() {
      while (ahead.length === 0 && !isOver) more()
      return ahead.length === 0
    },
  }
}
