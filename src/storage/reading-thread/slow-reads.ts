import type { EventQuery, HostQuery, Store } from '../ports/store.ts'
import type { SlowReads } from './messages.ts'
import { packSpans, unpackOutages } from './packed-outages.ts'
import type { ReadCost, SampleRead } from './read-cost.ts'

/** Spans of samples in seconds that cost more than it costs to ask another thread, however few samples a host has. */
const LONG_SPAN = 10 * 86_400
const LONG_SPAN_OF_MANY = 2 * 86_400

/**
 * The store, with the reads that may take long on the thread. `settle` writes what the store's own buffers
 * hold, which the thread does not see.
 */
export function withSlowReads(
  store: Store,
  thread: SlowReads,
  { settle, cost }: { readonly settle: () => Promise<void>; readonly cost: ReadCost },
): Store {
  const { hosts, events, samples, audit } = store
  const pick = async (read: SampleRead, isLong: boolean) =>
    isLong || (await cost.isHigh(read)) ? thread : samples
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
        isLongSearch(spans.length, to - from)
          ? unpackOutages(await thread.listOutages(packSpans(spans), from, to))
          : events.listOutages(spans, from, to),
    },
    samples: {
      ...samples,
      async range(host, metric, from, to) {
        const read = { host, metrics: 1, from, to }
        const found = await (await pick(read, to - from > LONG_SPAN)).range(host, metric, from, to)
        cost.learn(host, found.times)
        return found
      },
      async ranges(host, metrics, from, to) {
        const read = { host, metrics: metrics.length, from, to }
        return (await pick(read, to - from > LONG_SPAN_OF_MANY)).ranges(host, metrics, from, to)
      },
      async summarize(host, metrics, picture) {
        const read = { host, metrics: metrics.length, from: picture.from, to: picture.to }
        return (await pick(read, isLongPicture(read))).summarize(host, metrics, picture)
      },
    },
    // Its total is counted, and its pages are passed over, row by row.
    audit: { ...audit, list: thread.listAudit },
  }
}

/** Some 90,000 samples at one a minute, which may all have to be decoded: 5 ms. */
const LONG_PICTURE = 60 * 86_400

const isLongPicture = ({ metrics, from, to }: SampleRead) => (to - from) * metrics > LONG_PICTURE

/**
 * Each page of a host reads its outages of a month, some thousand events of one index at the most: that takes less than to
 * ask the thread, which without another read would not even be there.
 */
const SHORT_SEARCH = 31 * 86_400

const isLongSearch = (hosts: number, seconds: number) => hosts > 1 || seconds > SHORT_SEARCH

/** What no index has: values of the newest frames, texts, and how many rows there are up to one. */
const isSlowList = ({ sort, search, offset = 0 }: HostQuery) =>
  offset > 1000 ||
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
  const { status, acknowledged, words = [], metricWords = [], hostPart, offset = 0 } = query
  return (
    words.length > 0 ||
    metricWords.length > 0 ||
    hostPart !== undefined ||
    offset > 1000 ||
    (status !== 'open' && (isOfGroups(query) || acknowledged !== undefined))
  )
}

/** Events of many hosts are looked for along the times of all. */
const isOfGroups = ({ host, group, facets = [], withinGroups }: EventQuery) =>
  host === undefined && (group !== undefined || facets.length > 0 || withinGroups !== undefined)
