/** A column that holds the number of a row of another table; 0 means none. */
export type TableReference = {
  readonly column: string
  readonly table: string
  /** The row stays when the one it names is deleted: what was sent outlives the event and the rule. */
  readonly mayOutlive?: true
}

export type Table = {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: readonly TableReference[]
  /**
   * Whether `db copy` copies its rows. The others belong to one database or describe the processes that use
   * it.
   */
  readonly isCopied: boolean
}

const table = (
  name: string,
  columns: string,
  { references = [], isCopied = true }: Partial<Pick<Table, 'references' | 'isCopied'>> = {},
): Table => ({ name, columns: columns.split(' '), references, isCopied })

const toHost: TableReference = { column: 'host', table: 'host' }
const toUser: TableReference = { column: 'user', table: 'user' }

/**
 * Every table of the schema, as the newest migration leaves it. Deleting a host, `db check` and `db copy` use
 * this list, and a test compares it with the database that the migrations make, on SQLite and on MariaDB.
 */
export const TABLES: readonly Table[] = [
  table(
    'agent_queue',
    'id host name since first_number newest waiting accounted present repeated last_time is_restored',
    { references: [toHost] },
  ),
  table('agent_run', 'host run queue started', {
    references: [toHost, { column: 'queue', table: 'agent_queue' }],
  }),
  table('audit', 'id time actor way address action detail'),
  table('block', 'day host first_time last_time samples revision first_chunk metrics times checksum', {
    references: [toHost],
  }),
  table('chunk', 'id packed'),
  table('counter', 'name value', { isCopied: false }),
  table(
    'data_gap',
    'id host queue first_number last_number reason from_time to_time amount noted is_reported',
    { references: [toHost, { column: 'queue', table: 'agent_queue' }] },
  ),
  table('delivery', 'id notification time is_delivered answer', {
    references: [{ column: 'notification', table: 'outbox' }],
  }),
  table('engine_memory', 'name value'),
  table('enrolment', 'id code_hash host created expires uses actor'),
  table(
    'event',
    'id host metric uid change_number severity is_open closed_by_hand message opened closed ' +
      'acknowledged_by acknowledged is_stale seen_open members end_unknown value ' +
      'processes',
    { references: [toHost] },
  ),
  table('event_history', 'id event time action severity actor noted comment_text', {
    references: [{ column: 'event', table: 'event' }],
  }),
  table('event_todo', 'history event opened changed snapshot', {
    references: [{ column: 'event', table: 'event', mayOutlive: true }],
  }),
  table('former_name', 'name host', { references: [toHost] }),
  table('frame', 'time host samples packed', { references: [toHost] }),
  table(
    'host',
    'id name ip ip_order platform build architecture domain processors memory_mb search_text ' +
      'first_seen last_seen clock_skew latest_time latest key_hash event_lock said_groups given_groups mounts name_order ' +
      'agent spellings is_released is_name_given program',
  ),
  table('host_group', 'name host', { references: [toHost] }),
  table('host_metric_set', 'host metric_set last_day', {
    references: [toHost, { column: 'metric_set', table: 'metric_set' }],
  }),
  table('host_threshold', 'host digest packed', { references: [toHost] }),
  table('late_frame', 'host time samples packed', { references: [toHost] }),
  table('lease', 'name holder ends', { isCopied: false }),
  table('maintenance_window', 'id name host schedule'),
  table('metric', 'id name'),
  table('metric_set', 'id digest metrics'),
  table('migration', 'number applied', { isCopied: false }),
  table('notified', 'event rule since opening closing severity last_notified recheck_at', {
    references: [
      { column: 'event', table: 'event', mayOutlive: true },
      { column: 'rule', table: 'rule' },
    ],
  }),
  table(
    'outbox',
    'id uid event rule rule_name kind channel target snapshot created due attempts digest state uncertain',
    {
      references: [
        { column: 'event', table: 'event', mayOutlive: true },
        { column: 'rule', table: 'rule', mayOutlive: true },
      ],
    },
  ),
  table('receipt', 'id packed'),
  table('recovery_code', 'user code_hash', { references: [toUser] }),
  table('rejection', 'host minute reason amount', { references: [toHost] }),
  table(
    'rule',
    'id name enabled host metric severities on_opening on_closing on_severity_change channel target delay_seconds repeat_seconds',
  ),
  table('sample_day', 'host day acknowledged counted is_mixed', { references: [toHost] }),
  table('saved_view', 'id user name path is_shared', { references: [toUser] }),
  table('second_factor', 'user secret last_step since', { references: [toUser] }),
  table('session', 'token_hash user created expires address browser', { references: [toUser] }),
  table('target', 'id name channel address'),
  table('token', 'id name user token_hash created expires last_used access within_groups', {
    references: [toUser],
  }),
  table('user', 'id name access password_hash created last_sign_in preferences'),
  table('waiting_frame', 'host time samples packed', { references: [toHost] }),
  table('waiting_host', 'name key_hash ip build first_seen last_seen is_refused'),
  table('write_lock', 'id passes', { isCopied: false }),
]

const byName = new Map(TABLES.map((one) => [one.name, one]))

/** False for tables that are not declared: they are another program's. */
export const isCopied = (name: string): boolean => byName.get(name)?.isCopied ?? false
