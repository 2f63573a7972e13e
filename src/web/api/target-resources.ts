import { findTargetErrors } from '../../domain/notifications/rule-check.ts'
import type { Target } from '../../domain/notifications/target.ts'
import { HttpError, notFound, route, type WebRequest } from '../http/route.ts'
import { readBody } from './request-body.ts'
import { readId, resource } from './resource.ts'

/** Targets, for administrators: addresses may hold secrets. */
export const apiTargets = resource<Target>({
  path: '/api/v1/targets',
  one: 'target',
  many: 'targets',
  read: 'admin',
  write: 'admin',
  store: ({ store }) => store.targets,
  describe: ({ id, name, channel, address }) => ({ id, name, channel, address }),
  parse: async ({ body, web }: WebRequest) => {
    const fields = readBody(body)
    const target = {
      name: fields.text('name'),
      channel: fields.text('channel'),
      address: fields.text('address', ''),
    }
    fields.finish(findTargetErrors(target, web.notifier.channels))
    return target
  },
  async remove({ store }, id) {
    const result = await store.targets.delete(id)
    if (result === 'used')
      throw new HttpError(409, 'A rule uses this target: change or delete the rule first.')
    return result === 'deleted'
  },
})

/** Sends one message now; the response contains whether the receiver accepted it. */
export const apiTargetTest = route(
  {
    path: '/api/v1/targets/:id/test',
    method: 'POST',
    access: 'admin',
    does: 'send test message',
    doc: 'Sends a test message to a target; says whether it was delivered, and the answer.',
  },
  async ({ params, body, web, note }) => {
    readBody(body).finish()
    const target = await web.store.targets.find(readId(params))
    if (!target) throw notFound('target')
    const { isDelivered, answer } = await web.notifier.sendTest(target.channel, target.address)
    note(`${target.name}: ${isDelivered ? 'delivered' : 'rejected'}`)
    return Response.json({ delivered: isDelivered, answer })
  },
)
