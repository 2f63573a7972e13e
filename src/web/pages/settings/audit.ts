import { readInteger, readText } from '../../api/query.ts'
import { html } from '../../html.ts'
import { page } from '../../page.ts'
import { settingsPage } from '../../settings-frame.ts'
import { pager, stampLabel, withParameters } from '../../widgets.ts'
import { formatCount } from '../../words.ts'

const PAGE = 100
const WAYS = { website: 'website', api: 'API', shell: 'shell' } as const

export const auditPage = page({ path: '/settings/audit', access: 'admin' }, async (request) => {
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
  return settingsPage(request, {
    title: 'Audit log',
    lead: `${formatCount(total, 'change')}${isFiltered ? ' that fit' : ''}, newest first.`,
    body: html`<form class="filters" method="get" action="/settings/audit"><label>Who <input type="text" name="actor" value="${actor ?? ''}" autocomplete="off" spellcheck="false" maxlength="255"></label><label>What <input type="text" name="search" value="${search ?? ''}" autocomplete="off" spellcheck="false" maxlength="200"></label><button type="submit">Filter</button>${isFiltered && html`<a href="/settings/audit">Show all</a>`}</form>
${
  entries.length === 0
    ? html`<section class="empty"><h2>${isFiltered ? 'No change fits' : 'Nothing was changed yet'}</h2><p>Sign-ins and everything that a person changes here, by the API or from a shell are listed.</p></section>`
    : html`<div class="scroller"><table class="table"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col" class="phone-hidden">Where from</th></tr></thead><tbody>${entries.map(
        ({ time, actor: who, way, address, action, detail }) =>
          html`<tr><td class="stamp">${stampLabel(time)}</td><th scope="row" class="anywhere"><a class="plain" href="${withParameters(url, { actor: who, offset: null })}">${who}</a></th><td class="anywhere">${action}${detail !== '' && html` <span class="soft">${detail}</span>`}</td><td class="anywhere phone-hidden">${WAYS[way]} <span class="soft">${address}</span></td></tr>\n`,
      )}</tbody></table></div>${pager({ url, offset, limit: PAGE, total })}`
}`,
  })
})
