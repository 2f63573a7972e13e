import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { giveGroups } from '../changes/host-groups.ts'
import { route } from '../http/route.ts'
import { readBody } from './request-body.ts'

/**
 * The body is `{"groups":"web, berlin"}`; the answer is the host's groups afterwards, its agent's included.
 */
export const apiHostGroups = route(
  {
    path: '/api/v1/hosts/:name/groups',
    method: 'POST',
    access: 'operator',
    does: HOST_CHANGES.groups,
    doc: 'Puts other groups in place of those that people gave the host.',
  },
  async (request) => {
    const fields = readBody(request.body)
    const groups = fields.text('groups')
    fields.finish()
    const { name } = await giveGroups(request, groups)
    const host = await request.web.store.hosts.find(name)
    return Response.json({ host: name, groups: host?.groups ?? [] })
  },
)
