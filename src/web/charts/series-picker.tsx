/** @jsxImportSource #markup */

import { MAX_HOST_NAME } from '../../domain/hosts/host.ts'
import type { HostStore } from '../../storage/ports/store.ts'
import { searchInput } from '../ui/form-fields.tsx'
import { formatCount } from '../ui/format.ts'
import type { Html } from '../ui/markup/html.ts'
import { type SeriesRef, writeRef } from './series-ref.ts'

/** Hosts whose metrics are searched, and hosts that are read for that. */
const MAX_HOSTS = 12
const LOOKED_AT = 200
const MAX_CHOICES = 60
const MAX_WORDS = 100

/** The result of a search for metrics of hosts. */
export type PickerChoices = {
  readonly host: string
  readonly metric: string
  readonly group: string | null
  readonly found: readonly SeriesRef[]
  readonly isMore: boolean
}

/** Looks for what the fields of the picker ask; null when they ask for nothing. Every word has to be part of a metric's name. */
export async function findChoices(
  hosts: Pick<HostStore, 'list' | 'metrics'>,
  { searchParams: parameters }: URL,
  chosenGroup: string | null,
  upSince: number,
): Promise<PickerChoices | null> {
  const host = (parameters.get('host') ?? '').trim().slice(0, MAX_HOST_NAME)
  const metric = (parameters.get('metric') ?? '').trim().slice(0, MAX_WORDS)
  const group = parameters.has('host') || parameters.has('metric') ? chosenGroup : null
  if (host === '' && metric === '' && group === null) return null
  const words = metric.toLowerCase().split(/\s+/).filter(Boolean)
  const search = { ...(host === '' ? {} : { search: host }), ...(group === null ? {} : { group }) }
  const list = await hosts.list({ upSince, sort: 'name', limit: LOOKED_AT, ...search })
  // The search looks at addresses and more too: those that are called so come first.
  const isCalled = ({ name }: { readonly name: string }) => name.includes(host.toLowerCase())
  const called = list.hosts.filter(isCalled)
  const tried = (called.length > 0 ? called : list.hosts).slice(0, MAX_HOSTS)
  const found: SeriesRef[] = []
  for (const { name } of tried) {
    const metrics = await hosts.metrics(name)
    for (const one of metrics) {
      const text = one.toLowerCase()
      if (words.every((word) => text.includes(word))) found.push({ host: name, metric: one })
    }
  }
  const isMore = found.length > MAX_CHOICES || (called.length > 0 ? called.length : list.total) > MAX_HOSTS
  return { host, metric, group, found: found.slice(0, MAX_CHOICES), isMore }
}

export type PickerOptions = {
  /** The address that both forms lead to. */
  readonly action: string
  /** Parameters of the address that stay, besides the group. */
  readonly kept: readonly (readonly [name: string, value: string])[]
  readonly groups: readonly string[]
  readonly group: string | null
  readonly choices: PickerChoices | null
  readonly taken: readonly SeriesRef[]
  readonly most: number
}

/** Two fields that search, and the hits to be ticked; both are forms that only change the address. */
export function pickerForm({ action, kept, groups, group, choices, taken, most }: PickerOptions): Html {
  const hidden = kept.map(([name, value]) => <input type="hidden" name={name} value={value} />)
  if (taken.length >= most) return <p class="soft">The graph is full. Remove a line to add another.</p>
  return (
    <>
      <form class="span-form" method="get" action={action}>
        {hidden}
        {searchInput('Host', {
          name: 'host',
          value: choices?.host ?? '',
          placeholder: 'part of its name',
          maxLength: MAX_HOST_NAME,
        })}
        {searchInput('Metric', {
          name: 'metric',
          value: choices?.metric ?? '',
          placeholder: 'memory used',
          maxLength: MAX_WORDS,
        })}
        {groupChoice(groups, group)}
        <button type="submit">Find</button>
      </form>
      {choices &&
        hits(
          action,
          choices,
          [...hidden, group === null ? <></> : <input type="hidden" name="group" value={group} />],
          taken,
        )}
    </>
  )
}

function groupChoice(groups: readonly string[], chosen: string | null): Html | null {
  const known = chosen === null || groups.includes(chosen) ? groups : [chosen, ...groups]
  if (known.length === 0) return null
  return (
    <label>
      Group{' '}
      <select name="group">
        <option value="">all</option>
        {known.map((one) => (
          <option selected={one === chosen}>{one}</option>
        ))}
      </select>
    </label>
  )
}

function hits(
  action: string,
  { found, isMore }: PickerChoices,
  hidden: readonly Html[],
  taken: readonly SeriesRef[],
): Html {
  const known = new Set(taken.map(writeRef))
  const fresh = found.filter((ref) => !known.has(writeRef(ref)))
  if (fresh.length === 0)
    return (
      <p class="soft picks-none">
        {found.length > 0 ? 'Everything found is already in the graph.' : 'No results. Try a shorter term.'}
      </p>
    )
  return (
    <form method="get" action={action} class="picks-form">
      {hidden}
      <fieldset class="plain-set">
        <legend class="visually-hidden">Found</legend>
        <ul class="picks">
          {fresh.map((ref) => {
            const value = writeRef(ref)
            return (
              <li>
                <label>
                  <input type="checkbox" name="series" value={value} /> <b>{ref.host}</b>{' '}
                  <span>{ref.metric}</span>
                </label>
              </li>
            )
          })}
        </ul>
      </fieldset>
      <p class="picks-end">
        <button class="primary" type="submit">
          Add to the graph
        </button>
        <span class="soft">
          {formatCount(fresh.length, 'metric')}
          {isMore && ' shown, there are more: add a word to narrow the search'}
        </span>
      </p>
    </form>
  )
}
