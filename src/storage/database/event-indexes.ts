import { AVAILABILITY } from '../../domain/metrics/declared/server-events.ts'
import type { Dialect } from './dialect.ts'

// The conditions of the narrow indexes; statements that want one of them have the same words.
const IS_OPEN = 'is_open = 1'
const IS_SEEN_OPEN = 'seen_open = 1'
const IS_UNFINISHED = `${IS_OPEN} OR ${IS_SEEN_OPEN}`
const IS_OVER = 'is_open = 0'
/**
 * Part of statements that want the index of outages, where a bound name of the metric would not do. The plus keeps the
 * index of all metrics out of it.
 */
export const IS_OUTAGE = `+metric = '${AVAILABILITY.name}'`

/**
 * Step of the schema. An event that is over is in fewer indexes than before: opening and closing one changes fewer pages,
 * and so does retention, which deletes old events from a different page of each host's part of an index.
 *
 * - What is asked of open events alone is in indexes that hold nothing else. `is_open` and `seen_open` differ after a
 *   closing or reopening by hand, so what may still change is either.
 * - `event_by_metric_end` is for outages, which are of one metric.
 * - Events of a host by their begin, with the metric, take the place of those by metric and by begin.
 * - Where closed ones are wanted in the order of time, nearly all are: the index by begin says whether an event is one.
 */
export const thinEventIndexes = ({ dropIndex, narrowIndex }: Dialect): readonly string[] => [
  dropIndex('event', 'event_by_host'),
  ...narrowIndex('event', 'event_by_seen', { columns: ['metric'], where: IS_SEEN_OPEN }),
  ...narrowIndex('event', 'event_by_metric_end', { columns: ['closed'], where: IS_OUTAGE }),
  ...narrowIndex('event', 'event_by_closed', { columns: ['closed'], where: IS_OVER }),
  ...narrowIndex('event', 'event_by_opened', { columns: ['opened', 'id', 'is_open'] }),
  ...narrowIndex('event', 'event_by_state', { columns: ['severity', 'opened'], where: IS_OVER }),
  ...narrowIndex('event', 'event_by_status', {
    columns: ['is_open', 'opened', 'id', 'severity', 'host'],
    where: IS_OPEN,
  }),
  ...narrowIndex('event', 'event_open_by_host', {
    columns: ['host', 'is_open', 'severity'],
    where: IS_UNFINISHED,
  }),
  'CREATE INDEX event_by_host_opened ON event (host, opened, id, metric)',
  dropIndex('event', 'event_by_host_time'),
]
