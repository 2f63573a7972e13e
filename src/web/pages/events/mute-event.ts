import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, redirect, route } from '../../http/route.ts'
import { formatStamp } from '../../ui/format.ts'
import { findEvent } from './actions.ts'

export const MUTE_TIMES = [
  { seconds: 3600, words: '1 hour' },
  { seconds: 4 * 3600, words: '4 hours' },
  { seconds: 86_400, words: '24 hours' },
] as const

/** Names that are tried before giving up: two people may mute one host within the same second. */
const TRIES = 5

/** A name as a pattern that fits nothing else. */
const escapePattern = (name: string) => name.replace(/[\\%*_?]/g, '\\$&')

/** Holds the notifications of an event's host for a while: a maintenance window that begins now. */
export const muteEvent = route(
  { path: '/events/:id/mute', method: 'POST', access: 'operator', does: 'mute host' },
  async (request) => {
    const { form, web, now, note, session, wantsJson } = request
    const event = await findEvent(request)
    if (event.members.length > 0)
      throw new HttpError(400, 'An event of several hosts is muted by a maintenance window.')
    const time = MUTE_TIMES.find(({ seconds }) => String(seconds) === form.get('seconds'))
    if (!time) {
      const known = MUTE_TIMES.map(({ seconds }) => seconds).join(', ')
      throw new HttpError(400, `seconds: expected one of ${known}`)
    }
    const words = `${event.host.slice(0, 40)} muted by ${(session?.user ?? '').slice(0, 24)}, ${formatStamp(now)}`
    const when = { kind: 'once', from: now, to: now + time.seconds } as const
    for (let i = 1; i <= TRIES; i++) {
      const name = i === 1 ? words : `${words} (${i})`
      const added = await web.store.maintenanceWindows.add({ name, host: escapePattern(event.host), when })
      if (added === null) continue
      note(`${event.host}: ${time.words}`)
      if (wantsJson)
        return Response.json({ words: `Muted ${event.host} for ${time.words}.`, undo: null, isDone: true })
      return redirect(readLocalPath(form.get('back') ?? `/events/${event.id}`))
    }
    throw new HttpError(409, 'Another window of this name was added meanwhile. Try again.')
  },
)
