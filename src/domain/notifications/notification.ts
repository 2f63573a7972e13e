import { escapeHtml } from '../escape-html.ts'
import { SEVERITY_NAMES, type Severity } from '../event.ts'
import { describeCondition } from '../events/problem.ts'
import { formatMetric } from '../metrics/plain-value.ts'
import { readCondition } from '../thresholds/threshold.ts'
import { describeDuration } from '../time/duration.ts'
import { formatTime } from '../time/time-zone.ts'
import { type NotifiedEvent, oneLine, writeSubject } from './notified-event.ts'
import type { NotificationKind } from './rule.ts'

/** The content of a notification: words only, so that every channel sends the same. */
export type Message = {
  /** One line. */
  readonly subject: string
  /** The whole message in lines. */
  readonly text: string
  /** The lines that go below a subject that is shown with them, as in a chat. */
  readonly details: string
  readonly html: string
}

export type NotificationSource = {
  readonly kind: NotificationKind
  readonly event: NotifiedEvent
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

const HUES: Readonly<Record<Severity, string>> = { 1: '#D9534F', 2: '#F47C3C', 3: '#FFC107', 4: '#7B8894' }
const CLOSED_HUE = '#5CB85C'

/** More events than these are counted in a digest, not listed. */
const MAX_LISTED = 200

/** The notification of one event. */
export function writeNotification(source: NotificationSource, options: WriteOptions): Message {
  const { event, kind } = source
  const rows = listRows(source, options)
  const links = listLinks(event, options.link)
  const lines = rows.map(([name, value]) => `${name}: ${oneLine(value)}`)
  const ways = links.map(([name, address]) => `${name}: ${address}`)
  const details = `${[...lines, ...(ways.length > 0 ? ['', ...ways] : [])].join('\n')}\n`
  return {
    subject: writeSubject(event),
    text: `${oneLine(event.sentence)}\n\n${details}`,
    details,
    html: frame(
      `${event.wasOpen && kind === 'opening' ? 'Already open' : KIND_NAMES[kind]}: ${event.host}: ${event.sentence}`,
      event.status === 'closed' ? CLOSED_HUE : HUES[event.severity],
      `${table(rows)}${anchors(links)}`,
    ),
  }
}

/** The fields of an event in a notification, by name. */
function listRows({ event, rule }: NotificationSource, { zone }: WriteOptions): [string, string][] {
  const { metric, opened, closed, groups, acknowledgedBy } = event
  const isOpen = event.status === 'open'
  const condition = readCondition(metric, event.message)
  const rows: [string, string][] = [hostRow(event)]
  if (groups.length > 0) rows.push(['Groups', groups.join(', ')])
  rows.push(['Severity', SEVERITY_NAMES[event.severity]], ['Status', event.status])
  const value = (isOpen ? event.current : null) ?? event.value
  if (value !== null) rows.push([isOpen ? 'Value' : 'Triggering value', formatMetric(value, metric)])
  if (!isOpen && event.current !== null) rows.push(['Value now', formatMetric(event.current, metric)])
  if (condition !== null) rows.push(['Threshold', describeCondition(metric, condition)])
  rows.push(['Since', formatTime(opened, zone)])
  if (event.isEndUnknown) rows.push(['Closed', 'at an unknown time'])
  else if (closed !== null)
    rows.push(['Closed', formatTime(closed, zone)], ['Duration', describeLength(closed - opened)])
  if (acknowledgedBy !== null) rows.push(['Acknowledged by', acknowledgedBy])
  const note = event.wasOpen ? ' (made or changed while the event was already open)' : ''
  rows.push(['Metric', metric], ['Rule', `${rule}${note}`])
  return rows
}

/** Names of hosts in the notification of an event of several. */
const MAX_NAMED = 50

function hostRow({ host, members }: NotifiedEvent): [string, string] {
  if (members.length === 0) return ['Host', host]
  const rest = members.length - MAX_NAMED
  return ['Hosts', `${members.slice(0, MAX_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`]
}

/** Pages with a button each: opening one changes nothing. */
function listLinks({ status }: NotifiedEvent, link: string | null): (readonly [string, string])[] {
  if (link === null) return []
  const open = ['Open', link] as const
  return status === 'closed'
    ? [open]
    : [open, ['Acknowledge', `${link}/acknowledge`] as const, ['Mute', `${link}/mute`] as const]
}

/** One message in place of many. `sources` are in the order of time. */
export function writeDigest(sources: readonly NotificationSource[], options: WriteOptions): Message {
  const closings = sources.filter((source) => source.kind === 'closing').length
  const hosts = new Set(sources.map((source) => source.event.host)).size
  const openings = sources.length - closings
  const subject =
    `${sources.length} notifications from ${hosts} ${hosts === 1 ? 'host' : 'hosts'}: ` +
    `${openings} open, ${closings} closed`
  const listed = sources.slice(0, MAX_LISTED)
  const rest = sources.length - listed.length
  const more = rest > 0 ? [`and ${rest} more`] : []
  const lines = listed.map(({ event }) => `${formatTime(event.opened, options.zone)}  ${writeSubject(event)}`)
  const worst = Math.min(...sources.map((source) => source.event.severity), 4) as Severity
  const rows = listed.map(({ event }): [string, string] => [
    formatTime(event.opened, options.zone),
    writeSubject(event),
  ])
  const details = `${[...lines, ...more, ...linkLines(options.link)].join('\n')}\n`
  return {
    subject,
    text: `${subject}\n\n${details}`,
    details,
    html: frame(
      subject,
      openings > 0 ? HUES[worst] : CLOSED_HUE,
      `${table(rows)}${more.map((line) => `<p>${line}</p>`).join('')}${openAnchor(options.link)}`,
    ),
  }
}

/** The test notification of a channel. */
export function writeTest(sender: string, now: number, options: WriteOptions): Message {
  const subject = `Test message of monitor on ${oneLine(sender)}`
  const text = `This is a test, sent at ${formatTime(now, options.zone)}. When you read it, notifications arrive here.`
  const details = `${[text, ...linkLines(options.link)].join('\n')}\n`
  return {
    subject,
    text: details,
    details,
    html: frame(subject, HUES[4], `<p>${escapeHtml(text)}</p>${openAnchor(options.link)}`),
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

function anchors(links: readonly (readonly [string, string])[]): string {
  if (links.length === 0) return ''
  const all = links.map(([name, address]) => `<a href="${escapeHtml(address)}">${name}</a>`)
  return `<p>${all.join(' &nbsp; ')}</p>\n`
}

const openAnchor = (link: string | null) => anchors(link === null ? [] : [['Open in Monitor', link]])

/** Mail programs know neither style sheets nor anything newer than a table. */
function frame(title: string, hue: string, inside: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="font-family:sans-serif;color:#222222;background:#ffffff">
<h1 style="font-size:18px;border-left:6px solid ${hue};padding-left:10px">${escapeHtml(oneLine(title))}</h1>
${inside}</body></html>
`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const cell = 'padding:3px 14px 3px 0;text-align:left;vertical-align:top'
  const lines = rows.map(
    ([name, value]) =>
      `<tr><th scope="row" style="${cell};font-weight:normal;color:#666666">${escapeHtml(name)}</th>` +
      `<td style="${cell}">${escapeHtml(value)}</td></tr>`,
  )
  return `<table style="border-collapse:collapse;font-size:14px">${lines.join('\n')}</table>\n`
}
