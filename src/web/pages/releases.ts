import { siteAddress } from '../../domain/site-address.ts'
import { isHostHeader } from '../http/host-header.ts'
import type { Releases } from '../http/releases.ts'
import { HttpError, notFound, type Route, route, type WebContext, type WebRequest } from '../http/route.ts'

/** The server's own address as others reach it over HTTPS, with a slash at its end; null over plain HTTP. */
export function findSecureBase({ isSecure, reachedAs, web }: WebRequest): string | null {
  if (!isSecure || !isHostHeader(reachedAs)) return null
  return siteAddress(`https://${reachedAs}`, web.basePath)
}

/** Public: a machine that joins has no account, and the program is not secret. */
export const RELEASE_ROUTES: readonly Route[] = [
  ...(['install.sh', 'install.ps1'] as const).map((script) =>
    route({ path: `/${script}`, access: 'public' }, (request) => {
      const { releases, base } = needReleases(request)
      return new Response(releases.writeScript(script, `${base}releases/`, request.web.findPin()), {
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      })
    }),
  ),
  route({ path: '/releases/:file', access: 'public' }, async (request) => {
    const { releases } = needReleases(request)
    const found = await releases.open(request.params.file ?? '')
    if (found === null) throw notFound('release')
    return found
  }),
]

function needReleases(request: WebRequest): { releases: Releases; base: string } {
  const { releases }: Pick<WebContext, 'releases'> = request.web
  if (releases === null) throw notFound('release')
  const base = findSecureBase(request)
  if (base === null)
    throw new HttpError(
      403,
      'Programs are handed out over HTTPS only: switch on web.tls, or use a proxy that has it.',
    )
  return { releases, base }
}
