import { SEVERITY_NAMES } from '../domain/event.ts'
import { metricUnit, type Unit } from '../domain/metric.ts'
import type { MetricFamily } from '../domain/metric-family.ts'
import { createThresholdBook, describeDuration, type Threshold } from '../domain/threshold.ts'
import { standardThresholds } from '../domain/threshold-standard.ts'
import { type Html, html } from './html.ts'
import { severityMark } from './icons.ts'
import { capitalize } from './widgets.ts'
import { formatValue } from './words.ts'

/** What each metric is, where it is found, and how an agent judges it when its configuration says nothing. */
export function metricTable(metrics: readonly MetricFamily[]): Html {
  const standard = createThresholdBook([], standardThresholds({ processors: 1 }))
  const rows = metrics.map(({ name, doc, systems }) => {
    const unit = metricUnit(name)
    const thresholds = standard.of(name)
    return html`<tr><th scope="row" class="anywhere"><code>${breakable(name)}</code></th><td>${unit}</td><td>${doc}${thresholds.length > 0 && standardView(thresholds, unit)}</td><td>${systems ?? 'Linux, Windows'}</td></tr>\n`
  })
  return html`<div class="scroller"><table class="table"><thead><tr><th scope="col">Name</th><th scope="col">Unit</th><th scope="col">What it is</th><th scope="col">On</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

/** Long names are broken behind their dots. */
const breakable = (name: string): Html =>
  html`${name.split('.').map((part, i) => (i === 0 ? part : html`.<wbr>${part}`))}`

/** `▲ > 85.0% ◆ > 90.0% for 15 minutes`. */
function standardView(thresholds: readonly Threshold[], unit: Unit): Html {
  const [first] = thresholds
  return html`<p class="standard-thresholds">${thresholds.map(
    ({ severity, compare, value }) =>
      html`<span class="severity-word severity-${severity}" title="${capitalize(SEVERITY_NAMES[severity])}">${severityMark(severity)}<span class="unseen">${SEVERITY_NAMES[severity]} </span>${compare} ${formatValue(value, unit)}</span> `,
  )}${first !== undefined && first.duration > 0 && html`<span class="soft">for ${describeDuration(first.duration)}</span>`}</p>`
}
