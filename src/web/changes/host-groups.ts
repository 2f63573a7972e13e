import { MAX_GROUPS, readGroups } from '../../domain/hosts/group.ts'
import { HttpError, notFound, type WebRequest } from '../http/route.ts'

/**
 * Puts groups, given as a text, in place of those that people gave the host of the request. Throws an
 * `HttpError`.
 */
export async function giveGroups({ params, web, note }: WebRequest, text: string) {
  const name = params.name ?? ''
  const { groups, wrong } = readGroups(text)
  if (wrong.length > 0)
    throw new HttpError(
      400,
      `“${(wrong[0] ?? '').slice(0, 80)}” can't be the name of a group: letters, digits, dots, hyphens and underscores, at most 64.`,
    )
  if (groups.length > MAX_GROUPS) throw new HttpError(400, `A host is in at most ${MAX_GROUPS} groups.`)
  if (!(await web.store.hosts.giveGroups(name, groups))) throw notFound('host')
  note(`${name}: ${groups.join(', ') || 'none'}`)
  return { name, groups }
}
