/** @jsxImportSource #markup */
import { mayUse, type WebRequest } from '../../http/route.ts'
import type { Html } from '../../ui/markup/html.ts'

/** What an administrator does next who has one host so far, as after the first start; null for other users. */
export async function nextSteps(request: WebRequest): Promise<Html | null> {
  if (!mayUse(request, 'admin')) return null
  const hasRules = (await request.web.store.rules.list()).length > 0
  const step = (href: string, title: string, doc: string) => (
    <li>
      <a href={href}>
        <b>{title}</b>
        <span>{doc}</span>
      </a>
    </li>
  )
  return (
    <section class="card">
      <h2>Next steps</h2>
      <ul class="entries">
        {step('/add-host', 'Add a host', 'Commands that install an agent on Linux and Windows.')}
        {!hasRules &&
          step('/settings/rules/new', 'Get notified', 'Events by mail, to a chat, or to a program of yours.')}
        {step(
          '/settings/guide#watching',
          'Watch more',
          'Services, processes, containers, and checks of ports, websites and certificates.',
        )}
      </ul>
    </section>
  )
}
