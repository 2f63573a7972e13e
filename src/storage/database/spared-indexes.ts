import type { Dialect } from './dialect.ts'

/**
 * Step of the schema. Each table and each index has a page of its own, however little it holds: in a small database they are
 * a sixth of the file.
 *
 * - Saved views and tokens of a user are found in tables that stay small.
 * - Hosts by domain or by platform are sorted when a page of the list wants that.
 * - Names of rules, windows and targets are compared before one is written, in a transaction that on SQLite is the only one
 *   that writes; codes of enrolments are random. There these tables need no index that keeps them unique.
 */
export const spareIndexes = ({
  id,
  integer,
  text,
  clustered,
  dropIndex,
  remakeTable,
}: Dialect): readonly string[] => [
  dropIndex('saved_view', 'saved_view_by_user'),
  dropIndex('token', 'token_by_user'),
  dropIndex('host', 'host_by_domain'),
  dropIndex('host', 'host_by_platform'),
  ...remakeTable('rule', {
    id,
    name: 'VARCHAR(100) NOT NULL',
    enabled: `${integer} NOT NULL`,
    host: 'VARCHAR(300) NOT NULL',
    metric: 'VARCHAR(300) NOT NULL',
    severities: 'VARCHAR(16) NOT NULL',
    on_opening: `${integer} NOT NULL`,
    on_closing: `${integer} NOT NULL`,
    on_severity_change: `${integer} NOT NULL`,
    channel: 'VARCHAR(32) NOT NULL',
    target: `${text} NOT NULL`,
    delay_seconds: `${integer} NOT NULL`,
    repeat_seconds: integer,
  }),
  ...remakeTable('maintenance_window', {
    id,
    name: 'VARCHAR(100) NOT NULL',
    host: 'VARCHAR(300) NOT NULL',
    schedule: `${text} NOT NULL`,
  }),
  ...remakeTable('target', {
    id,
    name: 'VARCHAR(100) NOT NULL',
    channel: 'VARCHAR(32) NOT NULL',
    address: `${text} NOT NULL`,
  }),
  ...remakeTable('enrolment', {
    id,
    code_hash: 'VARCHAR(64) NOT NULL',
    host: 'VARCHAR(253)',
    created: `${integer} NOT NULL`,
    expires: `${integer} NOT NULL`,
    uses: `${integer} NOT NULL`,
    actor: 'VARCHAR(255) NOT NULL',
  }),
  ...remakeTable(
    'former_name',
    { name: 'VARCHAR(255) NOT NULL PRIMARY KEY', host: `${integer} NOT NULL` },
    { end: clustered, indexes: ['CREATE INDEX former_name_by_host ON former_name (host)'] },
  ),
]
