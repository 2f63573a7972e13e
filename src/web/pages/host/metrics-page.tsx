/** @jsxImportSource #markup */
import { readText } from '../../http/query-parameters.ts'
import { findHost, route } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import { metricRows } from './host-lists.tsx'
import { hostPartPage } from './host-part-page.tsx'

const MAX_WORDS = 100

/** Every metric of one host, and those that have some words in their names. */
export const metricsPage = route({ path: '/hosts/:name/metrics', access: 'viewer' }, async (request) => {
  const { url, web } = request
  const host = await findHost(request)
  const text = readText(url, 'metric', MAX_WORDS) ?? ''
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const all = await web.store.hosts.metrics(host.name)
  const metrics = all.filter((metric) => words.every((word) => metric.toLowerCase().includes(word)))
  return hostPartPage(request, host.name, {
    title: 'Metrics',
    lead:
      metrics.length === all.length
        ? formatCount(all.length, 'metric')
        : `${metrics.length} of ${formatCount(all.length, 'metric')}`,
    body: (
      <>
        <form class="filters one-line" method="get" action={`${hostPath(host.name)}/metrics`}>
          <input
            type="text"
            name="metric"
            value={text}
            maxlength={MAX_WORDS}
            autocomplete="off"
            spellcheck="false"
            aria-label="Words of the name"
            placeholder="filesystem used"
          />
          <button type="submit">Filter</button>
        </form>
        {metrics.length === 0 ? (
          <p class="soft">No results. Try a shorter term.</p>
        ) : (
          metricRows({ host, metrics, query: '' })
        )}
      </>
    ),
  })
})
