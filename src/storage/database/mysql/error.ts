/**
 * What a failure of a statement means for what was being done.
 * - `conflict`: somebody else's transaction came in between, and this one is rolled back or has to be. Doing
 *   it again helps.
 * - `duplicate`: a key is there that was not a moment ago. Doing it again finds it, unless the statement
 *   itself is wrong.
 * - `lost`: the connection, or the node behind it, can't be used. Another connection may help.
 * - `denied`: the account may not do this.
 * - `wrong`: nothing of these; the same statement fails again.
 */
export type MysqlFailure = 'conflict' | 'duplicate' | 'lost' | 'denied' | 'wrong'

/** By the server's error number. */
const NUMBERS: Readonly<Record<number, MysqlFailure>> = {
  // Lock wait timeout; deadlock, which is also what a certification conflict of Galera is called; changed
  // since it was read.
  1205: 'conflict',
  1213: 'conflict',
  1020: 'conflict',
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

export function classifyMysqlError(error: unknown): MysqlFailure {
  const { errno, code, fatal } = (error ?? {}) as { errno?: unknown; code?: unknown; fatal?: unknown }
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
