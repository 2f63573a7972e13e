import { createAuditTables } from './audit-tables.ts'
import type { Database, Transaction } from './database.ts'
import type { Dialect } from './dialect.ts'
import { createEnrolmentTables } from './enrolment-tables.ts'
import { createNotificationTables } from './notification-tables.ts'
import { createWriteLockTables } from './write-locks.ts'

/**
 * A step changes the schema by one number. Steps are never edited after a release: a mistake is put right by
 * the next one.
 *
 * - `frame` holds what was written lately, one row for a host and a time. Its key begins with the time, so
 *   that every write goes to the end of the tree. No foreign key: it would cost a look-up a row;
 *   `counter.removed` guards instead.
 * - `late_frame` takes frames older than `counter.fold_before`: what lies below that in `frame` is being
 *   folded or gone, and no longer changes. What is late belongs to single hosts, so here the host comes
 *   first.
 * - `block` holds a folded day (UTC, counted from 1970) of a host: the list of its metrics and the lists of
 *   times that they share. Its key begins with the day: folding appends, retention cuts off the front.
 * - `segment` holds the values of one metric of a block. The ids of a block's segments follow each other from
 *   `first_segment` on, in the order of `metrics`, so that they need no index. No clustered key of several
 *   columns: SQLite would send every value above a quarter of a page to a page of its own.
 * - `host_layout` says which lists of metrics a host has used and up to which day, so that its metrics are
 *   known without reading samples.
 * - `counter` holds `revision`, which grows with every packet heard and every change of groups, and
 *   `removed`, which grows when a host or a layout was deleted, so that other processes forget the ids they
 *   keep in memory; the other three belong to folding.
 */
const STEPS: readonly ((dialect: Dialect) => readonly string[])[] = [
  ({ id, integer, blob, text, clustered, plain }) => [
    `CREATE TABLE counter (name VARCHAR(32) NOT NULL PRIMARY KEY, value ${integer} NOT NULL) ${clustered}`,
    `INSERT INTO counter (name, value) VALUES ('revision', 0), ('removed', 0), ('fold_before', 0), ('fold_host', -1),
      ('next_segment', 1)`,
    `CREATE TABLE metric (id ${id}, name VARCHAR(255) NOT NULL UNIQUE) ${plain}`,
    `CREATE TABLE layout (id ${id}, digest VARCHAR(64) NOT NULL UNIQUE, metrics ${blob} NOT NULL) ${plain}`,
    `CREATE TABLE host (
      id ${id},
      name VARCHAR(253) NOT NULL UNIQUE,
      ip VARCHAR(64) NOT NULL,
      ip_order VARCHAR(64) NOT NULL,
      platform VARCHAR(64) NOT NULL,
      build VARCHAR(255) NOT NULL,
      architecture VARCHAR(64) NOT NULL,
      domain VARCHAR(253) NOT NULL,
      processors ${integer} NOT NULL,
      memory_mb DOUBLE PRECISION NOT NULL,
      search_text ${text} NOT NULL,
      first_heard ${integer} NOT NULL,
      last_heard ${integer} NOT NULL,
      clock_skew ${integer},
      latest_time ${integer} NOT NULL,
      latest ${blob}
    ) ${plain}`,
    `CREATE INDEX host_by_heard ON host (last_heard, name)`,
    `CREATE INDEX host_by_ip ON host (ip_order, name)`,
    `CREATE INDEX host_by_domain ON host (domain, name)`,
    `CREATE INDEX host_by_platform ON host (platform, name)`,
    `CREATE TABLE host_layout (
      host ${integer} NOT NULL,
      layout ${integer} NOT NULL,
      last_day ${integer} NOT NULL,
      PRIMARY KEY (host, layout)
    ) ${clustered}`,
    `CREATE TABLE frame (
      time ${integer} NOT NULL,
      host ${integer} NOT NULL,
      samples ${integer} NOT NULL,
      packed ${blob} NOT NULL,
      PRIMARY KEY (time, host)
    ) ${clustered}`,
    `CREATE TABLE late_frame (
      host ${integer} NOT NULL,
      time ${integer} NOT NULL,
      samples ${integer} NOT NULL,
      packed ${blob} NOT NULL,
      PRIMARY KEY (host, time)
    ) ${clustered}`,
    `CREATE TABLE block (
      day ${integer} NOT NULL,
      host ${integer} NOT NULL,
      first_time ${integer} NOT NULL,
      last_time ${integer} NOT NULL,
      samples ${integer} NOT NULL,
      revision ${integer} NOT NULL,
      first_segment ${integer} NOT NULL,
      metrics ${blob} NOT NULL,
      times ${blob} NOT NULL,
      PRIMARY KEY (day, host)
    ) ${clustered}`,
    `CREATE TABLE segment (id ${integer} NOT NULL PRIMARY KEY, packed ${blob} NOT NULL) ${plain}`,
    `CREATE TABLE event (
      id ${id},
      host ${integer} NOT NULL,
      metric VARCHAR(255) NOT NULL,
      uid VARCHAR(128),
      change_number ${integer} NOT NULL,
      severity ${integer} NOT NULL,
      is_open ${integer} NOT NULL,
      closed_by_hand ${integer} NOT NULL,
      message ${text} NOT NULL,
      opened ${integer} NOT NULL,
      closed ${integer},
      acknowledged_by VARCHAR(255)
    ) ${plain}`,
    `CREATE UNIQUE INDEX event_by_uid ON event (host, uid)`,
    `CREATE INDEX event_by_host ON event (host, metric, opened)`,
    `CREATE INDEX event_by_opened ON event (opened)`,
    `CREATE INDEX event_by_status ON event (is_open, opened)`,
    `CREATE INDEX event_by_state ON event (is_open, severity, opened)`,
    `CREATE INDEX event_by_closed ON event (is_open, closed)`,
    `CREATE TABLE event_history (
      id ${id},
      event ${integer} NOT NULL,
      time ${integer} NOT NULL,
      action VARCHAR(16) NOT NULL,
      severity ${integer} NOT NULL,
      actor VARCHAR(255)
    ) ${plain}`,
    `CREATE INDEX event_history_by_event ON event_history (event)`,
    `CREATE TABLE user (
      id ${id},
      name VARCHAR(255) NOT NULL UNIQUE,
      access VARCHAR(16) NOT NULL,
      password_hash VARCHAR(255) NOT NULL,
      created ${integer} NOT NULL,
      last_sign_in ${integer}
    ) ${plain}`,
    `CREATE TABLE session (
      token_hash VARCHAR(64) NOT NULL PRIMARY KEY,
      user ${integer} NOT NULL,
      created ${integer} NOT NULL,
      expires ${integer} NOT NULL
    ) ${clustered}`,
    `CREATE INDEX session_by_user ON session (user)`,
    `CREATE INDEX session_by_expires ON session (expires)`,
    `CREATE TABLE token (
      id ${id},
      name VARCHAR(255) NOT NULL,
      user ${integer} NOT NULL,
      token_hash VARCHAR(64) NOT NULL UNIQUE,
      created ${integer} NOT NULL,
      expires ${integer},
      last_used ${integer}
    ) ${plain}`,
    `CREATE INDEX token_by_user ON token (user)`,
  ],
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
]

