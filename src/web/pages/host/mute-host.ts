import { HttpError, notFound, redirect, route } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'
import { formatStamp } from '../../ui/format.ts'
import { escapePattern, MUTE_TIMES } from './host-head.tsx'

/** Names that are tried before giving up: two people may mute one host within the same second. */
const TRIES = 5

/** Holds the notifications of one host for a while: a maintenance window that begins now. */
export const muteHost = route(
  { path: '/hosts/:name/mute', method: 'POST', access: 'operator', does: 'mute host' },
  async ({ params, form, web, now, note, session }) => {
    const name = params.name ?? ''
    if (!(await web.store.hosts.find(name))) throw notFound('host')
    const time = MUTE_TIMES.find(({ seconds }) => String(seconds) === form.get('seconds'))
    if (!time) {
      const known = MUTE_TIMES.map(({ seconds }) => seconds).join(', ')
      throw new HttpError(400, `seconds: expected one of ${known}`)
    }
    const words = `${name.slice(0, 40)} muted by ${(session?.user ?? '').slice(0, 24)}, ${formatStamp(now)}`
    const when = { kind: 'once', from: now, to: now + time.seconds } as const
    for (let i = 1; i <= TRIES; i++) {
      const title = i === 1 ? words : `${words} (${i})`
      const added = await web.store.maintenanceWindows.add({ name: title, host: escapePattern(name), when })
      if (added === null) continue
      note(`${name}: ${time.words}`)
      return redirect(hostPath(name))
    }
    throw new HttpError(409, 'Another window of this name was added meanwhile. Try again.')
  },
)
