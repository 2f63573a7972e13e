/** Hosts belong to groups by the configuration of their agents and by hand. A host may be in several. */

/** Groups of a host, those of its agent and those by hand counted apart. */
export const MAX_GROUPS = 20
export const MAX_GROUP_NAME = 64

/** Lower-case letters, digits, dots, hyphens and underscores, in any script; `key:value` is a facet's. */
export function isGroupName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_GROUP_NAME &&
    /^[\p{L}\p{N}][\p{L}\p{N}._-]*(:[\p{L}\p{N}][\p{L}\p{N}._-]*)?$/u.test(name) &&
    name === name.toLowerCase()
  )
}

/** Names as people write them, between commas or spaces; `wrong` are those that can't be names. */
export function readGroups(text: string): { groups: string[]; wrong: string[] } {
  const words = text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
  return { groups: mergeGroups(words.filter(isGroupName)), wrong: words.filter((word) => !isGroupName(word)) }
}

/** All of them once, in the order of their names. */
export function mergeGroups(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort()
}
