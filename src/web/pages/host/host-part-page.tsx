/** @jsxImportSource #markup */
import type { WebRequest } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'

export type HostPart = { readonly title: string; readonly lead: string | null; readonly body: Html }

/** A page about a part of a host, below the host's own. */
export const hostPartPage = (
  { session, csrf, url }: WebRequest,
  host: string,
  { title, lead, body }: HostPart,
) =>
  layout({
    title: `${title} · ${host}`,
    active: 'hosts',
    session,
    csrf,
    url,
    body: (
      <>
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/hosts">Hosts</a> › <a href={hostPath(host)}>{host}</a>
            </p>
            <h1>{title}</h1>
            {lead !== null && <p class="lead">{lead}</p>}
          </div>
        </div>
        {body}
      </>
    ),
  })
