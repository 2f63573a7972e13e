import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CollectorAddress } from '../../agent/sending/connect.ts'
import { hashToken } from '../../lib/hash-token.ts'
import { parseFingerprint } from '../../lib/tls/fingerprint.ts'
import type { EnrolmentInvitation } from '../../protocol/enrolment-code.ts'
import { placeFile, readSecretFile } from './secret-file.ts'

/** Where an agent was enrolled, as it keeps it in its data folder. */
export type EnrolledServer = {
  readonly host: string
  readonly port: number
  /** Null when CAs vouch for the server. */
  readonly fingerprint: string | null
  /** SHA-256 of the code's secret: the same code need not be traded again. */
  readonly code: string
}

const FILE = 'enrolled-server.json'

export function toEnrolledServer(invitation: EnrolmentInvitation): EnrolledServer {
  const { host, port, fingerprint, isPinned, secret } = invitation
  return { host, port, fingerprint: isPinned ? fingerprint : null, code: hashToken(secret) }
}

/** Null when this agent was never enrolled. Throws when the file is damaged. */
export function findEnrolledServer(dataDir: string): EnrolledServer | null {
  const file = join(dataDir, FILE)
  const text = readSecretFile(file)
  if (text === null) return null
  const server = readServer(text)
  if (server === null) throw new Error(`${file} is damaged: remove it and enrol this machine again`)
  return server
}

/** Takes the place of the server that was kept before. */
export function keepEnrolledServer(dataDir: string, server: EnrolledServer): void {
  const file = join(dataDir, FILE)
  rmSync(file, { force: true })
  placeFile(file, JSON.stringify(server))
}

/** Used for the first trade: the secret may be sent only to the server that the code names. */
export const invitedAddress = ({ host, port, fingerprint }: EnrolmentInvitation): CollectorAddress => ({
  host,
  port,
  tls: { fingerprints: [fingerprint], authorities: [] },
})

function readServer(text: string): EnrolledServer | null {
  try {
    const { host, port, fingerprint, code } = JSON.parse(text)
    const isRight =
      typeof host === 'string' &&
      Number.isInteger(port) &&
      typeof code === 'string' &&
      (fingerprint === null || (typeof fingerprint === 'string' && parseFingerprint(fingerprint) !== null))
    return isRight ? { host, port, fingerprint, code } : null
  } catch {
    return null
  }
}
