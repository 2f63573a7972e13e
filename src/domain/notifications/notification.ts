import { type Event, SEVERITY_NAMES, type Severity } from '../event.ts'
import { describeDuration } from '../time/duration.ts'
import { formatTime } from '../time/time-zone.ts'
import type { NotificationKind } from './rule.ts'

/** What a channel sends: words only, so that every channel says the same. */
export type Message = {
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
}

export type NotificationSource = {
  readonly kind: NotificationKind
  readonly event: Pick<
    Event,
    | 'host'
    | 'metric'
    | 'severity'
    | 'status'
    | 'message'
    | 'opened'
    | 'closed'
    | 'isEndUnknown'
    | 'acknowledgedBy'
    | 'wasOpen'
  >
  /** Name of the rule that asks for it. */
  readonly rule: string
}

export type WriteOptions = {
  /** Times are given in this time zone. */
  readonly zone: string
  /** Page of the event, or of the events for a digest; null when the address of the website is not known. */
  readonly link: string | null
}

const KIND_NAMES: Readonly<Record<NotificationKind, string>> = {
  opening: 'New event',
  severity: 'Severity changed',
  repeat: 'Still open',
  closing: 'Closed',
}

const HUES: Readonly<Record<Severity, string>> = { 1: '#D9534F', 2: '#F47C3C', 3: '#FFC107', 4: '#29ABE0' }
const CLOSED_HUE = '#5CB85C'

/** More events than these are counted in a digest, not listed. */
const MAX_LISTED = 200

/** `web01:perf.memory.percent.used:major:open`. */
export function writeSubject({ event }: Pick<NotificationSource, 'event'>): string {
  return oneLine(`${event.host}:${event.metric}:${SEVERITY_NAMES[event.severity]}:${event.status}`)
}

/** The notification of one event. */
export function writeNotification(source: NotificationSource, options: WriteOptions): Message {
  const { event, kind, rule } = source
  const rows: [string, string][] = [
    ['Message', event.message],
    ['Name', event.host],
    ['Metric', event.metric],
    ['Severity', SEVERITY_NAMES[event.severity]],
    ['Status', event.status],
    ['Opened', formatTime(event.opened, options.zone)],
  ]
  if (event.isEndUnknown) rows.push(['Closed', 'at an unknown time'])
  else if (event.closed !== null) {
    rows.push(['Closed', formatTime(event.closed, options.zone)])
    rows.push(['Lasted', describeLength(event.closed - event.opened)])
  }
  if (event.acknowledgedBy !== null) rows.push(['Acknowledged by', event.acknowledgedBy])
  rows.push(['Rule', event.wasOpen ? `${rule} (made or changed while the event was open already)` : rule])
  const kindName = event.wasOpen && kind === 'opening' ? 'Already open' : KIND_NAMES[kind]
  const title = `${kindName}: ${event.message}`
  return {
    subject: writeSubject(source),
    text: `${[...rows.map(([name, value]) => `${name}: ${oneLine(value)}`), ...linkLines(options.link)].join('\n')}\n`,
    html: frame(
      title,
      event.status === 'closed' ? CLOSED_HUE : HUES[event.severity],
      table(rows),
      options.link,
    ),
  }
}

/** One message in place of many. `sources` are in the order of time. */
export function writeDigest(sources: readonly NotificationSource[], options: WriteOptions): Message {
  const closings = sources.filter((source) => source.kind === 'closing').length
  const hosts = new Set(sources.map((source) => source.event.host)).size
  const openings = sources.length - closings
  const subject = `${sources.length} notices of ${hosts} ${hosts === 1 ? 'host' : 'hosts'}: ${openings} open, ${closings} closed`
  const listed = sources.slice(0, MAX_LISTED)
  const rest = sources.length - listed.length
  const more = rest > 0 ? [`and ${rest} more`] : []
  const lines = listed.map(
    (source) =>
      `${formatTime(source.event.opened, options.zone)}  ${writeSubject(source)}  ${oneLine(source.event.message)}`,
  )
  const worst = Math.min(...sources.map((source) => source.event.severity), 4) as Severity
  const rows = listed.map((source): [string, string] => [writeSubject(source), source.event.message])
  return {
    subject,
    text: `${[subject, '', ...lines, ...more, ...linkLines(options.link)].join('\n')}\n`,
    html: frame(
      subject,
      openings > 0 ? HUES[worst] : CLOSED_HUE,
      `${table(rows)}${more.map((line) => `<p>${line}</p>`).join('')}`,
      options.link,
    ),
  }
}

/** What a channel sends to show that it works. */
export function writeTest(sender: string, now: number, options: WriteOptions): Message {
  const subject = `Test message of monitor on ${oneLine(sender)}`
  const text = `This is a test, sent at ${formatTime(now, options.zone)}. When you read it, notices arrive here.`
  return {
    subject,
    text: `${[text, ...linkLines(options.link)].join('\n')}\n`,
    html: frame(subject, HUES[4], `<p>${escapeHtml(text)}</p>`, options.link),
  }
}

/** In at most two units, for reading: `2 hours 5 minutes`. */
function describeLength(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const units = [86_400, 3600, 60, 1]
  const size = units.find((unit) => whole >= unit) ?? 1
  const next = units[units.indexOf(size) + 1]
  const first = whole - (whole % size)
  if (next === undefined) return describeDuration(whole)
  const rest = whole - first
  const second = rest - (rest % next)
  return second === 0 ? describeDuration(first) : `${describeDuration(first)} ${describeDuration(second)}`
}

const linkLines = (link: string | null) => (link === null ? [] : ['', link])

/** Mail programs know neither style sheets nor anything newer than a table. */
function frame(title: string, hue: string, inside: string, link: string | null): string {
  const anchor = link === null ? '' : `<p><a href="${escapeHtml(link)}">Open in monitor</a></p>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="font-family:sans-serif;color:#222222;background:#ffffff">
<h1 style="font-size:18px;border-left:6px solid ${hue};padding-left:10px">${escapeHtml(oneLine(title))}</h1>
${inside}${anchor}</body></html>
`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const cell = 'padding:3px 14px 3px 0;text-align:left;vertical-align:top'
  const lines = rows.map(
    ([name, value]) =>
      `<tr><th scope="row" style="${cell};font-weight:normal;color:#666666">${escapeHtml(name)}</th><td style="${cell}">${escapeHtml(value)}</td></tr>`,
  )
  return `<table style="border-collapse:collapse;font-size:14px">${lines.join('\n')}</table>\n`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A line end in a name must not begin a line of its own, or a header. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
