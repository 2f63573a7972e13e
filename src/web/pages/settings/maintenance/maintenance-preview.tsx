/** @jsxImportSource #markup */
import { compilePattern } from '../../../../domain/pattern.ts'
import { listOccurrences, type MaintenanceWindow } from '../../../../domain/time/maintenance-window.ts'
import type { WebRequest } from '../../../http/route.ts'
import { hostPath, stampLabel } from '../../../ui/components.tsx'
import { formatCount, formatDuration, formatNumber } from '../../../ui/format.ts'
import type { Html } from '../../../ui/markup/html.ts'

/** Seconds within which a window on some days of the month occurs. */
const AHEAD = 100 * 86_400
const SHOWN_TIMES = 5
const SHOWN_HOSTS = 12

export type MaintenancePreview = {
  readonly times: readonly { readonly from: number; readonly to: number }[]
  readonly hosts: readonly string[]
  /** How many hosts there are in all. */
  readonly total: number
}

/** Which hosts a window covers, and when it is active from now on. */
export async function readMaintenancePreview(
  { host, when }: Pick<MaintenanceWindow, 'host' | 'when'>,
  { web, now }: WebRequest,
): Promise<MaintenancePreview> {
  const { entries } = await web.fleet.read()
  const fits = compilePattern(host)
  const until = when.kind === 'once' ? Math.max(when.to, now) : now + AHEAD
  return {
    times: listOccurrences(when, now, until),
    hosts: entries.map(({ name }) => name).filter(fits),
    total: entries.length,
  }
}

/** Stands beside the form of a window. */
export function maintenancePreviewView({ times, hosts, total }: MaintenancePreview): Html {
  return (
    <aside class="meaning" id="preview" aria-label="Preview">
      <h2>What it covers</h2>
      {hosts.length === 0 ? (
        <p class="problem">No host matches. Notifications of all hosts are sent as usual.</p>
      ) : (
        <p>
          <b>
            {hosts.length < total
              ? formatCount(hosts.length, 'host')
              : total === 1
                ? 'The only host'
                : `All ${formatCount(total, 'host')}`}
          </b>
          {hosts.length < total && ` of ${formatNumber(total)}`}
          {': '}
          {hosts.slice(0, SHOWN_HOSTS).map((name, i) => (
            <>
              {i > 0 && ', '}
              <a href={hostPath(name)}>{name}</a>
            </>
          ))}
          {hosts.length > SHOWN_HOSTS && ` and ${formatNumber(hosts.length - SHOWN_HOSTS)} more`}
        </p>
      )}
      {times.length === 0 ? (
        <p>It is over: it holds no notifications any more.</p>
      ) : (
        <>
          <p>Active, and notifications held:</p>
          <ul class="previewed">
            {times.slice(0, SHOWN_TIMES).map(({ from, to }) => (
              <li>
                <span>
                  {stampLabel(from)} to {stampLabel(to)}
                </span>
                <span class="soft">for {formatDuration(to - from)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  )
}
