import { type Event, isSeverity } from '../../domain/event.ts'
import { MAX_HOST_NAME } from '../../domain/host.ts'
import { page } from '../page.ts'
import { readChoice, readInteger, readPaging, readText } from './query.ts'

export const apiEvents = page({ path: '/api/v1/events', access: 'viewer' }, async ({ url, web }) => {
  const status = readChoice(url, 'status', ['open', 'closed'])
  const host = readText(url, 'host', MAX_HOST_NAME)
  const severity = readInteger(url, 'severity', { min: 1, max: 4, default: null })
  const { total, events } = await web.store.events.list({
    ...readPaging(url),
    ...(status === undefined ? {} : { status }),
    ...(host === undefined ? {} : { host }),
    ...(isSeverity(severity) ? { severity } : {}),
  })
  return Response.json({ total, events: events.map(describeEvent) })
})

/** An event in the API's words. */
export function describeEvent(event: Event) {
  return {
    id: event.id,
    host: event.host,
    metric: event.metric,
    severity: event.severity,
    status: event.status,
    message: event.message,
    opened: event.opened,
    closed: event.closed,
    acknowledged_by: event.acknowledgedBy,
  }
}
