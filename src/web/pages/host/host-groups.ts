import { HOST_CHANGES } from '../../../domain/hosts/change-host.ts'
import { giveGroups } from '../../changes/host-groups.ts'
import { redirect, route } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'

/** Puts groups in place of those that people gave a host; those that its agent says stay. */
export const changeHostGroups = route(
  { path: '/hosts/:name/groups', method: 'POST', access: 'operator', does: HOST_CHANGES.groups },
  async (request) => {
    const { name } = await giveGroups(request, request.form.get('groups') ?? '')
    return redirect(`${hostPath(name)}#groups`)
  },
)
