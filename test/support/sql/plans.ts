import { Database as Connection } from 'bun:sqlite'
import { rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import { sqliteDialect } from '../../../src/storage/database/dialect.ts'
import { listStatements, SCHEMA_VERSION } from '../../../src/storage/database/migrations.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { TABLES } from '../../../src/storage/database/tables.ts'
import { fakeClock } from '../clock.ts'
import { makeTempDir } from '../spawn.ts'

/** Tables that stay small however old and big the installation is. */
const SMALL: ReadonlySet<string> = new Set([
  ...['counter', 'lease', 'write_lock', 'migration', 'engine_memory'],
  ...['rule', 'maintenance_window', 'target', 'user', 'token', 'second_factor', 'saved_view'],
  // Bounded by what is asked for at once: see ingest/waiting-hosts.ts and ingest/enrolment.ts.
  ...['waiting_host', 'enrolment'],
  // Distinct names and lists of them, not samples.
  ...['metric', 'metric_set'],
])

export type Scan = { readonly sql: string; readonly steps: readonly string[] }

/** Notes every statement that any connection prepares, until `stop`. */
export function recordStatements(): { readonly statements: ReadonlySet<string>; stop(): void } {
  const statements = new Set<string>()
  const { prepare } = Connection.prototype
  Connection.prototype.prepare = function (this: Connection, sql: string, ...rest: []) {
    statements.add(onOneLine(sql))
    return prepare.call(this, sql, ...rest)
  } as typeof prepare
  return {
    statements,
    stop() {
      Connection.prototype.prepare = prepare
    },
  }
}

/**
 * The statements whose plan reads a large table, or an index of it, from one end to the other. SQLite has no
 * statistics of our tables (nothing runs ANALYZE), so the plan of an empty database is that of a full one.
 */
export async function findScans(statements: Iterable<string>): Promise<Scan[]> {
  const dataDir = makeTempDir()
  const log = createLog({ level: 'error', format: 'text' })
  const { database } = await openDatabase('sqlite:monitor.db', { dataDir, clock: fakeClock(0), log })
  const connection = new Connection(`${dataDir}/monitor.db`)
  // They name tables as they were; each runs once in the life of a database.
  const ofMigrations = new Set(
    Array.from({ length: SCHEMA_VERSION }, (_, i) =>
      listStatements(sqliteDialect, i + 1).map(onOneLine),
    ).flat(),
  )
  const scans: Scan[] = []
  for (const sql of statements) {
    if (!/^(SELECT|WITH|UPDATE|DELETE|INSERT)\b/.test(sql) || ofMigrations.has(sql)) continue
    // What nothing fits reads nothing, whatever its plan says.
    if (sql.includes('WHERE 1 = 0')) continue
    const statement = connection.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`)
    const plan = statement.all()
    statement.finalize()
    const large = listLargeTables(sql)
    const steps = plan.map(({ detail }) => detail).filter((step) => large.has(readScanned(step)))
    if (steps.length > 0) scans.push({ sql, steps })
  }
  connection.close()
  await database.close()
  rmSync(dataDir, { recursive: true, force: true })
  return scans
}

const onOneLine = (sql: string): string => sql.replace(/\s+/g, ' ').trim()

const readScanned = (step: string): string => /^SCAN (\w+)/.exec(step)?.[1] ?? ''

/** The names that large tables have in a statement. */
function listLargeTables(sql: string): Set<string> {
  const found = new Set<string>()
  for (const { name } of TABLES) {
    if (SMALL.has(name)) continue
    for (const [, alias] of sql.matchAll(
      new RegExp(`\\b(?:FROM|JOIN|UPDATE|INTO) ${name}\\b(?: ([a-z]+))?`, 'g'),
    )) {
      found.add(name)
      if (alias !== undefined) found.add(alias)
    }
  }
  return found
}
