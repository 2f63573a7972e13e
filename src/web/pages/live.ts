import { HttpError, route } from '../http/route.ts'

/** The stream that notifies an open page when to fetch its live parts again. */
export const livePage = route({ path: '/live', access: 'viewer' }, ({ session, sessionToken, web }) => {
  const stream = web.live.open(
    session?.user ?? '',
    async () => sessionToken !== null && (await web.sessions.isAlive(sessionToken)),
  )
  if (!stream) throw new HttpError(503, 'Too many pages are live at this time.', { 'retry-after': '60' })
  return stream
})