/**
 * Gives tables, columns and counters the words that the field uses. Renaming is instant on every database.
 */
function renameToFieldTerms({ renameIndex }: Dialect): readonly string[] {
  const column = (table: string, from: string, to: string) =>
    `ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`
  const counter = (from: string, to: string) => `UPDATE counter SET name = '${to}' WHERE name = '${from}'`
  return [
    `ALTER TABLE layout RENAME TO metric_set`,
    `ALTER TABLE host_layout RENAME TO host_metric_set`,
    column('host_metric_set', 'layout', 'metric_set'),
    `ALTER TABLE segment RENAME TO chunk`,
    column('block', 'first_segment', 'first_chunk'),
    column('host', 'first_heard', 'first_seen'),
    column('host', 'last_heard', 'last_seen'),
    column('host', 'event_turn', 'event_lock'),
    ...renameIndex('host', 'host_by_heard', 'host_by_seen', ['last_seen', 'name']),
    `ALTER TABLE told RENAME TO notified`,
    column('notified', 'last_told', 'last_notified'),
    column('notified', 'look_again', 'recheck_at'),
    ...renameIndex('notified', 'told_by_look', 'notified_by_recheck', ['recheck_at']),
    ...renameIndex('notified', 'told_by_rule', 'notified_by_rule', ['rule']),
    column('delivery', 'notice', 'notification'),
    column('delivery', 'is_taken', 'is_delivered'),
    ...renameIndex('delivery', 'delivery_by_notice', 'delivery_by_notification', ['notification']),
    `ALTER TABLE gate RENAME TO write_lock`,
    counter('fold_before', 'compact_before'),
    counter('fold_host', 'compact_host'),
    counter('next_segment', 'next_chunk'),
    counter('maintenance_turn', 'maintenance_lock'),
  ]
}

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
