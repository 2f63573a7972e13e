/** @jsxImportSource #markup */
import { isNumberForm } from '../../../domain/metrics/unit.ts'
import { RANGES } from '../../charts/time-range.ts'
import { timeRangeForm } from '../../charts/time-range-form.tsx'
import { rangeChoices, timeRangeNav } from '../../charts/time-range-nav.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { saveViewPath } from '../../ui/save-view.tsx'
import { graphAddress, graphParameters, graphPath } from './graph-address.ts'
import type { GraphModel } from './graph-model.ts'
import { EARLIER } from './read-graph.ts'

/** The ways to other times, other looks and out of the page. */
export function graphControls(model: GraphModel): Html {
  const { timeRange, now } = model
  return (
    <div class="ranges">
      {rangeChoices({
        label: 'Range',
        ranges: RANGES,
        current: timeRange.range,
        address: (key) => graphAddress(model, { time: new URLSearchParams({ range: key }) }),
        mark: { 'data-chart-link': true },
      })}
      {timeRangeNav({
        timeRange,
        now,
        address: (time) => graphAddress(model, { time }),
        mark: { 'data-chart-link': true },
      })}
      <details class="any-time" id="any-time">
        <summary>Custom range</summary>
        {timeRangeForm(timeRange, now, graphParameters(model, { time: new URLSearchParams() }))}
      </details>
      {looks(model)}
      {ways(model)}
    </div>
  )
}

/** Links that switch one look on or off. */
function looks(model: GraphModel): Html | null {
  const { options, plan, isDownsampled } = model
  const look = (words: string, isOn: boolean, href: string, title: string) => (
    <li>
      <a href={href} title={title} data-chart-link aria-current={isOn && 'true'}>
        {words}
      </a>
    </li>
  )
  const hasWords = !isNumberForm(plan.leftForm)
  const isAlone = plan.lines.length === 1
  if (hasWords && !isAlone) return null
  const hasPercent = plan.leftUnit === '%' || plan.rightUnit === '%'
  return (
    <nav class="looks" aria-label="Look">
      <ul class="segments">
        {!hasWords &&
          look(
            'Fit',
            options.isFitted,
            graphAddress(model, { options: { isFitted: !options.isFitted } }),
            hasPercent ? 'Fit the scale to the values, instead of 0 to 100 %' : 'Fit the scale to the values',
          )}
        {!hasWords &&
          (isDownsampled || options.showsPeaks) &&
          look(
            'Peaks',
            options.showsPeaks,
            graphAddress(model, { options: { showsPeaks: !options.showsPeaks } }),
            'Draw the greatest value of each step',
          )}
        {isAlone &&
          EARLIER.map((one) => {
            const isOn = options.before?.key === one.key
            return look(
              `+ ${one.words}`,
              isOn,
              graphAddress(model, { options: { before: isOn ? null : one } }),
              'The same line behind it, of the time before',
            )
          })}
      </ul>
    </nav>
  )
}

function ways(model: GraphModel): Html {
  const { own, plan } = model
  const query = new URLSearchParams(graphParameters(model)).toString()
  const name = own !== null && plan.lines.length === 1 ? `${own.host}-${own.metric}` : 'comparison'
  return (
    <div class="saves">
      {own !== null && (
        <a class="button" href="#add-lines">
          Compare
        </a>
      )}
      <a class="button" href={saveViewPath(graphAddress(model))}>
        Save view
      </a>
      <button class="scripted-only" type="button" data-copy-address>
        Copy link
      </button>
      <a class="button" href={`${graphPath(model)}/csv?${query}`} download>
        CSV
      </a>
      <button class="scripted-only" type="button" data-save-png={name}>
        PNG
      </button>
    </div>
  )
}
