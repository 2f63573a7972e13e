/** @jsxImportSource #markup */
import { notFound, route } from '../../http/route.ts'
import { eventPath, madeLine } from '../../ui/components.tsx'
import { readId } from '../../ui/form-fields.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import { actionResult } from './action-result.tsx'
import { eventView } from './event-view.tsx'
import { readEvent } from './read-event.ts'

export const eventPage = route({ path: '/events/:id', access: 'viewer' }, async (request) => {
  const { params, url, session, csrf, now, web } = request
  const event = await web.store.events.find(readId(params.id))
  if (!event) throw notFound('event')
  const model = await readEvent(event, request, eventPath(event.id))
  return layout({
    title: `${event.host}: ${model.problem.text}`,
    active: 'events',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine({ now, web })}
        {await actionResult(request)}
        {eventView(model)}
      </>
    ),
  })
})
