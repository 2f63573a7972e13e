import type { Severity } from '../../domain/event.ts'
import type { Rule } from '../../domain/notifications/rule.ts'
import type { Target } from '../../domain/notifications/target.ts'
import type { MaintenanceSchedule, MaintenanceWindow } from '../../domain/time/maintenance-window.ts'
import type { Database } from '../database/database.ts'
import { createNamedRows } from '../database/named-table.ts'
import type { MaintenanceWindowStore, RuleStore, TargetStore } from '../ports/store.ts'

type RuleRow = {
  id: number
  name: string
  enabled: number
  host: string
  metric: string
  severities: string
  on_opening: number
  on_closing: number
  on_severity_change: number
  channel: string
  target: string
  delay_seconds: number
  repeat_seconds: number | null
}

const flag = (value: boolean) => (value ? 1 : 0)

export function createRuleStore(database: Database): RuleStore {
  return {
    ...createNamedRows<Rule, RuleRow>(database, {
      table: 'rule',
      columns: [
        'name',
        'enabled',
        'host',
        'metric',
        'severities',
        'on_opening',
        'on_closing',
        'on_severity_change',
        'channel',
        'target',
        'delay_seconds',
        'repeat_seconds',
      ],
      toValues: (rule) => [
        rule.name,
        flag(rule.enabled),
        rule.host,
        rule.metric,
        rule.severities.join(','),
        flag(rule.onOpening),
        flag(rule.onClosing),
        flag(rule.onSeverityChange),
        rule.channel,
        rule.target,
        rule.delay,
        rule.repeat,
      ],
      toThing: (row) => ({
        id: row.id,
        name: row.name,
        enabled: row.enabled === 1,
        host: row.host,
        metric: row.metric,
        severities: row.severities.split(',').map((digit) => Number(digit) as Severity),
        onOpening: row.on_opening === 1,
        onClosing: row.on_closing === 1,
        onSeverityChange: row.on_severity_change === 1,
        channel: row.channel,
        target: row.target,
        delay: row.delay_seconds,
        repeat: row.repeat_seconds,
      }),
    }),
    delete: (id) =>
      database.transaction(async (transaction) => {
        await transaction.run('DELETE FROM notified WHERE rule = ?', [id])
        return (await transaction.run('DELETE FROM rule WHERE id = ?', [id])) > 0
      }),
  }
}

export function createMaintenanceWindowStore(database: Database): MaintenanceWindowStore {
  return {
    ...createNamedRows<MaintenanceWindow, { id: number; name: string; host: string; schedule: string }>(
      database,
      {
        table: 'maintenance_window',
        columns: ['name', 'host', 'schedule'],
        toValues: ({ name, host, when }) => [name, host, JSON.stringify(when)],
        toThing: ({ schedule, ...rest }) => ({ ...rest, when: JSON.parse(schedule) as MaintenanceSchedule }),
      },
    ),
    delete: (id) =>
      database.transaction(
        async (transaction) =>
          (await transaction.run('DELETE FROM maintenance_window WHERE id = ?', [id])) > 0,
      ),
  }
}

export function createTargetStore(database: Database): TargetStore {
  return {
    ...createNamedRows<Target, Target>(database, {
      table: 'target',
      columns: ['name', 'channel', 'address'],
      toValues: ({ name, channel, address }) => [name, channel, address],
      toThing: (row) => row,
      async beforeUpdate(transaction, { id, name, channel }) {
        const [before] = await transaction.query<Target>('SELECT name, channel FROM target WHERE id = ?', [
          id,
        ])
        if (!before) return
        await transaction.run('UPDATE rule SET target = ?, channel = ? WHERE target = ? AND channel = ?', [
          name,
          channel,
          before.name,
          before.channel,
        ])
      },
    }),
    delete: (id) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<Target>('SELECT name, channel FROM target WHERE id = ?', [id])
        if (!row) return 'unknown'
        const users = await transaction.query(
          'SELECT id FROM rule WHERE target = ? AND channel = ? LIMIT 1',
          [row.name, row.channel],
        )
        if (users.length > 0) return 'used'
        await transaction.run('DELETE FROM target WHERE id = ?', [id])
        return 'deleted'
      }),
  }
}
