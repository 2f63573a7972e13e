import { MAX_GROUPS, readGroups } from '../hosts/group.ts'
import type { Access } from './user.ts'

/** The groups of hosts that a token is to be limited to, as people write them; null, for all hosts, of an empty text. */
export function readTokenScope(
  text: string,
): { readonly groups: readonly string[] | null } | { readonly problem: string } {
  const { groups, wrong } = readGroups(text)
  const [first] = wrong
  if (first !== undefined)
    return {
      problem: `expected names of groups such as web or site:ams1, got ${JSON.stringify(first.slice(0, 40))}`,
    }
  if (groups.length > MAX_GROUPS) return { problem: `expected at most ${MAX_GROUPS} groups` }
  return { groups: groups.length === 0 ? null : groups }
}

/** For the audit log: `as operator for hosts of web, berlin`. */
export const describeTokenScope = (access: Access, groups: readonly string[] | null): string =>
  `as ${access}${groups === null ? '' : ` for hosts of ${groups.join(', ')}`}`
