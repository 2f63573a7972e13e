import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { describeWaitingHost } from '../../domain/hosts/waiting-host.ts'
import { approveHost, refuseHost } from '../changes/hosts.ts'
import { type Route, route } from '../http/route.ts'
import { readBody } from './request-body.ts'

const LISTED = 1000

/** New hosts that wait for a person (`collect.new_hosts`), and the decisions on them. */
export const apiWaitingHosts: readonly Route[] = [
  route(
    {
      path: '/api/v1/waiting-hosts',
      access: 'admin',
      doc: 'New hosts that wait for approval, the oldest first, at most 1000.',
    },
    async ({ web }) => {
      const { total, hosts } = await web.store.enrolment.listWaiting(LISTED)
      return Response.json({ total, hosts: hosts.map(describeWaitingHost) })
    },
  ),
  route(
    {
      path: '/api/v1/waiting-hosts/:name/approve',
      method: 'POST',
      access: 'admin',
      does: HOST_CHANGES.approve,
      doc: 'Lets a host report that waits for approval, or was refused.',
    },
    async (request) => {
      readBody(request.body).finish()
      await approveHost(request)
      return new Response(null, { status: 204 })
    },
  ),
  route(
    {
      path: '/api/v1/waiting-hosts/:name/refuse',
      method: 'POST',
      access: 'admin',
      does: HOST_CHANGES.refuse,
      doc: 'Turns a host away that waits for approval; it is not listed any more.',
    },
    async (request) => {
      readBody(request.body).finish()
      await refuseHost(request)
      return new Response(null, { status: 204 })
    },
  ),
]
