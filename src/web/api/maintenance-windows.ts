import { parseTimeOfDay, type Window, type WindowTime } from '../../domain/maintenance-window.ts'
import { findWindowMistakes } from '../../domain/rule-check.ts'
import { HttpError, type PageRequest } from '../http/route.ts'
import { type BodyReader, readBody } from './request-body.ts'
import { resource } from './resource.ts'

/** Maintenance windows and quiet hours. */
export const apiWindows = resource<Window>({
  path: '/api/v1/windows',
  one: 'window',
  many: 'windows',
  read: 'viewer',
  write: 'operator',
  store: ({ store }) => store.windows,
  describe: describeWindow,
  parse: async ({ body, web }: PageRequest) => {
    const fields = readBody(body)
    const window = {
      name: fields.text('name'),
      host: fields.text('host', '%'),
      when: readTime(fields.inside('when'), web.zone),
    }
    fields.finish(findWindowMistakes(window))
    return window
  },
  remove: ({ store }, id) => store.windows.delete(id),
})

function readTime(when: BodyReader, zone: string): WindowTime {
  const kind = when.text('kind')
  if (kind === 'once') return { kind, from: when.number('from'), to: when.number('to') }
  if (kind !== 'daily' && kind !== 'weekly' && kind !== 'monthly')
    throw new HttpError(400, 'when.kind: expected one of once, daily, weekly, monthly')
  const hours = {
    // What is no time of day becomes one that the check refuses.
    start: parseTimeOfDay(when.text('start')) ?? -1,
    end: parseTimeOfDay(when.text('end')) ?? -1,
    zone: when.text('zone', zone),
  }
  return kind === 'daily' ? { kind, ...hours } : { kind, ...hours, days: when.numbers('days') }
}

function describeWindow({ id, name, host, when }: Window) {
  if (when.kind === 'once') return { id, name, host, when }
  return { id, name, host, when: { ...when, start: writeTime(when.start), end: writeTime(when.end) } }
}

const writeTime = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
