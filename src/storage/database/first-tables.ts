import type { Dialect } from './dialect.ts'

/**
 * The first step of the schema, in the words of its time (later steps rename).
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
export const createFirstTables = (dialect: Dialect): readonly string[] => [
  ...createSampleTables(dialect),
  ...createEventTables(dialect),
  ...createUserTables(dialect),
]

function createSampleTables({ id, integer, blob, text, clustered, plain }: Dialect): readonly string[] {
  return [
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
  ]
}

function createEventTables({ id, integer, text, plain }: Dialect): readonly string[] {
  return [
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
  ]
}

function createUserTables({ id, integer, clustered, plain }: Dialect): readonly string[] {
  return [
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
  ]
}
