/** The text shown in place of a secret. */
export const HIDDEN = '********'

/**
 * Hides in an address who signs in at it, and all of its query, which may hold a token. Other texts stay as they
 * are. Of an address that is wrong all is hidden that may be a password: one that holds a slash, `?` or `#` that
 * was not written as % and two digits. What is hidden already stays as it is. The work is linear in the length of
 * the text.
 */
export function hideInAddress(text: string): string {
  const scheme = text.indexOf('://')
  if (scheme < 0) return text
  const from = scheme + '://'.length
  const end = text.slice(from).search(/[/?#]/)
  const place = end < 0 ? text.slice(from) : text.slice(from, from + end)
  // A colon with anything but a port behind it begins a password.
  const signsIn = place.includes('@') || /:(?!\d*$)/.test(place)
  const at = signsIn ? text.lastIndexOf('@') : -1
  const behind = at < from ? from : at + 1
  const who = at < from ? '' : text.slice(from, at)
  const query = text.slice(behind).search(/[?#]/)
  const shown = query < 0 ? text.slice(behind) : `${text.slice(behind, behind + query + 1)}${HIDDEN}`
  return `${text.slice(0, from)}${at < from ? '' : `${IS_HIDDEN.test(who) ? who : HIDDEN}@`}${shown}`
}

const IS_HIDDEN = /^[^:]*:\*{8}$/

/** Does so in every text of a value, at any depth. */
export function hideInValue(value: unknown, hide: (text: string) => string = hideInAddress): unknown {
  if (typeof value === 'string') return hide(value)
  if (Array.isArray(value)) return value.map((item) => hideInValue(item, hide))
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideInValue(item, hide)]))
}
