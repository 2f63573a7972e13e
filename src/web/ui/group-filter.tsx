/** @jsxImportSource #markup */
import { withParameters } from './components.tsx'
import type { Html } from './markup/html.ts'

/** More are easier found in a list that opens. */
const MAX_LINKS = 10

/** Links to the hosts of one group, and back to all; null while there are no groups. */
export function groupFilter(url: URL, groups: readonly string[], chosen: string | null): Html | null {
  if (groups.length === 0 && chosen === null) return null
  const known = chosen === null || groups.includes(chosen) ? groups : [chosen, ...groups]
  if (known.length > MAX_LINKS) return groupForm(url, known, chosen)
  const link = (group: string | null) => (
    <li>
      <a href={withParameters(url, { group, offset: null })} aria-current={group === chosen && 'true'}>
        {group ?? 'All groups'}
      </a>
    </li>
  )
  return (
    <nav class="groups" aria-label="Group">
      <ul class="group-links">{[null, ...known].map(link)}</ul>
    </nav>
  )
}

function groupForm(url: URL, groups: readonly string[], chosen: string | null): Html {
  const kept = [...url.searchParams].filter(([name]) => name !== 'group' && name !== 'offset')
  return (
    <form class="span-form groups" method="get" action={url.pathname}>
      {kept.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <label>
        Group{' '}
        <select name="group">
          <option value="">all</option>
          {groups.map((group) => (
            <option selected={group === chosen}>{group}</option>
          ))}
        </select>
      </label>
      <button type="submit">Show</button>
    </form>
  )
}

/** The group that an address asks for; null for all. */
export function readGroup(url: URL): string | null {
  const group = (url.searchParams.get('group') ?? '').trim().toLowerCase()
  return group === '' || group.length > 64 ? null : group
}
