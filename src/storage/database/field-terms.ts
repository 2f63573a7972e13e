import type { Dialect } from './dialect.ts'

/**
 * Gives tables, columns and counters the words that the field uses. Renaming is instant on every database.
 */
export function renameToFieldTerms({ renameIndex }: Dialect): readonly string[] {
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
