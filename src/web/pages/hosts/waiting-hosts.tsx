/** @jsxImportSource #markup */
import { HOST_CHANGES } from '../../../domain/hosts/change-host.ts'
import type { WaitingHost } from '../../../domain/hosts/waiting-host.ts'
import { approveHost, refuseHost } from '../../changes/hosts.ts'
import { type Route, redirect, route } from '../../http/route.ts'
import { agoLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatCount } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

/** How many of them home shows. */
export const WAITING_SHOWN = 10

const PATH = '/waiting-hosts/:name'

type WaitingHostsModel = {
  readonly total: number
  readonly hosts: readonly WaitingHost[]
  readonly now: number
  readonly csrf: string
  /** Whether who looks may decide. */
  readonly mayDecide: boolean
}

/** New hosts that wait for approval, with buttons for who may decide; nothing when there is none. */
export function waitingHosts({ total, hosts, now, csrf, mayDecide }: WaitingHostsModel): Html | null {
  if (total === 0) return null
  return (
    <section class="section" id="waiting-hosts">
      <div class="section-head">
        <h2>Waiting for approval</h2>
      </div>
      <p class="soft">
        {formatCount(total, 'new machine')} said the passphrase and may not report before an administrator
        approves. Compare the address with the machine that you have just installed.
      </p>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Address</th>
            <th scope="col">System</th>
            <th scope="col">First seen</th>
            {mayDecide && <th scope="col">Decision</th>}
          </tr>
        </thead>
        <tbody>
          {hosts.map((host) => (
            <tr data-key={`waiting-${host.name}`}>
              <td>
                <b>{host.name}</b>
                {!host.hasKey && <span class="soft"> (no key)</span>}
              </td>
              <td>{host.ip}</td>
              <td>{host.build}</td>
              <td>{agoLabel(host.firstSeen, now)}</td>
              {mayDecide && (
                <td class="actions">
                  {decision(host.name, 'approve', 'Approve', csrf)}{' '}
                  {decision(host.name, 'refuse', 'Refuse', csrf)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {total > hosts.length && (
        <p class="soft">
          And {formatCount(total - hosts.length, 'more machine')}: <code>monitor host waiting</code> lists
          all.
        </p>
      )}
    </section>
  )
}

const decision = (name: string, act: 'approve' | 'refuse', label: string, csrf: string): Html => (
  <form class="inline" method="post" action={`/waiting-hosts/${encodeURIComponent(name)}/${act}`}>
    {csrfField(csrf)}
    <button type="submit" class="small" aria-label={`${label} ${name}`}>
      {label}
    </button>
  </form>
)

/** The decisions on waiting hosts, which home offers. */
export const WAITING_HOSTS: readonly Route[] = [
  route(
    { path: `${PATH}/approve`, method: 'POST', access: 'admin', does: HOST_CHANGES.approve },
    async (request) => {
      await approveHost(request)
      return redirect('/')
    },
  ),
  route(
    { path: `${PATH}/refuse`, method: 'POST', access: 'admin', does: HOST_CHANGES.refuse },
    async (request) => {
      await refuseHost(request)
      return redirect('/')
    },
  ),
]
