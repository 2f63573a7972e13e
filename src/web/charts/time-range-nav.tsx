/** @jsxImportSource #markup */

import { icon } from '../ui/icons.tsx'
import type { Html } from '../ui/markup/html.ts'
import type { Attributes } from '../ui/markup/jsx-elements.ts'
import { neighbourRanges, type TimeRange } from './time-range.ts'

export type RangeChoicesOptions = {
  /** The label of the choices for screen readers. */
  readonly label: string
  readonly ranges: readonly { readonly key: string; readonly words: string }[]
  /** Key of the one in force; null when it is none of them. */
  readonly current: string | null
  /** The address of the page with another one. */
  readonly address: (key: string) => string
  /** The attribute by which the page's script knows the links. */
  readonly mark?: Attributes
}

/** A choice among times that are offered by name. */
export function rangeChoices({ label, ranges, current, address, mark = {} }: RangeChoicesOptions): Html {
  return (
    <nav class="wide" aria-label={label}>
      <ul class="segments">
        {ranges.map(({ key, words }) => (
          <li>
            <a href={address(key)} title={words} {...mark} aria-current={key === current && 'true'}>
              {key}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

export type TimeRangeNavOptions = {
  readonly timeRange: TimeRange
  readonly now: number
  /** The address of the page at another time. */
  readonly address: (time: URLSearchParams) => string
  /** The attribute by which the page's script knows the links. */
  readonly mark: Attributes
}

/** The ways from the time that a graph shows to those around and within it. */
export function timeRangeNav({ timeRange, now, address, mark }: TimeRangeNavOptions): Html {
  const { earlier, wider, closer, later } = neighbourRanges(timeRange, now)
  const step = (query: string | null, words: Html) =>
    query === null ? (
      // It can still have the focus, so that a user who has just pressed it with the keyboard keeps the
      // focus.
      <a class="button" role="link" aria-disabled="true" tabindex="0">
        {words}
      </a>
    ) : (
      <a class="button" href={address(new URLSearchParams(query))} {...mark}>
        {words}
      </a>
    )
  return (
    <>
      <div class="steps">
        {step(earlier, <>{icon('back')}Earlier</>)}
        {step(later, <>Later{icon('forward')}</>)}
        {step(wider, <>{icon('zoom-out')}Zoom out</>)}
        {step(closer, <>{icon('zoom-in')}Zoom in</>)}
      </div>
      <span class="soft hint">or drag across the graph</span>
    </>
  )
}
