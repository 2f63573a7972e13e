import { connect } from 'node:net'
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type QueryError,
  TypedParameter,
} from 'mysql2'
import type { Row, Value } from '../database.ts'
import { describeNode, type MysqlNode } from './url.ts'
import { findVersionProblem } from './version.ts'

/** How the database's server is known, and how we are known to it. Texts are PEM. */
export type MysqlTls = {
  /** CAs that may vouch for the server; the system's when null. */
  readonly authorities: string | null
  readonly certificate: string | null
  readonly key: string | null
  /** The name that the server's certificate is made out to, in place of the host's. */
  readonly name?: string | null
}

export type MysqlAccount = {
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: MysqlTls | null
  /** Longest wait for the answer to one statement; 0 waits without an end. */
  readonly timeoutMs: number
  /**
   * The database of another program, which is only read: any version is accepted, also one that takes no
   * writes.
   */
  readonly isOfOriginal?: boolean
}

/** Facts of a server, read once a connection. */
export type MysqlServer = {
  readonly version: string
  readonly isMaria: boolean
  readonly maxPacket: number
  readonly isCluster: boolean
}

/** The result of a statement that returns no rows. */
export type StatementOutcome = {
  readonly affectedRows: number
  readonly insertId: number
  readonly warningStatus: number
}

/** One session with a node. */
export type MysqlConnection = {
  readonly node: MysqlNode
  readonly server: MysqlServer
  /** False once nothing more can be asked of it. */
  isUsable(): boolean
  /** A prepared statement, kept prepared. */
  execute(sql: string, values: readonly Value[]): Promise<unknown>
  /** A statement as text: those that begin and end transactions can't be prepared. */
  command(sql: string): Promise<unknown>
  /** The same with no limit on its time: for the schema, and for what reads whole tables. */
  runLong(sql: string): Promise<unknown>
  /** The rows of a statement as they come, however many they are. */
  stream(sql: string): AsyncIterable<Row>
  /** Called once when the connection ends by itself. */
  onEnd(act: () => void): void
  close(): void
  /** At once, without a farewell: for a node that does not answer. */
  destroy(): void
}

const CONNECT_MS = 3000
/** Statements kept prepared a connection. */
const MAX_STATEMENTS = 300
/** Seconds for which the server waits for another transaction's lock; then the transaction is run again. */
const LOCK_WAIT_SECONDS = 10
/** Warnings that can be asked for; more than one statement has rows. */
const MAX_WARNINGS = 1024
/** Rows of a stream that wait to be taken. */
const STREAM_ROWS = 1000

/**
 * Opens a session and sets it up. Rejects when the node can't be used: not reached, not ready, read only, too
 * old.
 */
export async function connectMysql(node: MysqlNode, account: MysqlAccount): Promise<MysqlConnection> {
  const raw = await openConnection(node, account)
  let ended = false
  let onEnd = () => {}
  const end = () => {
    if (ended) return
    ended = true
    onEnd()
  }
  raw.on('error', end)
  raw.on('end', end)

  function ask(sql: string, values: readonly Value[] | null, timeout: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: QueryError | null, result: unknown) => {
        if (!error) return resolve(result)
        // After this the answer may still arrive, so the connection can't be used for another statement.
        if (error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') {
          end()
          raw.destroy()
        }
        reject(error)
      }
      const limit = timeout > 0 ? { timeout } : {}
      // Without a word on values the text would be searched for places for them, letter by letter.
      if (values === null) raw.query({ sql, values: null, ...limit }, done)
      else raw.execute({ sql, values: values.map(toParameter), ...limit }, done)
    })
  }

  try {
    const server = await setUp(node, account, (sql) => ask(sql, null, CONNECT_MS))
    return {
      node,
      server,
      isUsable: () => !ended,
      execute: (sql, values) => ask(sql, values, account.timeoutMs),
      command: (sql) => ask(sql, null, account.timeoutMs),
      runLong: (sql) => ask(sql, null, 0),
      stream: (sql) => raw.query(sql).stream({ highWaterMark: STREAM_ROWS }),
      onEnd(act) {
        onEnd = act
      },
      close() {
        if (ended) return raw.destroy()
        ended = true
        raw.end(() => raw.destroy())
      },
      destroy() {
        ended = true
        raw.destroy()
      },
    }
  } catch (error) {
    raw.destroy()
    throw error
  }
}

