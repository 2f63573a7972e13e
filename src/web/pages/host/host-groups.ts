import { HOST_CHANGES } from '../../../domain/hosts/change-host.ts'
import { readGroups } from '../../../domain/hosts/group.ts'
import { giveGroups, isSame } from '../../changes/host-groups.ts'
import { redirect, route } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'

/** Replaces the groups that users assigned to a host; those that its agent reports stay. */
export const changeHostGroups = route(
  { path: '/hosts/:name/groups', method: 'POST', access: 'operator', does: HOST_CHANGES.groups },
  async (request) => {
    const { form } = request
    const known = form.get('known')
    const isKnown = (given: readonly string[]) => known === null || isSame(given, readGroups(known).groups)
    const { name } = await giveGroups(request, form.get('groups') ?? '', isKnown)
    return redirect(`${hostPath(name)}#groups`)
  },
)
