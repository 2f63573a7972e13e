import type { QueryError } from 'mysql2'
import { describeError } from '../../../lib/log.ts'

/**
 * The kind of a failed statement, which determines how to continue.
 * - `conflict`: another transaction interfered, and this one is rolled back or has to be. A retry helps.
 * - `duplicate`: a key exists that did not a moment ago. A retry finds it, unless the statement itself is
 *   wrong.
 * - `lost`: the connection, or the node behind it, can't be used. Another connection may help.
 * - `denied`: the account lacks the privilege.
 * - `untrusted`: TLS was not agreed on: because of the certificate of the server, or whether TLS is required
 *   at all.
 * - `wrong`: none of these; the same statement fails again.
 */
export type MysqlFailure = 'conflict' | 'duplicate' | 'lost' | 'denied' | 'untrusted' | 'wrong'

/** By the server's error number. */
const NUMBERS: Readonly<Record<number, MysqlFailure>> = {
  // Lock wait timeout; deadlock, which is also what a certification conflict of Galera is called; changed
  // since it was read.
  1205: 'conflict',
  1213: 'conflict',
  1020: 'conflict',
  // Group Replication of MySQL: the transaction of another node was first.
  3101: 'conflict',
  // An error during the commit; the statement was ended for another node's sake.
  1180: 'conflict',
  1317: 'conflict',
  1062: 'duplicate',
  // Too many connections, shutting down, connection killed, gone, lost, cut short, no contact.
  1040: 'lost',
  1203: 'lost',
  1053: 'lost',
  1077: 'lost',
  1079: 'lost',
  1152: 'lost',
  1158: 'lost',
  1159: 'lost',
  1160: 'lost',
  1161: 'lost',
  1184: 'lost',
  1927: 'lost',
  2002: 'lost',
  2003: 'lost',
  2006: 'lost',
  2013: 'lost',
  // The node of a cluster is not, or not any more, part of the majority; reads there waited in vain.
  1047: 'lost',
  1290: 'lost',
  1792: 'lost',
  1836: 'lost',
  1044: 'denied',
  1045: 'denied',
  1142: 'denied',
  1143: 'denied',
  1227: 'denied',
  1370: 'denied',
  // The server takes connections over TLS alone.
  3159: 'untrusted',
}

/** By the name that Node or mysql2 gives what happened to the connection. */
const LOST = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_QUIT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EALREADY',
])

/** mysql2's code for every failure of a TLS handshake, also for a connection that broke. */
const HANDSHAKE_FAILED = 'HANDSHAKE_SSL_ERROR'
const ABOUT_CERTIFICATE = /certificate|issuer/i

export function classifyMysqlError(error: unknown): MysqlFailure {
  const { errno, code, fatal, message } = (error ?? {}) as Partial<Record<keyof QueryError, unknown>>
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'untrusted'
  if (code === HANDSHAKE_FAILED) return ABOUT_CERTIFICATE.test(String(message)) ? 'untrusted' : 'lost'
  const known = typeof errno === 'number' ? NUMBERS[errno] : undefined
  if (known) return known
  if (typeof code === 'string' && LOST.has(code)) return 'lost'
  return fatal === true ? 'lost' : 'wrong'
}

/** No node could be reached, or none that can be written to. */
export class DatabaseAwayError extends Error {
  constructor(tried: readonly string[], cause: unknown) {
    super(`the database does not answer (${tried.join('; ')})`, { cause })
    this.name = 'DatabaseAwayError'
  }
}

/** The connection broke while the commit was under way. */
export class UnknownOutcomeError extends Error {
  constructor(cause: unknown) {
    super('the connection to the database broke during a commit: what it held may be stored or not', {
      cause,
    })
    this.name = 'UnknownOutcomeError'
  }
}

/** The server can be reached and does not take us, or we don't take it: waiting does not help. */
export class DatabaseRefusedError extends Error {
  constructor(where: string, cause: unknown, { usesTls }: { readonly usesTls: boolean }) {
    const hint = findHint(cause, usesTls)
    // The message contains the cause; a cause of its own would repeat it.
    super(`${where} can't be used as database: ${describeError(cause)}${hint === '' ? '' : `; ${hint}`}`)
    this.name = 'DatabaseRefusedError'
  }
}

/** What an administrator can do about it; empty where the error itself is clear. */
function findHint(error: unknown, usesTls: boolean): string {
  const { errno, code, message } = (error ?? {}) as Partial<Record<keyof QueryError, unknown>>
  if (errno === 3159) return 'it takes connections over TLS alone: set database.tls = true'
  // The server does not report which of the two it is.
  if (errno === 1045 && !usesTls)
    return 'the password is wrong, or the account needs TLS: then set database.tls = true'
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'database.tls asks for it'
  if (code !== HANDSHAKE_FAILED || !ABOUT_CERTIFICATE.test(String(message))) return ''
  return /altnames/i.test(String(message))
    ? 'connect by a name that the certificate is made out to, or set database.tls_name to that name'
    : 'set database.ca_file to the certificate of the CA that has signed it'
}
