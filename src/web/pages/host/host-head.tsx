/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { countDowntime, type Downtime, type Outage } from '../../../domain/events/downtime.ts'
import { type Host, hostStatus } from '../../../domain/hosts/host.ts'
import { createMaintenanceCalendar, type MaintenanceWindow } from '../../../domain/time/maintenance-window.ts'
import { escapePattern, MUTE_TIMES } from '../../changes/mute-host.ts'
import { stateStrip } from '../../charts/state-strip.tsx'
import { writePercent } from '../../reports/availability-report.tsx'
import { agoLabel, hostPath, pageHeading, stampLabel, statusLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatDuration, formatNumber, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

const DAY = 86_400
const MONTH = 30 * DAY
/** A clock that is off by less is nobody's business. */
const WORTH_TELLING_SKEW = 30
/** A quarter of an hour, and a third of a day. */
const DAY_SLOTS = 96
const MONTH_SLOTS = 90

export type HeadModel = {
  readonly host: Host
  readonly now: number
  readonly silence: number
  readonly csrf: string
  readonly mayChange: boolean
  readonly mayManage: boolean
  /** Of the last 30 days. */
  readonly history: readonly Event[]
  readonly outages: readonly Outage[]
  readonly windows: readonly MaintenanceWindow[]
  /** The first of its metrics, with which a comparison begins; null when it has none. */
  readonly firstMetric: string | null
}

/** What stays in sight while the page is scrolled: what it is about, how it is, and what can be done. */
export function hostHead(model: HeadModel): Html {
  const { host, now, silence, mayChange, firstMetric } = model
  const status = hostStatus(host, now, silence)
  return (
    <div class="head host-head">
      <div>
        <p class="crumbs">
          <a href="/hosts">Hosts</a>
        </p>
        {pageHeading(host.name)}
        <p class="host-status">
          {statusLabel(status)} <span class="soft">last seen {agoLabel(host.lastSeen, now)}</span>
        </p>
      </div>
      <div class="host-actions">
        {mayChange && muteMenu(model)}
        {mayChange && (
          <a
            class="button"
            href={`/settings/maintenance/new?host=${encodeURIComponent(escapePattern(host.name))}`}
          >
            Schedule maintenance
          </a>
        )}
        {firstMetric !== null && (
          <a class="button" href={`/compare?series=${encodeURIComponent(`${host.name}:${firstMetric}`)}`}>
            Compare
          </a>
        )}
      </div>
    </div>
  )
}

function muteMenu({ host, csrf }: HeadModel): Html {
  return (
    <details class="menu" id="mute" name="host-menu">
      <summary class="button">Mute</summary>
      <form class="menu-body" method="post" action={`${hostPath(host.name)}/mute`}>
        {csrfField(csrf)}
        <p class="soft">Hold the notifications of this host. What is still open at the end is sent then.</p>
        <div class="row-actions">
          {MUTE_TIMES.map(({ seconds, words }) => (
            <button type="submit" name="seconds" value={String(seconds)}>
              {words}
            </button>
          ))}
          <a class="button" href={`${hostPath(host.name)}/mute`}>
            Until…
          </a>
        </div>
      </form>
    </details>
  )
}

/** The window that the host is in now, and how long it still holds. */
export function maintenanceLine({ host, windows, now, mayChange }: HeadModel): Html | null {
  const found = createMaintenanceCalendar(windows).at(host.name, now)
  if (found === null) return null
  const name = mayChange ? (
    <a href={`/settings/maintenance/${found.window.id}`}>{found.window.name}</a>
  ) : (
    found.window.name
  )
  return (
    <p class="notice maintenance" role="status">
      <span>
        In maintenance until {stampLabel(found.ends)}: {name}. Notifications are held until then.
      </span>
    </p>
  )
}

/** The states of the last day and of the last month, and how much of that the host was up. */
export function historyOf({ host, history, outages, now }: HeadModel): Html {
  const up = countDowntime(outages, now - MONTH, now, host.firstSeen)
  const strip = (seconds: number, slots: number, name: string, range: string) =>
    stateStrip(
      { events: history, from: now - seconds, to: now, slots, since: host.firstSeen },
      { name, href: `${hostPath(host.name)}?range=${range}` },
    )
  return (
    <div class="history">
      {strip(DAY, DAY_SLOTS, 'Last 24 hours', '24h')}
      {strip(MONTH, MONTH_SLOTS, 'Last 30 days', '30d')}
      <p class="soft">{describeAvailability(up)}</p>
    </div>
  )
}

/** `Up 99.93% of 30 days`; of a host known for a shorter time it says how long that is. */
export function describeAvailability({ known, down, percentUp }: Downtime): string {
  if (percentUp === null) return 'Not observed yet'
  const length = known >= MONTH ? '30 days' : `the ${formatDuration(known)} it has been observed`
  return `Up ${writePercent(percentUp)} of ${length}${down > 0 ? `, down for ${formatDuration(down)}` : ''}`
}

/** Its groups as ways to their other hosts, and for those who may a form to change those by hand. */
export function groupsOf({ host, mayChange, mayManage, csrf }: HeadModel): Html | null {
  if (host.groups.length === 0 && !mayChange) return null
  const links = host.groups.map((group) => (
    <li>
      <a href={`/hosts?group=${encodeURIComponent(group)}`}>{group}</a>
    </li>
  ))
  const said = host.groups.filter((group) => !host.givenGroups.includes(group))
  return (
    <div class="host-groups" id="groups">
      <h2 class="visually-hidden">Groups</h2>
      {links.length > 0 && <ul class="group-links">{links}</ul>}
      {mayChange && (
        <details id="change-groups">
          <summary>{host.groups.length === 0 ? 'Add to group' : 'Edit groups'}</summary>
          <form class="span-form" method="post" action={`${hostPath(host.name)}/groups`}>
            {csrfField(csrf)}
            <input type="hidden" name="known" value={host.givenGroups.join(', ')} />
            <label>
              Groups{' '}
              <input
                type="text"
                name="groups"
                value={host.givenGroups.join(', ')}
                placeholder="web, site:berlin"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength={1400}
              />
            </label>
            <button type="submit">Save</button>
            {said.length > 0 && <span class="soft">Its agent's configuration adds {said.join(', ')}.</span>}
          </form>
        </details>
      )}
      {mayManage && <a href={`${hostPath(host.name)}/manage`}>Rename or delete</a>}
    </div>
  )
}

export function facts(host: Host): Html {
  const skew = host.clockSkew ?? 0
  const uptime = host.latest['perf.system.uptime.seconds']
  const list: readonly (readonly [string, string])[] = [
    ['Address', host.ip],
    ['Domain', host.domain === 'Stand Alone' ? '' : host.domain],
    ['System', [host.build || host.platform, host.architecture].filter(Boolean).join(', ')],
    ['Agent', host.agent ?? ''],
    ['CPUs', host.processors > 0 ? formatNumber(host.processors) : ''],
    ['Memory', host.memoryMb > 0 ? formatValue(host.memoryMb * 1024 * 1024, 'B') : ''],
    ['Uptime', uptime === undefined ? '' : formatDuration(uptime)],
    [
      'Clock',
      Math.abs(skew) < WORTH_TELLING_SKEW
        ? ''
        : `${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`,
    ],
  ]
  return (
    <dl class="facts">
      {list
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
