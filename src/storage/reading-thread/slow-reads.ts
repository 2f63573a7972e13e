import type { EventQuery, HostQuery, Store } from '../ports/store.ts'
import type { SlowReads } from './messages.ts'
import { packSpans, unpackOutages } from './packed-outages.ts'

/** Spans of samples in seconds that cost more than it costs to ask another thread. */
const LONG_SPAN = 10 * 86_400
const LONG_SPAN_OF_MANY = 2 * 86_400

/**
 * The store, with the reads that may take long on the thread. `settle` writes what the store's own buffers
 * hold, which the thread does not see.
 */
export function withSlowReads(store: Store, thread: SlowReads, settle: () => Promise<void>): Store {
  const { hosts, events, samples, audit } = store
  return {
    ...store,
    hosts: {
      ...hosts,
      async list(query) {
        if (!isSlowList(query)) return hosts.list(query)
        await settle()
        return thread.listHosts(query)
      },
    },
    events: {
      ...events,
      list: (query) => (isSlowSearch(query) ? thread.listEvents(query) : events.list(query)),
      countBySeverity: (query) =>
        query.status === 'open' ? events.countBySeverity(query) : thread.countBySeverity(query),
      listOutages: async (spans, from, to) =>
        unpackOutages(await thread.listOutages(packSpans(spans), from, to)),
    },
    samples: {
      ...samples,
      range: (host, metric, from, to) =>
        (to - from > LONG_SPAN ? thread : samples).range(host, metric, from, to),
      ranges: (host, metrics, from, to) =>
        (to - from > LONG_SPAN_OF_MANY ? thread : samples).ranges(host, metrics, from, to),
      summarize: (host, metrics, picture) =>
        (isLongPicture(metrics.length, picture) ? thread : samples).summarize(host, metrics, picture),
    },
    audit: {
      ...audit,
      list: (query) => (query.search === undefined ? audit.list(query) : thread.listAudit(query)),
    },
  }
}

/** Some 90,000 samples, which may all have to be decoded: 5 ms. */
const LONG_PICTURE = 60 * 86_400

const isLongPicture = (metrics: number, { from, to }: { readonly from: number; readonly to: number }) =>
  (to - from) * metrics > LONG_PICTURE

/** What no index has: values of the newest frames, and texts. */
const isSlowList = ({ sort, search }: HostQuery) =>
  (search !== undefined && search !== '') ||
  sort === 'processor' ||
  sort === 'memory' ||
  sort === 'disk' ||
  sort === 'network' ||
  sort === 'events' ||
  sort === 'ip' ||
  sort === 'domain' ||
  sort === 'platform'

const isSlowSearch = (query: EventQuery) => {
  const { status, acknowledged, words = [], metricWords = [], hostPart, group, offset = 0 } = query
  return (
    words.length > 0 ||
    metricWords.length > 0 ||
    hostPart !== undefined ||
    offset > 1000 ||
    (status !== 'open' && (group !== undefined || acknowledged !== undefined))
  )
}
