/** @jsxImportSource #markup */
import { countDowntime, type Downtime, type Outage } from '../../../domain/events/downtime.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import type { StateOfHost } from '../../../domain/hosts/host-state.ts'
import type { StateHistory } from '../../../domain/hosts/state-history.ts'
import { escapePattern, MUTE_TIMES } from '../../changes/mute-host.ts'
import { stateStrip, stripLegend } from '../../charts/state-strip.tsx'
import { writePercent } from '../../reports/availability-report.tsx'
import { agoLabel, hostPath, pageHeading, statusLabel, untilLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatDuration, formatNumber, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

const MONTH = 30 * 86_400
/** A smaller clock skew, in seconds, is not shown. */
const WORTH_TELLING_SKEW = 30

export type HeadModel = StateOfHost & {
  readonly host: Host
  readonly now: number
  readonly csrf: string
  readonly mayChange: boolean
  readonly mayManage: boolean
  /** The states of the last day and of the last month. */
  readonly days: StateHistory
  readonly month: StateHistory
  /** Of the last 30 days. */
  readonly outages: readonly Outage[]
  /** The first of its metrics, with which a comparison begins; null when it has none. */
  readonly firstMetric: string | null
  /** The query by which links keep the time that is shown; empty for the usual one. */
  readonly query: string
}

/** The head that stays visible while the page is scrolled: the host, its state, and the possible actions. */
export function hostHead(model: HeadModel): Html {
  const { host, now, state, mayChange, firstMetric, query } = model
  return (
    <div class="head host-head">
      <div>
        <p class="crumbs">
          <a href="/hosts">Hosts</a>
        </p>
        {pageHeading(host.name)}
        <div class="host-line">
          <p class="host-status">
            {statusLabel(state)} <span class="soft">last seen {agoLabel(host.lastSeen, now)}</span>
          </p>
          {facetsOf(host)}
        </div>
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
          <a
            class="button"
            href={`/compare?series=${encodeURIComponent(`${host.name}:${firstMetric}`)}${query.replace('?', '&')}`}
          >
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
export function maintenanceLine({ maintenance, now, mayChange }: HeadModel): Html | null {
  if (maintenance === null) return null
  const { window, ends } = maintenance
  const name = mayChange ? <a href={`/settings/maintenance/${window.id}`}>{window.name}</a> : window.name
  return (
    <p class="notice maintenance" role="status">
      <span>
        In maintenance until {untilLabel(ends, now)}: {name}. Notifications are held until then.
      </span>
    </p>
  )
}

/** The states of the last day and of the last month, and how much of that the host was up. */
export function historyOf({ host, days, month, outages, now }: HeadModel): Html {
  const up = countDowntime(outages, now - MONTH, now, host.firstSeen)
  const href = (range: string) => `${hostPath(host.name)}?range=${range}`
  return (
    <div class="history">
      {stateStrip(days, { name: 'Last 24 hours', href: href('24h') })}
      {stateStrip(month, { name: 'Last 30 days', href: href('30d') })}
      <p class="soft">{describeAvailability(up)}</p>
      {stripLegend}
    </div>
  )
}

/** `Up 99.93% of 30 days`; for a host known for a shorter time it contains that time. */
export function describeAvailability({ known, down, percentUp }: Downtime): string {
  if (percentUp === null) return 'Not observed yet'
  const length = known >= MONTH ? '30 days' : `the ${formatDuration(known)} it has been observed`
  return `Up ${writePercent(percentUp)} of ${length}${down > 0 ? `, down for ${formatDuration(down)}` : ''}`
}

/** Groups that the head has room for; the others stand below it. */
const GROUPS_IN_HEAD = 6

/** Groups as ways to their other hosts. */
function groupLinks(groups: readonly string[], others = 0): Html | null {
  if (groups.length === 0) return null
  return (
    <ul class="group-links">
      {groups.map((group) => (
        <li>
          <a href={`/hosts?group=${encodeURIComponent(group)}`}>{group}</a>
        </li>
      ))}
      {others > 0 && (
        <li>
          <a href="#groups">{others} more</a>
        </li>
      )}
    </ul>
  )
}

const facetsOf = ({ groups }: Host) =>
  groupLinks(groups.slice(0, GROUPS_IN_HEAD), groups.length - GROUPS_IN_HEAD)

/** The groups that the head has no room for, and for those who may a form to change all and the way to more. */
export function groupsOf({ host, mayChange, mayManage, csrf }: HeadModel): Html | null {
  const others = host.groups.slice(GROUPS_IN_HEAD)
  if (others.length === 0 && !mayChange) return null
  const said = host.groups.filter((group) => !host.givenGroups.includes(group))
  return (
    <div class="host-groups" id="groups">
      <h2 class="visually-hidden">Groups</h2>
      {groupLinks(others)}
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
