import { HttpError, type WebRequest } from '../http/route.ts'
import { formatStamp } from '../ui/format.ts'

/** For how long people mute. */
export const MUTE_TIMES = [
  { seconds: 3600, words: '1 hour' },
  { seconds: 4 * 3600, words: '4 hours' },
  { seconds: 86_400, words: '24 hours' },
] as const

/** Names that are tried before giving up: two people may mute one host within the same second. */
const TRIES = 5

/** A name as a pattern that fits nothing else. */
export const escapePattern = (name: string) => name.replace(/[\\%*_?]/g, '\\$&')

/**
 * Holds the notifications of a host for as long as the form says: a maintenance window that begins now. Gives that
 * time in words. Throws an `HttpError`.
 */
export async function muteHostFor(
  host: string,
  { form, web, now, note, session }: WebRequest,
): Promise<string> {
  const time = MUTE_TIMES.find(({ seconds }) => String(seconds) === form.get('seconds'))
  if (!time) {
    const known = MUTE_TIMES.map(({ seconds }) => seconds).join(', ')
    throw new HttpError(400, `seconds: expected one of ${known}`)
  }
  const words = `${host.slice(0, 40)} muted by ${(session?.user ?? '').slice(0, 24)}, ${formatStamp(now)}`
  const when = { kind: 'once', from: now, to: now + time.seconds } as const
  for (let i = 1; i <= TRIES; i++) {
    const name = i === 1 ? words : `${words} (${i})`
    const added = await web.store.maintenanceWindows.add({ name, host: escapePattern(host), when })
    if (added === null) continue
    note(`${host}: ${time.words}`)
    return time.words
  }
  throw new HttpError(409, 'Another window of this name was added meanwhile. Try again.')
}
