import type { Dialect } from './dialect.ts'

/**
 * What follows an event's change.
 *
 * - `event.seen_open` is what the reporter says, `is_open` what counts: they differ after a closing or
 *   reopening by hand. `host` is 0 in an event of several hosts, which `members` lists as JSON.
 * - `event_history.noted` is the server's clock, `time` that of whoever did it.
 * - `event_todo` is written with the history, in the transaction that changes the event: the promise that
 *   rules will be asked. `snapshot` is the event right after the change, as JSON. Not a number up to which
 *   all was asked: of several writers one that began earlier may commit later.
 * - `told` is what a rule was told of an event, and when to ask it again.
 * - `outbox` holds the notices, complete in themselves, so that no deletion loses one; `delivery` every
 *   attempt.
 */
export const createNotificationTables = (dialect: Dialect): readonly string[] => [
  ...changeEventTables(dialect),
  ...createRuleTables(dialect),
  ...createOutboxTables(dialect),
]

const changeEventTables = ({ integer, text, clustered }: Dialect): readonly string[] => [
  `ALTER TABLE event ADD COLUMN acknowledged ${integer}`,
  `ALTER TABLE event ADD COLUMN is_stale ${integer} NOT NULL DEFAULT 0`,
  `ALTER TABLE event ADD COLUMN seen_open ${integer} NOT NULL DEFAULT 0`,
  `ALTER TABLE event ADD COLUMN members ${text}`,
  `UPDATE event SET seen_open = is_open`,
  `CREATE INDEX event_by_seen ON event (seen_open, metric)`,
  `ALTER TABLE event_history ADD COLUMN noted ${integer}`,
  `ALTER TABLE event_history ADD COLUMN comment_text ${text}`,
  `UPDATE event_history SET noted = time`,
  `CREATE TABLE event_todo (
    history ${integer} NOT NULL PRIMARY KEY,
    event ${integer} NOT NULL,
    opened ${integer} NOT NULL,
    changed ${integer} NOT NULL,
    snapshot ${text} NOT NULL
  ) ${clustered}`,
  `CREATE INDEX event_todo_by_event ON event_todo (event, history)`,
]

const createRuleTables = ({ id, integer, text, clustered, plain }: Dialect): readonly string[] => [
  `CREATE TABLE rule (
    id ${id},
    name VARCHAR(100) NOT NULL UNIQUE,
    enabled ${integer} NOT NULL,
    host VARCHAR(300) NOT NULL,
    metric VARCHAR(300) NOT NULL,
    severities VARCHAR(16) NOT NULL,
    on_opening ${integer} NOT NULL,
    on_closing ${integer} NOT NULL,
    on_severity_change ${integer} NOT NULL,
    channel VARCHAR(32) NOT NULL,
    target ${text} NOT NULL,
    delay_seconds ${integer} NOT NULL,
    repeat_seconds ${integer}
  ) ${plain}`,
  `CREATE TABLE maintenance_window (
    id ${id},
    name VARCHAR(100) NOT NULL UNIQUE,
    host VARCHAR(300) NOT NULL,
    schedule ${text} NOT NULL
  ) ${plain}`,
  `CREATE TABLE target (
    id ${id},
    name VARCHAR(100) NOT NULL UNIQUE,
    channel VARCHAR(32) NOT NULL,
    address ${text} NOT NULL
  ) ${plain}`,
  `CREATE TABLE told (
    event ${integer} NOT NULL,
    rule ${integer} NOT NULL,
    since ${integer},
    opening ${integer} NOT NULL,
    closing ${integer} NOT NULL,
    severity ${integer},
    last_told ${integer},
    look_again ${integer},
    PRIMARY KEY (event, rule)
  ) ${clustered}`,
  `CREATE INDEX told_by_look ON told (look_again)`,
  `CREATE INDEX told_by_rule ON told (rule)`,
]

const createOutboxTables = ({ id, integer, text, clustered, plain }: Dialect): readonly string[] => [
  `CREATE TABLE outbox (
    id ${id},
    uid VARCHAR(64) NOT NULL UNIQUE,
    event ${integer} NOT NULL,
    rule ${integer} NOT NULL,
    rule_name VARCHAR(100) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    channel VARCHAR(32) NOT NULL,
    target ${text} NOT NULL,
    snapshot ${text} NOT NULL,
    created ${integer} NOT NULL,
    due ${integer} NOT NULL,
    attempts ${integer} NOT NULL,
    digest VARCHAR(64),
    state VARCHAR(8) NOT NULL
  ) ${plain}`,
  `CREATE INDEX outbox_by_state ON outbox (state, id)`,
  `CREATE INDEX outbox_by_event ON outbox (event)`,
  `CREATE INDEX outbox_by_created ON outbox (created)`,
  `CREATE TABLE delivery (
    id ${id},
    notice ${integer} NOT NULL,
    time ${integer} NOT NULL,
    is_taken ${integer} NOT NULL,
    answer ${text} NOT NULL
  ) ${plain}`,
  `CREATE INDEX delivery_by_notice ON delivery (notice)`,
  `CREATE INDEX delivery_by_time ON delivery (time)`,
  `CREATE TABLE engine_memory (name VARCHAR(32) NOT NULL PRIMARY KEY, value ${text} NOT NULL) ${clustered}`,
  `CREATE TABLE lease (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    holder VARCHAR(64) NOT NULL,
    ends ${integer} NOT NULL
  ) ${clustered}`,
]
