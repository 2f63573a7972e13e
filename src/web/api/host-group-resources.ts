import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { readGroups } from '../../domain/hosts/group.ts'
import { giveGroups, isSame } from '../changes/host-groups.ts'
import { route } from '../http/route.ts'
import { readBody } from './request-body.ts'

/** No list of groups has this form. */
const ANY = '*'

/**
 * The body is `{"groups":"web, berlin"}`, with `"known":"web"` only where the host is in exactly that group still; the
 * answer is the host's groups afterwards, its agent's included.
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
    const known = fields.text('known', ANY)
    fields.finish()
    const before = await request.web.store.hosts.find(request.params.name ?? '')
    // Groups that the agent reports are part of the list that the client sent as known, but not of the groups
    // that users assigned.
    const isAsKnown = known === ANY || isSame(before?.groups ?? [], readGroups(known).groups)
    const { name } = await giveGroups(
      request,
      groups,
      (given) => known === ANY || (isAsKnown && isSame(given, before?.givenGroups ?? [])),
    )
    const host = await request.web.store.hosts.find(name)
    return Response.json({ host: name, groups: host?.groups ?? [] })
  },
)
