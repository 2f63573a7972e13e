/**
 * A group whose name is `key:value` is the value of a facet: `site:ams1`. Plain names are values of the facet without a
 * name. Chosen values of one facet are alternatives; those of several have to hold together.
 */

export const facetKey = (group: string): string => {
  const at = group.indexOf(':')
  return at > 0 ? group.slice(0, at) : ''
}

/** Its name within the facet, as people read it: `ams1`. */
export const facetValue = (group: string): string => {
  const at = group.indexOf(':')
  return at > 0 ? group.slice(at + 1) : group
}

/** Groups by their facets; the facet without a name comes last. */
export function groupFacets(groups: readonly string[]): Map<string, string[]> {
  const facets = new Map<string, string[]>()
  for (const group of [...groups].sort((a, b) => Number(facetKey(a) === '') - Number(facetKey(b) === ''))) {
    const key = facetKey(group)
    const values = facets.get(key)
    if (values) values.push(group)
    else facets.set(key, [group])
  }
  return facets
}
