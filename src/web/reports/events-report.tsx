/** @jsxImportSource #markup */
import { isSeverity, SEVERITY_NAMES } from '../../domain/event.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import { type EventView, viewEvents } from '../problems/event-view.ts'
import { capitalize, eventPath, hostPath, stampLabel } from '../ui/components.tsx'
import { formatCount, formatDuration, formatIso } from '../ui/format.ts'
import { severityMark } from '../ui/icons.tsx'
import { cutWords, listAll, type Report } from './report.ts'

/** Events whose hosts are looked up together. */
const AT_ONCE = 250

export const eventsReport: Report = {
  key: 'events',
  title: 'Open events',
  doc: 'Everything that is wrong now, worst first.',
  hasPeriod: false,
  async load({ web, now, group }) {
    const { items, isCut } = await listAll(
      async (offset, limit) =>
        (await web.store.events.list({ ...group, status: 'open', offset, limit })).events,
    )
    const events = items.toSorted((a, b) => a.severity - b.severity || b.opened - a.opened)
    const views: EventView[] = []
    for (let at = 0; at < events.length; at += AT_ONCE) {
      views.push(...(await viewEvents(events.slice(at, at + AT_ONCE), web, now)))
      // A batch of this many events takes some milliseconds: other requests are served in between.
      await yieldThread()
    }
    const rows = views.map(({ event, problem }) => ({
      id: event.id,
      severity: SEVERITY_NAMES[event.severity],
      severity_number: event.severity,
      host: event.host,
      is_host: event.members.length === 0 ? 1 : 0,
      metric: event.metric,
      problem: problem.text,
      message: event.message,
      opened: formatIso(event.opened),
      opened_seconds: event.opened,
      open_seconds: now - event.opened,
      acknowledged_by: event.acknowledgedBy,
    }))
    return {
      rows,
      lead: cutWords(isCut) + formatCount(rows.length, 'open event'),
      empty: 'All clear.',
      columns: [
        {
          key: 'severity',
          name: 'Severity',
          show: ({ severity_number: severity }) =>
            isSeverity(severity) ? (
              <span class="status">
                {severityMark(severity)} {capitalize(SEVERITY_NAMES[severity])}
              </span>
            ) : null,
        },
        {
          key: 'host',
          name: 'Host',
          namesRow: true,
          show: ({ host, is_host: isHost }) =>
            isHost === 1 ? <a href={hostPath(String(host))}>{host}</a> : host,
        },
        {
          key: 'problem',
          name: 'Event',
          show: ({ id, problem }) => (
            <a class="plain" href={eventPath(Number(id))}>
              {problem}
            </a>
          ),
        },
        { key: 'message', name: null },
        { key: 'metric', name: null },
        { key: 'opened', name: 'Opened', show: (row) => stampLabel(Number(row.opened_seconds)) },
        {
          key: 'open_seconds',
          name: 'Open for',
          isNumber: true,
          show: (row) => formatDuration(Number(row.open_seconds)),
        },
        { key: 'acknowledged_by', name: 'Acknowledged by' },
        { key: 'id', name: null },
      ],
    }
  },
}
