import type { MaintenanceWindow } from '../../domain/time/maintenance-window.ts'
import { HttpError, type WebRequest } from '../http/route.ts'
import { formatStamp } from '../ui/format.ts'
import { readLocalTime, zoneOf } from '../ui/local-time.ts'

/** For how long people mute. */
export const MUTE_TIMES = [
  { seconds: 3600, words: '1 hour' },
  { seconds: 4 * 3600, words: '4 hours' },
  { seconds: 86_400, words: '24 hours' },
] as const
/** The choice that takes the time of the field `until`. */
export const UNTIL = 'until'

const LONGEST_DAYS = 366
/** Names that are tried before giving up: two people may mute one host within the same second. */
const TRIES = 5

/** A name as a pattern that matches nothing else. */
export const escapePattern = (name: string) => name.replace(/[\\%*_?]/g, '\\$&')

/** A mute as the way to undo it names it. */
export type Muted = { readonly window: number; readonly from: number; readonly to: number }

/** The end of the mute from the form's fields, or the text of what is wrong with them. */
export function readMuteEnd(request: WebRequest): { readonly to: number } | { readonly problem: string } {
  const { form, now } = request
  const chosen = form.get('seconds')
  const time = MUTE_TIMES.find(({ seconds }) => String(seconds) === chosen)
  if (time) return { to: now + time.seconds }
  if (chosen !== UNTIL) {
    const known = MUTE_TIMES.map(({ seconds }) => seconds).join(', ')
    return { problem: `seconds: expected one of ${known}, or “${UNTIL}” with a time` }
  }
  const to = readLocalTime((form.get('until') ?? '').trim(), zoneOf(request))
  if (to === null) return { problem: 'Expected a day and a time.' }
  if (to <= now) return { problem: 'Expected a time to come: this one is over.' }
  if (to > now + LONGEST_DAYS * 86_400)
    return { problem: `Expected a time within ${LONGEST_DAYS} days. A maintenance window can last longer.` }
  return { to }
}

/** Holds the notifications of a host until `to`: a maintenance window that begins now. Throws an `HttpError`. */
export async function muteHostUntil(
  host: string,
  to: number,
  { web, now, note, session }: WebRequest,
): Promise<Muted> {
  const words = `${host.slice(0, 40)} muted by ${(session?.user ?? '').slice(0, 24)}, ${formatStamp(now)}`
  for (let i = 1; i <= TRIES; i++) {
    const name = i === 1 ? words : `${words} (${i})`
    const window = await web.store.maintenanceWindows.add({
      name,
      host: escapePattern(host),
      when: { kind: 'once', from: now, to },
    })
    if (window === null) continue
    note(`${host} until ${formatStamp(to)}`)
    return { window, from: now, to }
  }
  throw new HttpError(409, 'Another window of this name was added meanwhile. Try again.')
}

export const writeMuted = ({ window, from, to }: Muted): string => `mute.${window}.${from}.${to}`

/** Null for a text that does not describe a mute. */
export function readMuted(text: string | null): Muted | null {
  const [, window, from, to] = /^mute\.(\d{1,12})\.(\d{1,12})\.(\d{1,12})$/.exec(text ?? '') ?? []
  return window === undefined ? null : { window: Number(window), from: Number(from), to: Number(to) }
}

/** The window that a mute created; `deleted` or `changed` when that has happened to it since. */
export async function findMute(
  muted: Muted,
  { web }: Pick<WebRequest, 'web'>,
): Promise<MaintenanceWindow | 'deleted' | 'changed'> {
  const window = await web.store.maintenanceWindows.find(muted.window)
  if (window === null) return 'deleted'
  const { when } = window
  return when.kind === 'once' && when.from === muted.from && when.to === muted.to ? window : 'changed'
}

/** The name of the host that a mute is of. */
export const mutedHost = ({ host }: MaintenanceWindow): string => host.replace(/\\(.)/g, '$1')

/** Why a mute was not undone. */
export const describeMuteKept = (window: MaintenanceWindow | 'deleted' | 'changed'): string =>
  window === 'deleted'
    ? 'Not undone. Somebody has deleted the maintenance window meanwhile.'
    : 'Not undone. Somebody has changed the maintenance window meanwhile; it stays as it is.'

/** Ends a mute at once. `words` is the message for the user. */
export async function undoMute(
  muted: Muted,
  request: WebRequest,
): Promise<{ readonly isDone: boolean; readonly words: string }> {
  const window = await findMute(muted, request)
  if (typeof window === 'string') return { isDone: false, words: describeMuteKept(window) }
  await request.web.store.maintenanceWindows.delete(window.id)
  request.note(`mute of ${mutedHost(window)}`)
  return { isDone: true, words: `Undone. Notifications of ${mutedHost(window)} are sent again.` }
}
