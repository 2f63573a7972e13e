import { findMaintenanceErrors } from '../../domain/notifications/rule-check.ts'
import { describeMaintenance } from '../../domain/time/maintenance-json.ts'
import {
  type MaintenanceSchedule,
  type MaintenanceWindow,
  parseTimeOfDay,
} from '../../domain/time/maintenance-window.ts'
import { HttpError, type WebRequest } from '../http/route.ts'
import { type BodyReader, readBody } from './request-body.ts'
import { resource } from './resource.ts'

/** Maintenance windows and quiet hours. */
export const apiMaintenanceWindows = resource<MaintenanceWindow>({
  path: '/api/v1/maintenance-windows',
  one: 'maintenance window',
  many: 'maintenance_windows',
  read: 'viewer',
  write: 'operator',
  store: ({ store }) => store.maintenanceWindows,
  describe: describeMaintenance,
  parse: async ({ body, web }: WebRequest) => {
    const fields = readBody(body)
    const window = {
      name: fields.text('name'),
      host: fields.text('host', '%'),
      when: readTime(fields.inside('when'), web.zone),
    }
    fields.finish(findMaintenanceErrors(window))
    return window
  },
  hostOf: ({ host }) => host,
  remove: ({ store }, id) => store.maintenanceWindows.delete(id),
})

function readTime(when: BodyReader, zone: string): MaintenanceSchedule {
  const kind = when.text('kind')
  if (kind === 'once') return { kind, from: when.number('from'), to: when.number('to') }
  if (kind !== 'daily' && kind !== 'weekly' && kind !== 'monthly')
    throw new HttpError(400, 'when.kind: expected one of once, daily, weekly, monthly')
  const hours = {
    // A malformed time of day becomes -1, which the check rejects.
    start: parseTimeOfDay(when.text('start')) ?? -1,
    end: parseTimeOfDay(when.text('end')) ?? -1,
    zone: when.text('zone', zone),
  }
  return kind === 'daily' ? { kind, ...hours } : { kind, ...hours, days: when.numbers('days') }
}
