/** @jsxImportSource #markup */
import { readInteger, readText } from '../../http/query-parameters.ts'
import { route } from '../../http/route.ts'
import { pager, stampLabel, withParameters } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { settingsPage } from './settings-layout.tsx'

const PAGE = 100
const COLUMNS: readonly ListColumn[] = [
  { name: 'When', className: 'stamp' },
  { name: 'Who', namesRow: true, breaks: true },
  { name: 'What', breaks: true },
  { name: 'Where from', breaks: true },
]
const WAYS = { website: 'website', api: 'API', shell: 'shell', agent: 'agent' } as const

export const auditPage = route({ path: '/settings/audit', access: 'admin' }, async (request) => {
  const { url, web } = request
  const actor = readText(url, 'actor', 255)?.trim()
  const search = readText(url, 'search', 200)?.trim()
  const offset = readInteger(url, 'offset', { min: 0, max: 1e9, default: 0 })
  const { total, entries } = await web.store.audit.list({
    ...(actor ? { actor } : {}),
    ...(search ? { search } : {}),
    offset,
    limit: PAGE,
  })
  const isFiltered = Boolean(actor || search)
  const rows = entries.map(({ time, actor: who, way, address, action, detail }) => ({
    cells: [
      stampLabel(time),
      <a class="plain" href={withParameters(url, { actor: who, offset: null })}>
        {who}
      </a>,
      <>
        {action}
        {detail !== '' && (
          <>
            {' '}
            <span class="soft">{detail}</span>
          </>
        )}
      </>,
      <>
        {WAYS[way]} <span class="soft">{address}</span>
      </>,
    ],
  }))
  return settingsPage(request, {
    title: 'Audit log',
    lead: `${formatCount(total, 'change')}${isFiltered ? ' matching' : ''}, newest first.`,
    body: (
      <>
        <form class="filters" method="get" action="/settings/audit">
          <label>
            Who{' '}
            <input
              type="text"
              name="actor"
              value={actor ?? ''}
              autocomplete="off"
              spellcheck="false"
              maxlength={255}
            />
          </label>
          <label>
            What{' '}
            <input
              type="text"
              name="search"
              value={search ?? ''}
              autocomplete="off"
              spellcheck="false"
              maxlength={200}
            />
          </label>
          <button type="submit">Filter</button>
          {isFiltered && <a href="/settings/audit">Show all</a>}
        </form>
        {entries.length === 0 ? (
          <section class="empty">
            <h2>{isFiltered ? 'No matching change' : 'No changes yet'}</h2>
            <p>
              Sign-ins and every change made on the website, through the API or from a shell are listed here.
            </p>
          </section>
        ) : (
          <>
            {listTable(COLUMNS, rows)}
            {pager({ url, offset, limit: PAGE, total })}
          </>
        )}
      </>
    ),
  })
})
