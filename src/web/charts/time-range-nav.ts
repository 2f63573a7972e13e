import { type Html, html } from '../ui/html.ts'
import { icon } from '../ui/icons.ts'
import { neighbourRanges, type TimeRange } from './time-range.ts'

export type TimeRangeNavOptions = {
  readonly timeRange: TimeRange
  readonly now: number
  /** The address of the page at another time. */
  readonly address: (time: URLSearchParams) => string
  /** The attribute by which the page's script knows the links. */
  readonly mark: Html
}

/** The ways from the time that a graph shows to those around and within it. */
export function timeRangeNav({ timeRange, now, address, mark }: TimeRangeNavOptions): Html {
  const { earlier, wider, closer, later } = neighbourRanges(timeRange, now)
  const step = (query: string | null, words: Html) =>
    query === null
      ? // Still a stop for the keyboard: whoever has just used it keeps the focus.
        html`<a class="button" role="link" aria-disabled="true" tabindex="0">${words}</a>`
      : html`<a class="button" href="${address(new URLSearchParams(query))}"${mark}>${words}</a>`
  return html`<div class="steps">${step(earlier, html`${icon('back')}Earlier`)}${step(later, html`Later${icon('forward')}`)}${step(wider, html`${icon('zoom-out')}Zoom out`)}${step(closer, html`${icon('zoom-in')}Zoom in`)}</div><span class="soft hint">or drag across the graph</span>`
}
