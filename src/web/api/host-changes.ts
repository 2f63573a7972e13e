import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { deleteHost, releaseHost, renameHost } from '../changes/hosts.ts'
import { type Route, route } from '../http/route.ts'
import { readBody } from './request-body.ts'

/** For administrators: a deletion can't be undone. */
export const apiHostChanges: readonly Route[] = [
  route(
    {
      path: '/api/v1/hosts/:name/rename',
      method: 'POST',
      access: 'admin',
      scope: 'host',
      does: HOST_CHANGES.rename,
      doc: 'Gives a host another name, with all it has; its agent needs the new name too.',
    },
    async (request) => {
      const fields = readBody(request.body)
      const name = fields.text('name')
      fields.finish()
      return Response.json({ host: await renameHost(request, name) })
    },
  ),
  route(
    {
      path: '/api/v1/hosts/:name/release',
      method: 'POST',
      access: 'admin',
      scope: 'host',
      does: HOST_CHANGES.release,
      doc: 'Lets the next agent that speaks for a host own its name, as after the machine was set up anew.',
    },
    async (request) => {
      readBody(request.body).finish()
      await releaseHost(request)
      return new Response(null, { status: 204 })
    },
  ),
  route(
    {
      path: '/api/v1/hosts/:name',
      method: 'DELETE',
      access: 'admin',
      scope: 'host',
      does: HOST_CHANGES.delete,
      doc: 'Deletes a host with its samples, events and key; an agent that goes on makes it anew.',
    },
    async (request) => {
      await deleteHost(request)
      return new Response(null, { status: 204 })
    },
  ),
]
