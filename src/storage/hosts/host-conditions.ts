import type { Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { HostQuery } from '../ports/store.ts'
import { HOSTS_OF_GROUP, hostsOfGroups } from './groups.ts'
import { foldCase } from './host-facts.ts'

/** A condition of a statement over `host`, with the word WHERE; empty text where every host matches. */
export type HostCondition = { readonly sql: string; readonly values: readonly Value[] }

/** The condition that the hosts of a query fulfil. */
export function whereHosts(query: HostQuery): HostCondition {
  const parts: string[] = []
  const values: Value[] = []
  if (query.search) {
    parts.push('INSTR(search_text, ?) > 0')
    values.push(foldCase(query.search))
  }
  if (query.group !== undefined) {
    parts.push(`id IN (${HOSTS_OF_GROUP})`)
    values.push(query.group)
  }
  for (const alternatives of [...(query.facets ?? []), ...(query.withinGroups ? [query.withinGroups] : [])]) {
    // No database knows an empty list.
    parts.push(alternatives.length === 0 ? '1 = 0' : `id IN (${hostsOfGroups(alternatives.length)})`)
    values.push(...alternatives)
  }
  if (query.names !== undefined) {
    parts.push(query.names.length === 0 ? '1 = 0' : `name IN (${placeValues(query.names.length)})`)
    values.push(...query.names)
  }
  if (query.withoutNames !== undefined && query.withoutNames.length > 0) {
    parts.push(`name NOT IN (${placeValues(query.withoutNames.length)})`)
    values.push(...query.withoutNames)
  }
  if (query.status === 'down') {
    parts.push('last_seen < ?')
    values.push(query.upSince)
  } else if (query.status === 'up') {
    // The plus keeps the index of last_seen out of it: nearly all are up, and the order's index is the better
    // one.
    parts.push('+last_seen >= ?')
    values.push(query.upSince)
  }
  return { sql: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values }
}
