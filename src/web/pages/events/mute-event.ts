import { muteHostFor } from '../../changes/mute-host.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, redirect, route } from '../../http/route.ts'
import { findEvent } from './actions.ts'

/** Holds the notifications of an event's host for a while. */
export const muteEvent = route(
  { path: '/events/:id/mute', method: 'POST', access: 'operator', does: 'mute host' },
  async (request) => {
    const { form, wantsJson } = request
    const event = await findEvent(request)
    if (event.members.length > 0)
      throw new HttpError(400, 'An event of several hosts is muted by a maintenance window.')
    const words = await muteHostFor(event.host, request)
    if (wantsJson)
      return Response.json({ words: `Muted ${event.host} for ${words}.`, undo: null, isDone: true })
    return redirect(readLocalPath(form.get('back') ?? `/events/${event.id}`))
  },
)