function openConnection(node: MysqlNode, account: MysqlAccount): Promise<Connection> {
  const { user, password, database, tls } = account
  const options: ConnectionOptions = {
    ...describePlace(node, tls?.name ?? null),
    user,
    password,
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
    decimalNumbers: true,
    connectTimeout: CONNECT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    maxPreparedStatements: MAX_STATEMENTS,
    // Rows that a change finds count, whether or not it changes them, as on SQLite.
    flags: ['FOUND_ROWS'],
    ...(tls !== null && {
      ssl: {
        rejectUnauthorized: true,
        verifyIdentity: 'host' in node,
        minVersion: 'TLSv1.2',
        ...(tls.authorities !== null && { ca: tls.authorities }),
        ...(tls.certificate !== null && { cert: tls.certificate }),
        ...(tls.key !== null && { key: tls.key }),
      },
    }),
  }
  return new Promise((resolve, reject) => {
    const raw = createConnection(options)
    raw.once('error', reject)
    raw.connect((error) => {
      raw.off('error', reject)
      if (!error) return resolve(raw)
      raw.on('error', () => {})
      raw.destroy()
      reject(error)
    })
  })
}

/**
 * mysql2 compares the certificate with the host name that it is given. Where the certificate has another
 * name, that name is given to it, and the connection is made here.
 */
function describePlace(node: MysqlNode, name: string | null): ConnectionOptions {
  if ('socket' in node) return { socketPath: node.socket }
  const { host, port } = node
  if (name === null) return { host, port }
  return { host: name, port, stream: () => connect({ host, port, noDelay: true, keepAlive: true }) }
}

type Facts = { version: string; max_packet: number; is_read_only: number }

async function setUp(
  node: MysqlNode,
  { isOfOriginal = false }: MysqlAccount,
  ask: (sql: string) => Promise<unknown>,
): Promise<MysqlServer> {
  const [facts] = (await ask(
    'SELECT VERSION() AS version, @@max_allowed_packet AS max_packet, @@read_only AS is_read_only',
  )) as Facts[]
  if (!facts) throw new Error(`${describeNode(node)} told nothing of itself`)
  const isMaria = /mariadb/i.test(facts.version)
  if (isOfOriginal) {
    await ask(`SET SESSION time_zone = '+00:00'`)
    return { version: facts.version, isMaria, maxPacket: facts.max_packet, isCluster: false }
  }
  const problem = findVersionProblem(facts.version, isMaria)
  if (problem !== null) throw new Error(problem)
  if (facts.is_read_only === 1) throw lost(`${describeNode(node)} is read only`)
  await ask('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  const settings = [
    `sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
    `time_zone = '+00:00'`,
    `innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
    // MySQL requires a privilege for it that an ordinary account does not have.
    ...(isMaria ? [`max_error_count = ${MAX_WARNINGS}`] : []),
    // MySQL reports sizes of tables that are up to a day old unless this setting makes it read fresh ones.
    ...(isMaria ? [] : ['information_schema_stats_expiry = 0']),
    'autocommit = 1',
  ]
  const isCluster = await isGaleraNode(node, ask)
  // Reads wait until the node has what was committed anywhere before: who wrote through one node reads it
  // through another.
  if (isCluster) settings.push('wsrep_sync_wait = 1')
  await ask(`SET SESSION ${settings.join(', ')}`)
  return { version: facts.version, isMaria, maxPacket: facts.max_packet, isCluster }
}

async function isGaleraNode(node: MysqlNode, ask: (sql: string) => Promise<unknown>): Promise<boolean> {
  const [on] = (await ask(`SHOW VARIABLES LIKE 'wsrep_on'`)) as { Value: string }[]
  if (on?.Value !== 'ON') return false
  const [ready] = (await ask(`SHOW STATUS LIKE 'wsrep_ready'`)) as { Value: string }[]
  if (ready?.Value !== 'ON') throw lost(`${describeNode(node)} is not ready: its cluster has no majority`)
  return true
}

function lost(message: string): Error {
  return Object.assign(new Error(message), { code: 'PROTOCOL_CONNECTION_LOST' })
}

/** Whole numbers as such, because the servers take no fraction in some places; bytes as bytes. */
function toParameter(value: Value) {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? TypedParameter.LONGLONG(value) : value
  if (value instanceof Uint8Array && !Buffer.isBuffer(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return value
}
