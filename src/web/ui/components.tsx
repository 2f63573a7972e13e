/** @jsxImportSource #markup */
import type { Severity } from '../../domain/event.ts'
import { SEVERITY_NAMES } from '../../domain/event.ts'
import type { HostState } from '../../domain/hosts/host-state.ts'
import { bar } from './bar.tsx'
import { formatAgo, formatClock, formatIso, formatNumber, formatStamp, formatValue } from './format.ts'
import { severityMark, statusMark } from './icons.tsx'
import type { Html } from './markup/html.ts'

/** Small pieces that several pages place. */

export const hostPath = (host: string) => `/hosts/${encodeURIComponent(host)}`
export const metricPath = (host: string, metric: string) =>
  `${hostPath(host)}/metrics/${encodeURIComponent(metric)}`

export const eventPath = (id: number) => `/events/${id}`

/** Longer names leave room for what they name. */
const LONG_TITLE = 100

/** The title of a page that is named by people or machines. */
export const pageHeading = (text: string): Html => <h1 class={text.length > LONG_TITLE && 'long'}>{text}</h1>

const STATUS_WORDS: Readonly<Record<HostState, string>> = {
  up: 'Up',
  down: 'Down',
  maintenance: 'Maintenance',
  new: 'No data yet',
}

export function statusLabel(status: HostState): Html {
  return (
    <span class={`status ${status}`}>
      {statusMark(status)}
      <span class="status-word">{STATUS_WORDS[status]}</span>
    </span>
  )
}

export function severityLabel(severity: Severity): Html {
  const name = SEVERITY_NAMES[severity]
  return (
    <span class={`severity-word severity-${severity}`}>
      {severityMark(severity)}
      <span class="severity-name">{capitalize(name)}</span>
    </span>
  )
}

/** The mark of a severity where there is no room for its name, which is there for screen readers. */
export const spokenMark = (severity: Severity): Html => (
  <>
    {severityMark(severity)}
    <span class="visually-hidden">{SEVERITY_NAMES[severity]} </span>
  </>
)

/** A long dotted name, to be broken behind its dots. */
export const breakable = (name: string): Html => (
  <>
    {name.split('.').map((part, i) =>
      i === 0 ? (
        part
      ) : (
        <>
          .<wbr />
          {part}
        </>
      ),
    )}
  </>
)

export const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** `3 min ago`, with the exact time as its title. */
export function agoLabel(time: number, now: number): Html {
  if (time <= 0) return <span class="soft">never</span>
  return (
    <time datetime={formatIso(time)} title={formatStamp(time)} data-time={time} data-time-as="title">
      {formatAgo(time, now)}
    </time>
  )
}

/** The exact time, which the browser rewrites in its own time zone. */
export function stampLabel(time: number): Html {
  return (
    <time datetime={formatIso(time)} data-time={time} data-time-as="stamp">
      {formatStamp(time)}
    </time>
  )
}

/** A time to come or gone by: one within a day as a clock shows it, any other as the exact time. */
export function untilLabel(time: number, now: number): Html {
  const isSoon = Math.abs(time - now) < 20 * 3600
  return (
    <time datetime={formatIso(time)} data-time={time} data-time-as={isSoon ? 'clock' : 'stamp'}>
      {isSoon ? formatClock(time) : formatStamp(time)}
    </time>
  )
}

/** The line on printed pages with the time and the program that made them. It is hidden on screens. */
export const madeLine = ({
  now,
  web,
}: {
  readonly now: number
  readonly web: { readonly version: string; readonly serverName: string; readonly zone: string }
}): Html => (
  <p class="made" data-live="made">
    Made {stampLabel(now)} by Monitor {web.version}
    {web.serverName !== '' && <> on {web.serverName}</>}
  </p>
)

/** The class of a value that an open event is about: its colour, everywhere the same. */
export const tintOf = (severity: Severity | null): string | false =>
  severity !== null && `tinted severity-${severity}`

/** A percentage with its bar, in the colour of the open event about it; a dash where there is none. */
export function percentMeter(percent: number | null | undefined, severity: Severity | null = null): Html {
  if (percent === undefined || percent === null)
    return (
      <span class="meter">
        <span />
        <span class="soft">–</span>
      </span>
    )
  return (
    <span class="meter">
      {bar(percent, severity)}
      <span class={tintOf(severity)}>{formatValue(percent, '%')}</span>
    </span>
  )
}

/** Said of a page of a list that begins behind its last row. */
export const beyondEnd = (url: URL): Html => (
  <section class="empty">
    <h2>Nothing on this page</h2>
    <p>
      The list is shorter than that. <a href={withParameters(url, { offset: null })}>Go to its beginning</a>
    </p>
  </section>
)

export type PagerOptions = {
  readonly url: URL
  readonly offset: number
  readonly limit: number
  readonly total: number
  /** There are more than `total`, which were not counted. */
  readonly isMore?: boolean
  /** How the next page is found beyond those that were counted: behind the last row of this one. */
  readonly behind?: { readonly after: string; readonly rows: number }
}

/** The range of the shown rows, their total, and links to the other pages; empty when all rows are shown. */
export function pager({ url, offset, limit, total, isMore = false, behind }: PagerOptions): Html {
  if (total <= limit && offset === 0) return <></>
  const isBeyond = isMore && offset >= total && behind !== undefined
  const last = isBeyond ? offset + behind.rows : Math.min(offset + limit, total)
  const before = Math.max(0, Math.min(offset, Math.ceil(total / limit) * limit) - limit)
  const step = (to: number, word: string, isPossible: boolean, after: string | null = null) =>
    isPossible ? (
      <a class="button" href={withParameters(url, { offset: to === 0 ? null : String(to), after })}>
        {word}
      </a>
    ) : (
      <span class="button" aria-disabled="true">
        {word}
      </span>
    )
  const rows = offset < total || isBeyond ? `${formatNumber(offset + 1)}–${formatNumber(last)}` : 'none'
  const goesOn = last < total || (isMore && behind?.rows === limit)
  return (
    <nav class="pager" aria-label="Pages">
      <span>
        {rows} of {isMore && 'more than '}
        {formatNumber(total)}
      </span>
      {isBeyond ? step(0, 'First', true) : step(before, 'Previous', offset > 0)}
      {step(offset + limit, 'Next', goesOn, behind?.after ?? null)}
    </nav>
  )
}

/** Path and query of this address with some parameters changed; null takes one away. */
export function withParameters(url: URL, changes: Readonly<Record<string, string | null>>): string {
  const parameters = new URLSearchParams(url.searchParams)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) parameters.delete(name)
    else parameters.set(name, value)
  }
  const query = parameters.toString()
  return query === '' ? url.pathname : `${url.pathname}?${query}`
}
