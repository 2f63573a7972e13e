import { muteHostFor } from '../../changes/mute-host.ts'
import { notFound, redirect, route } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'

/** Holds the notifications of one host for a while. */
export const muteHost = route(
  { path: '/hosts/:name/mute', method: 'POST', access: 'operator', does: 'mute host' },
  async (request) => {
    const host = await request.web.store.hosts.find(request.params.name ?? '')
    if (!host) throw notFound('host')
    await muteHostFor(host.name, request)
    return redirect(hostPath(host.name))
  },
)
