import { createBackoff } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import { describeError, type Log } from '../../../lib/log.ts'
import type { Dialect } from '../dialect.ts'
import { listStatements, NewerSchemaError, SCHEMA_VERSION } from '../migrations.ts'
import { classifyMysqlError } from './error.ts'
import type { MysqlDatabase } from './mysql.ts'

/** The lock is taken over when it was not renewed for this long: its holder has ended. */
const LOCK_SECONDS = 30
const RENEW_MS = 5000
const POLL_MS = 200
const MAX_ATTEMPTS = 20
/** Table there, column there, name of an index there, row there, index gone. */
const DONE_ALREADY = new Set([1050, 1060, 1061, 1062, 1091])
const NO_SUCH_TABLE = 1146

/**
 * Brings the schema up to date; returns the numbers of the steps taken. On these servers each statement on
 * the schema commits by itself, so a statement is noted before it runs: after a crash the next process
 * continues with the noted statement, and for it alone accepts the error that its object already exists. One
 * process migrates, under a lock in a row, since every node of a cluster sees a row; the others wait for it.
 * An account that may not change the schema needs no privilege for that when it is up to date.
 */
export async function migrateMysql(
  database: MysqlDatabase,
  { clock, log }: { clock: Clock; log: Log },
  target = SCHEMA_VERSION,
): Promise<number[]> {
  const found = await readVersion(database)
  if (found > SCHEMA_VERSION) throw new NewerSchemaError(found)
  if (found >= target) return []
  try {
    for (const statement of createTables(database.dialect)) await runStatement(database, clock, statement)
    return await underLock(database, clock, log, (check) => takeSteps(database, clock, target, check))
  } catch (error) {
    if (classifyMysqlError(rootOf(error)) === 'denied')
      throw new Error(
        'the account may not change the schema of the database: run the statements that `monitor db schema` prints, with one that may',
        { cause: error },
      )
    throw error
  }
}

/** The statements that a database of schema `from` needs, each complete, to be run by hand. */
export function writeSchema(dialect: Dialect, from: number, now: number): string[] {
  const statements = from === 0 ? createTables(dialect) : []
  for (let number = from + 1; number <= SCHEMA_VERSION; number++)
    statements.push(
      ...listStatements(dialect, number),
      `INSERT INTO migration (number, applied) VALUES (${number}, ${now})`,
    )
  return statements
}

/** 0 for a database without tables of this program. */
export async function readVersion(database: MysqlDatabase): Promise<number> {
  try {
    const [row] = await database.query<{ newest: number | null }>(
      'SELECT MAX(number) AS newest FROM migration',
    )
    return row?.newest ?? 0
  } catch (error) {
    if ((error as { errno?: unknown }).errno === NO_SUCH_TABLE) return 0
    throw error
  }
}

const createTables = ({ integer, plain }: Dialect) => [
  `CREATE TABLE IF NOT EXISTS migration (number ${integer} NOT NULL PRIMARY KEY, applied ${integer} NOT NULL) ${plain}`,
  `CREATE TABLE IF NOT EXISTS migration_lock (
    id ${integer} NOT NULL PRIMARY KEY,
    holder VARCHAR(64) NOT NULL,
    renewed ${integer} NOT NULL,
    step ${integer} NOT NULL,
    statement ${integer} NOT NULL
  ) ${plain}`,
  `INSERT IGNORE INTO migration_lock (id, holder, renewed, step, statement) VALUES (1, '', 0, 0, 0)`,
]

/** In a cluster, another node's change of the schema may undo a statement; it is run again then. */
async function runStatement(database: MysqlDatabase, clock: Clock, statement: string) {
  const backoff = createBackoff({ leastMs: 20, mostMs: 1000 })
  for (let attempt = 1; ; attempt++)
    try {
      await database.withConnection((connection) => connection.runLong(statement))
      return
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || classifyMysqlError(error) !== 'conflict') throw error
      await new Promise<void>((resolve) => clock.after(backoff.nextMs(), resolve))
    }
}

/** `check` throws when the lock was lost. */
async function underLock<T>(
  database: MysqlDatabase,
  clock: Clock,
  log: Log,
  act: (check: () => void) => Promise<T>,
): Promise<T> {
  const holder = crypto.randomUUID()
  await takeLock(database, clock, log, holder)
  let isLost = false
  let isDone = false
  const renew = () =>
    clock.after(RENEW_MS, async () => {
      if (isDone) return
      try {
        isLost = !(await changeLock(database, 'renewed = UNIX_TIMESTAMP()', holder))
      } catch (error) {
        log.warn('the lock on the schema was not renewed', { error: describeError(error) })
      }
      timer = renew()
    })
  let timer = renew()
  try {
    return await act(() => {
      if (isLost) throw new Error('another process has taken over the work on the schema')
    })
  } finally {
    isDone = true
    timer.cancel()
    await changeLock(database, `holder = '', renewed = 0`, holder).catch(() => {})
  }
}

/** By the clock of the database, which all processes share. */
async function takeLock(database: MysqlDatabase, clock: Clock, log: Log, holder: string) {
  for (let isFirst = true; ; isFirst = false) {
    const taken = await database.transaction((transaction) =>
      transaction.run(
        `UPDATE migration_lock SET holder = ?, renewed = UNIX_TIMESTAMP() WHERE id = 1 AND renewed < UNIX_TIMESTAMP() - ?`,
        [holder, LOCK_SECONDS],
      ),
    )
    if (taken > 0) return
    if (isFirst) log.info('waiting for another process that migrates the schema of the database')
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve))
  }
}

/** False when another process holds it. */
async function changeLock(database: MysqlDatabase, change: string, holder: string): Promise<boolean> {
  const changed = await database.transaction((transaction) =>
    transaction.run(`UPDATE migration_lock SET ${change} WHERE id = 1 AND holder = ?`, [holder]),
  )
  return changed > 0
}

async function takeSteps(database: MysqlDatabase, clock: Clock, target: number, check: () => void) {
  const taken: number[] = []
  for (let number = (await readVersion(database)) + 1; number <= target; number++) {
    await takeStep(database, number, clock, check)
    taken.push(number)
  }
  return taken
}

async function takeStep(database: MysqlDatabase, number: number, clock: Clock, check: () => void) {
  const statements = listStatements(database.dialect, number)
  const begun = await readBegun(database, number)
  for (const [i, statement] of statements.entries()) {
    if (i < begun) continue
    check()
    const isRepeated = i === begun
    if (!isRepeated) await noteBegun(database, number, i)
    try {
      await runStatement(database, clock, statement)
    } catch (cause) {
      if (isRepeated && DONE_ALREADY.has(Number((cause as { errno?: unknown }).errno))) continue
      throw new Error(`step ${number} of the database schema failed in its statement ${i + 1}`, { cause })
    }
  }
  await database.transaction((transaction) =>
    transaction.run('INSERT IGNORE INTO migration (number, applied) VALUES (?, ?)', [number, clock.now()]),
  )
}

/** The statement of the step that was begun and perhaps done; -1 when none was. */
async function readBegun(database: MysqlDatabase, number: number): Promise<number> {
  const [row] = await database.query<{ step: number; statement: number }>(
    'SELECT step, statement FROM migration_lock WHERE id = 1',
  )
  return row?.step === number ? row.statement : -1
}

async function noteBegun(database: MysqlDatabase, number: number, statement: number) {
  await database.transaction((transaction) =>
    transaction.run('UPDATE migration_lock SET step = ?, statement = ? WHERE id = 1', [number, statement]),
  )
}

function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error
}
