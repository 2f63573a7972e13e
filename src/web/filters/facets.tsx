/** @jsxImportSource #markup */
import { facetKey, facetValue, groupFacets } from '../../domain/hosts/facet.ts'
import { isGroupName } from '../../domain/hosts/group.ts'
import { HttpError } from '../http/route.ts'
import type { Html } from '../ui/markup/html.ts'

/** More choices than these in one address are refused. */
const MAX_CHOSEN = 50

/** Groups that an address asks for: alternatives within a facet, all facets together. */
export type ChosenFacets = {
  readonly chosen: readonly string[]
  readonly lists: readonly (readonly string[])[]
}

/** Throws an HttpError for what can be no group. */
export function readFacets(url: URL): ChosenFacets {
  const texts = url.searchParams.getAll('group').map((text) => text.trim().toLowerCase())
  const chosen = [...new Set(texts.filter((text) => text !== ''))]
  const wrong = chosen.find((text) => !isGroupName(text))
  if (wrong !== undefined)
    throw new HttpError(
      400,
      `group: expected names of groups such as "web" or "site:ams1", got ${JSON.stringify(wrong.slice(0, 40))}`,
    )
  if (chosen.length > MAX_CHOSEN) throw new HttpError(400, `group: expected at most ${MAX_CHOSEN} groups`)
  return { chosen, lists: [...groupFacets(chosen).values()] }
}

/** The groups as parameters of a link to another page: `group=site%3Aams1`, with what stands before where there are any. */
export function keepFacets({ chosen }: ChosenFacets, before = ''): string {
  if (chosen.length === 0) return ''
  return before + chosen.map((group) => `group=${encodeURIComponent(group)}`).join('&')
}

/** Another choice of groups at this address, from the beginning of the list. */
function withGroups(url: URL, groups: readonly string[]): string {
  const parameters = new URLSearchParams(url.searchParams)
  for (const name of ['group', 'offset']) parameters.delete(name)
  for (const group of groups) parameters.append('group', group)
  const query = parameters.toString()
  return query === '' ? url.pathname : `${url.pathname}?${query}`
}

/** A menu for each facet that hosts have; each entry is a link, so that it works without scripts. Nothing without groups. */
export function facetBar(url: URL, groups: readonly string[], { chosen }: ChosenFacets): Html | null {
  const known = [...new Set([...groups, ...chosen])].sort()
  if (known.length === 0) return null
  return (
    <nav class="facets" aria-label="Groups">
      {[...groupFacets(known)].map(([key, values]) => facetMenu(url, key, values, chosen))}
      {chosen.length > 0 && (
        <a class="facet-clear" href={withGroups(url, [])}>
          Clear
        </a>
      )}
    </nav>
  )
}

function facetMenu(url: URL, key: string, values: readonly string[], chosen: readonly string[]): Html {
  const mine = chosen.filter((group) => facetKey(group) === key)
  const title = key === '' ? 'group' : key
  const words = mine.length === 0 ? 'any' : mine.map(facetValue).join(', ')
  return (
    <details class="menu facet" name="facet" id={`facet-${key}`}>
      <summary class={mine.length > 0 ? 'button chosen' : 'button'}>
        <span class="soft">{title}:</span> <span class="facet-words">{words}</span>
      </summary>
      <ul class="menu-body">
        {values.map((group) => {
          const isChosen = mine.includes(group)
          const next = isChosen ? chosen.filter((one) => one !== group) : [...chosen, group]
          return (
            <li>
              <a href={withGroups(url, next)} aria-current={isChosen && 'true'}>
                {facetValue(group)}
              </a>
            </li>
          )
        })}
      </ul>
    </details>
  )
}
