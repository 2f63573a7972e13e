import { createAuditTables } from './audit-tables.ts'
import type { Database, Transaction } from './database.ts'
import type { Dialect } from './dialect.ts'
import { createEnrolmentTables } from './enrolment-tables.ts'
import { thinEventIndexes } from './event-indexes.ts'
import { renameToFieldTerms } from './field-terms.ts'
import { createFirstTables } from './first-tables.ts'
import { createNotificationTables } from './notification-tables.ts'
import { spareIndexes } from './spared-indexes.ts'
import { createWriteLockTables } from './write-locks.ts'

/**
 * A step changes the schema by one number. Steps are never edited after a release: a mistake is put right by
 * the next one.
 */
const STEPS: readonly ((dialect: Dialect) => readonly string[])[] = [
  createFirstTables,
  // The key that owns the host's name: see host-names.ts.
  () => [`ALTER TABLE host ADD COLUMN key_hash VARCHAR(64)`],
  createNotificationTables,
  createWriteLockTables,
  // People: what they prefer, where their sessions are from, what their tokens may do at most, what they
  // changed.
  ({ id, integer, text, plain }) => [
    `ALTER TABLE user ADD COLUMN preferences VARCHAR(1000)`,
    `ALTER TABLE session ADD COLUMN address VARCHAR(64)`,
    `ALTER TABLE session ADD COLUMN browser VARCHAR(255)`,
    `ALTER TABLE token ADD COLUMN access VARCHAR(16)`,
    `CREATE TABLE audit (
      id ${id},
      time ${integer} NOT NULL,
      actor VARCHAR(255) NOT NULL,
      way VARCHAR(16) NOT NULL,
      address VARCHAR(64) NOT NULL,
      action VARCHAR(100) NOT NULL,
      detail ${text} NOT NULL
    ) ${plain}`,
    `CREATE INDEX audit_by_time ON audit (time)`,
    `CREATE INDEX audit_by_actor ON audit (actor)`,
  ],
  // Groups of hosts: see groups.ts.
  ({ integer, text, clustered }) => [
    `ALTER TABLE host ADD COLUMN said_groups ${text}`,
    `ALTER TABLE host ADD COLUMN given_groups ${text}`,
    `CREATE TABLE host_group (
      name VARCHAR(64) NOT NULL,
      host ${integer} NOT NULL,
      PRIMARY KEY (name, host)
    ) ${clustered}`,
    `CREATE INDEX host_group_by_host ON host_group (host)`,
  ],
  // Signing in with a code of an app besides the password: see second-factors.ts.
  ({ integer, clustered }) => [
    `CREATE TABLE second_factor (
      user ${integer} NOT NULL PRIMARY KEY,
      secret VARCHAR(128) NOT NULL,
      last_step ${integer} NOT NULL,
      since ${integer} NOT NULL
    ) ${clustered}`,
    `CREATE TABLE recovery_code (
      user ${integer} NOT NULL,
      code_hash VARCHAR(64) NOT NULL,
      PRIMARY KEY (user, code_hash)
    ) ${clustered}`,
  ],
  // How bad each host of a list is: open events alone, however many are over.
  () => [`CREATE INDEX event_open_by_host ON event (is_open, host, severity)`],
  // What agents judge by: see told-thresholds.ts.
  ({ integer, blob, plain }) => [
    `CREATE TABLE host_threshold (
      host ${integer} NOT NULL PRIMARY KEY,
      digest VARCHAR(64) NOT NULL,
      packed ${blob} NOT NULL
    ) ${plain}`,
  ],
  renameToFieldTerms,
  // How many attempts a receiver may have taken though no answer came.
  ({ integer }) => [`ALTER TABLE outbox ADD COLUMN uncertain ${integer} NOT NULL DEFAULT 0`],
  // Of an imported event that is over it is not known since when; `closed` is then the opening.
  ({ integer }) => [`ALTER TABLE event ADD COLUMN end_unknown ${integer} NOT NULL DEFAULT 0`],
  // Null in blocks that were written before there were checksums: see blocks.ts.
  ({ integer }) => [`ALTER TABLE block ADD COLUMN checksum ${integer}`],
  // Events of a metric by their end: the outages of a period, however many years of them there are.
  // And the newest of a host or a metric, in their order.
  () => [
    `CREATE INDEX event_by_metric_end ON event (metric, closed, id)`,
    `CREATE INDEX event_by_host_time ON event (host, opened)`,
    `CREATE INDEX event_by_metric_time ON event (metric, opened)`,
  ],
  // Frames of agents whose clock is fast, until their time has come: see ingest/waiting-frames.ts.
  ({ integer, blob, clustered }) => [
    `CREATE TABLE waiting_frame (
      host ${integer} NOT NULL,
      time ${integer} NOT NULL,
      samples ${integer} NOT NULL,
      packed ${blob} NOT NULL,
      PRIMARY KEY (host, time)
    ) ${clustered}`,
    `CREATE INDEX waiting_frame_by_time ON waiting_frame (time)`,
  ],
  // What made the newest change of an event, and where the filesystems of a host are mounted (JSON).
  ({ text }) => [
    `ALTER TABLE event ADD COLUMN value DOUBLE PRECISION`,
    `ALTER TABLE host ADD COLUMN mounts ${text}`,
  ],
  // Which agent a host has, where it is none of ours, and how that spells the names of metrics (JSON).
  ({ text }) => [
    `ALTER TABLE host ADD COLUMN agent VARCHAR(64)`,
    `ALTER TABLE host ADD COLUMN spellings ${text}`,
  ],
  // What is there of each agent's numbers, and what is missing and why: see audit-tables.ts.
  createAuditTables,
  // Names in the order in which people read them: see name-order.ts. Filled when the database is opened.
  () => [
    `ALTER TABLE host ADD COLUMN name_order VARCHAR(255)`,
    `CREATE INDEX host_by_name_order ON host (name_order, name)`,
  ],
  // How new hosts join: see enrolment-tables.ts.
  createEnrolmentTables,
  // What ran when the problem of an event began (JSON).
  ({ text }) => [`ALTER TABLE event ADD COLUMN processes ${text}`],
  // Names that hosts had before they were renamed, under which their agents go on.
  ({ integer, plain }) => [
    `CREATE TABLE former_name (
      name VARCHAR(255) NOT NULL PRIMARY KEY,
      host ${integer} NOT NULL
    ) ${plain}`,
    `CREATE INDEX former_name_by_host ON former_name (host)`,
  ],
  // Names for pages with their filters. `user` is 0 where the user of a shared one was deleted.
  ({ id, integer, plain }) => [
    `CREATE TABLE saved_view (
      id ${id},
      user ${integer} NOT NULL,
      name VARCHAR(100) NOT NULL,
      path VARCHAR(1000) NOT NULL,
      is_shared ${integer} NOT NULL
    ) ${plain}`,
    `CREATE INDEX saved_view_by_user ON saved_view (user)`,
  ],
  // Chunks have summaries from here on, which programs before would take for damage: they must not open them.
  () => [],
  // Outages of a host by their end, however many there were before.
  () => [`CREATE INDEX event_by_host_end ON event (host, metric, closed)`],
  // Whether a person gave the host its name: then its agent gives it no other.
  ({ integer }) => [
    `ALTER TABLE host ADD COLUMN is_name_given ${integer} NOT NULL DEFAULT 0`,
    `UPDATE host SET is_name_given = 1 WHERE EXISTS (SELECT 1 FROM former_name WHERE former_name.host = host.id)`,
  ],
  // Version of a host's agent, what it takes for the server's certificate, and what let it in (JSON).
  ({ text }) => [`ALTER TABLE host ADD COLUMN program ${text}`],
  // Whether the database was restored since a row of numbers was heard of: see audit-tables.ts.
  ({ integer }) => [
    `ALTER TABLE agent_queue ADD COLUMN is_restored ${integer} NOT NULL DEFAULT 0`,
    `DELETE FROM counter WHERE name = 'restored'`,
  ],
  // Holes that are too old, without reading those that are not.
  () => [`CREATE INDEX data_gap_by_time ON data_gap (noted)`],
  // Groups that a token is limited to (JSON); NULL for none.
  ({ text }) => [`ALTER TABLE token ADD COLUMN within_groups ${text}`],
  // Events of a host by their end, with all that its states need: without a look at the rows, however old the host is.
  ({ dropIndex }) => [
    `CREATE INDEX event_by_host_span ON event (host, closed, opened, severity, metric)`,
    dropIndex('event', 'event_by_host_end'),
  ],
  // Chunks may refer to others from here on, which programs before would take for damage: they must not open them.
  () => [],
  thinEventIndexes,
  spareIndexes,
  // Hosts by address are sorted when a page of the list wants that, like those by domain. Names whose place
  // is the same, as of web1 and web01, come by id. Days are searched while nobody has counted them.
  ({ dropIndex, narrowIndex }) => [
    dropIndex('host', 'host_by_ip'),
    dropIndex('host', 'host_by_name_order'),
    'CREATE INDEX host_by_name_order ON host (name_order)',
    ...narrowIndex('sample_day', 'sample_day_by_count', { columns: ['day'], where: 'counted IS NULL' }),
  ],
]

