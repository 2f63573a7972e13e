import { isAbsolute, join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { PolicyChoices } from '../ports/store.ts'
import type { Upkeep } from './admin.ts'
import type { Database } from './database.ts'
import { migrate } from './migrations.ts'
import type { MysqlTls } from './mysql/connection.ts'
import { isMysqlUrl, parseMysqlUrl } from './mysql/url.ts'
import { createSqliteUpkeep } from './sqlite/admin.ts'
import { openSqlite } from './sqlite/sqlite.ts'
import { nameDamage } from './sqlite/watched-file.ts'

export type OpenStoreOptions = {
  /** Where a relative `sqlite:` path begins. */
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Log
  /** Bounds on what agents may add; no bounds by default. */
  readonly policy?: PolicyChoices | undefined
  /**
   * Whether another opening of this process is closed later. SQLite alone asks: who closes a file last moves the log into it.
   */
  readonly isSecond?: boolean
  /** How a database on a server is reached, besides its url. */
  readonly server?: DatabaseServer
}

export type DatabaseServer = {
  /** In place of the one in the url. */
  readonly password?: string | null
  readonly tls?: MysqlTls | null
  /** Longest wait for the answer to one statement, in seconds. */
  readonly timeout?: number
  /** The database of another program, which is only read. */
  readonly isOfOriginal?: boolean
}

export type OpenDatabase = { readonly database: Database; readonly upkeep: Upkeep }

const TIMEOUT_SECONDS = 30

/**
 * Opens the database, makes it if there is none and brings its schema up to date. `url` is `sqlite:` and a
 * path, or `mysql://user:password@host:port/name`, with several hosts separated by commas. Several processes
 * may open the same one. Throws `NewerSchemaError` when a newer program has written it.
 */
export async function openDatabase(url: string, options: OpenStoreOptions): Promise<OpenDatabase> {
  return isMysqlUrl(url) ? openServer(url, options) : openFile(url, options)
}

async function openFile(
  url: string,
  { dataDir, clock, log, isSecond }: OpenStoreOptions,
): Promise<OpenDatabase> {
  const file = sqliteFile(url, dataDir)
  const database = await openSqlite(file, { clock, log, isSecond })
  try {
    const steps = await migrate(database, clock.now())
    if (steps.length > 0) log.info('database schema brought up to date', { file, schema: steps.at(-1) })
  } catch (error) {
    await database.close()
    throw nameDamage(error, file)
  }
  return { database, upkeep: createSqliteUpkeep(database) }
}

async function openServer(url: string, options: OpenStoreOptions): Promise<OpenDatabase> {
  const { clock, log } = options
  const { migrateMysql } = await import('./mysql/migrate.ts')
  const { createMysqlUpkeep } = await import('./mysql/admin.ts')
  const database = await connectServer(url, options)
  try {
    const steps = await migrateMysql(database, { clock, log })
    if (steps.length > 0)
      log.info('database schema brought up to date', {
        server: database.server.version,
        schema: steps.at(-1),
      })
  } catch (error) {
    await database.close()
    throw error
  }
  return { database, upkeep: createMysqlUpkeep(database) }
}

/** Does not check the schema. The client for the protocol is loaded only where it is used. */
export async function connectServer(url: string, { clock, log, server = {} }: OpenStoreOptions) {
  const { openMysql } = await import('./mysql/mysql.ts')
  const { nodes, user, password, database } = parseMysqlUrl(url)
  const account = {
    user,
    password: server.password ?? password,
    database,
    tls: server.tls ?? null,
    timeoutMs: (server.timeout ?? TIMEOUT_SECONDS) * 1000,
    isOfOriginal: server.isOfOriginal ?? false,
  }
  return openMysql({ nodes, account, clock, log })
}

/** The file that a database url means. Throws, with what to write instead, when it means none. */
export function sqliteFile(url: string, dataDir: string): string {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '') : ''
  if (path === '' || path === ':memory:')
    throw new Error(
      `database.url is ${JSON.stringify(url)}: sqlite: and a path is expected, as in sqlite:monitor.db, ` +
        'or mysql://USER:PASSWORD@HOST:3306/DATABASE',
    )
  return isAbsolute(path) ? path : join(dataDir, path)
}
