/** @jsxImportSource #markup */
import type { Severity } from '../../domain/event.ts'
import type { HostState } from '../../domain/hosts/host-state.ts'
import { type Html, raw } from './markup/html.ts'
import { SEVERITY_SHAPES } from './severity-shapes.ts'

/** Line drawings on a field of 24, stroked with the colour of the text around them. */
const DRAWINGS = {
  brand: '<path d="M2.5 13h4l2.6-7.5 4.6 13 3-8 1.3 2.5h3.5"/>',
  home: '<path d="M4 10.5 12 4l8 6.5V20h-5.5v-5.5h-5V20H4z"/>',
  hosts:
    '<rect x="3.5" y="4" width="17" height="6.5" rx="1.5"/>' +
    '<rect x="3.5" y="13.5" width="17" height="6.5" rx="1.5"/>' +
    '<path d="M7 7.25h.01M7 16.75h.01M11 7.25h6M11 16.75h6"/>',
  events: '<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01"/>',
  graphs: '<path d="M4 4v16h16M7.5 15.5l3.5-5 3 2.5 5-7"/>',
  reports: '<path d="M4 20h16M6.5 20v-6M12 20V8M17.5 20v-9M6 9l5-4 3 2 5-4"/>',
  settings:
    '<path d="M4 7h9M19 7h1M4 17h1M11 17h9"/><circle cx="16" cy="7" r="2.6"/><circle cx="8" cy="17" r="2.6"/>',
  search: '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5.5 5.5"/>',
  user: '<circle cx="12" cy="8" r="3.8"/><path d="M4.5 20c.8-4 3.7-5.8 7.5-5.8S18.7 16 19.5 20"/>',
  'sign-out': '<path d="M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"/>',
  'theme-system': '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>',
  'theme-light':
    '<circle cx="12" cy="12" r="4"/>' +
    '<path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
  'theme-dark': '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>',
  'zoom-out': '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5.5 5.5M7.5 10.5h6"/>',
  'zoom-in': '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5.5 5.5M7.5 10.5h6M10.5 7.5v6"/>',
  back: '<path d="M10 5 3.5 12l6.5 7M4 12h16.5"/>',
  forward: '<path d="m14 5 6.5 7-6.5 7M20 12H3.5"/>',
  close: '<path d="m6 6 12 12M18 6 6 18"/>',
  up: '<path d="m6 14 6-6 6 6"/>',
  down: '<path d="m6 10 6 6 6-6"/>',
} as const

export type IconName = keyof typeof DRAWINGS

/** Hidden from screen readers; the caller adds the text. */
export function icon(name: IconName): Html {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      {raw(DRAWINGS[name])}
    </svg>
  )
}

/** The paths that `severityMark` draws, on a field of 16 × 16, for use within another drawing. */
export function severityShape(severity: Severity): Html {
  const { outline, cut } = SEVERITY_SHAPES[severity]
  return (
    <>
      <path d={outline} />
      <path class="cut" d={cut} />
    </>
  )
}

/** Lists place the same few marks hundreds of times, so each is drawn once. */
const SEVERITY_MARKS: Readonly<Record<Severity, Html>> = {
  1: drawSeverityMark(1),
  2: drawSeverityMark(2),
  3: drawSeverityMark(3),
  4: drawSeverityMark(4),
}

export const severityMark = (severity: Severity): Html => SEVERITY_MARKS[severity]

function drawSeverityMark(severity: Severity): Html {
  return (
    <svg class={`mark severity-${severity}`} viewBox="0 0 16 16" aria-hidden="true">
      {severityShape(severity)}
    </svg>
  )
}

const STATUS_SHAPES: Readonly<Record<HostState, string>> = {
  up: '<circle cx="8" cy="8" r="6"/>',
  maintenance:
    '<rect x="1.5" y="1.5" width="13" height="13" rx="6.5"/><path class="cut" d="M5.8 5v6m4.4-6v6"/>',
  new: '<circle class="hollow" cx="8" cy="8" r="5.5"/>',
  down: '<rect x="1.5" y="1.5" width="13" height="13" rx="2"/><path class="cut" d="m5 5 6 6m0-6-6 6"/>',
}

const STATUS_MARKS: Readonly<Record<HostState, Html>> = {
  up: drawStatusMark('up'),
  maintenance: drawStatusMark('maintenance'),
  new: drawStatusMark('new'),
  down: drawStatusMark('down'),
}

export const statusMark = (status: HostState): Html => STATUS_MARKS[status]

function drawStatusMark(status: HostState): Html {
  return (
    <svg class={`mark status-${status}`} viewBox="0 0 16 16" aria-hidden="true">
      {raw(STATUS_SHAPES[status])}
    </svg>
  )
}
