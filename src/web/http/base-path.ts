import { LIVE_PAGE_HEADER } from '../ui/page-delta.ts'

/**
 * Serves the website below a path of a domain, as `web.base_path` sets it: `/monitor`. Inside, all addresses
 * are those of a website of its own; here the path is added to outgoing addresses and removed from incoming
 * ones. A proxy may remove it already, so requests without it are answered too.
 */

/** Attributes that hold an address of ours. The markup writes them in this one way, and escapes quotes in texts. */
const ADDRESSES = /( (?:href|src|action|formaction|data-kiosk-next))="\/(?!\/)/g

/** The page with the path before every address, and with the path in an attribute for the scripts. */
export function addBasePath(markup: string, base: string): string {
  if (base === '') return markup
  return markup.replace(ADDRESSES, `$1="${base}/`).replace('<html ', `<html data-base="${base}" `)
}

/** An answer as it goes out. Pages that browsers hold have the path already, because their changes build on them. */
export async function addBaseToResponse(response: Response, base: string): Promise<Response> {
  if (base === '') return response
  const { headers } = response
  const location = headers.get('location')
  if (location?.startsWith('/') && !location.startsWith('//')) headers.set('location', base + location)
  const isPage = headers.get('content-type')?.startsWith('text/html') && !headers.has(LIVE_PAGE_HEADER)
  if (!isPage || !response.body) return response
  return new Response(addBasePath(await response.text(), base), { status: response.status, headers })
}

/** The path of a request without that before it. */
export function removeBasePath(path: string, base: string): string {
  if (base === '' || !path.startsWith(base)) return path
  const rest = path.slice(base.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : path
}