/** The schema that this program reads and writes. */
export const SCHEMA_VERSION = STEPS.length

/** What one step does, in order. */
export function listStatements(dialect: Dialect, number: number): readonly string[] {
  return STEPS[number - 1]?.(dialect) ?? []
}

export class NewerSchemaError extends Error {
  constructor(found: number) {
    super(
      `the database has schema ${found}, this program knows up to ${SCHEMA_VERSION}: ` +
        'start the newer program that wrote it, or restore a backup made before the upgrade',
    )
    this.name = 'NewerSchemaError'
  }
}

/**
 * Brings the schema up to `target`, all in one transaction that holds the right to write: of several
 * processes that start at once the first does it and the others find it done. Returns the numbers of the
 * steps taken. `appliedAt` is seconds since 1970.
 */
export function migrate(database: Database, appliedAt: number, target = SCHEMA_VERSION): Promise<number[]> {
  return database.transaction(async (transaction) => {
    const { dialect } = database
    await transaction.run(
      `CREATE TABLE IF NOT EXISTS migration (
        number ${dialect.integer} NOT NULL PRIMARY KEY,
        applied ${dialect.integer} NOT NULL
      ) ${dialect.plain}`,
    )
    const found = await readSchemaVersion(transaction)
    if (found > SCHEMA_VERSION) throw new NewerSchemaError(found)
    const taken: number[] = []
    for (let number = found + 1; number <= target; number++) {
      await takeStep(transaction, dialect, number, appliedAt)
      taken.push(number)
    }
    return taken
  })
}

async function takeStep(transaction: Transaction, dialect: Dialect, number: number, appliedAt: number) {
  try {
    for (const statement of listStatements(dialect, number)) await transaction.run(statement)
    await transaction.run('INSERT INTO migration (number, applied) VALUES (?, ?)', [number, appliedAt])
  } catch (cause) {
    throw new Error(`step ${number} of the database schema failed; nothing was changed`, { cause })
  }
}

/** The newest step recorded; 0 when there is none. The table `migration` must be there. */
export async function readSchemaVersion(transaction: Pick<Transaction, 'query'>): Promise<number> {
  const [row] = await transaction.query<{ newest: number | null }>(
    'SELECT MAX(number) AS newest FROM migration',
  )
  return row?.newest ?? 0
}
