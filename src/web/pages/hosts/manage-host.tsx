/** @jsxImportSource #markup */

import { HOST_CHANGES } from '../../../domain/hosts/change-host.ts'
import { isHostName } from '../../../domain/hosts/host.ts'
import { deleteHost, releaseHost, renameHost } from '../../changes/hosts.ts'
import { findHost, HttpError, type Route, redirect, route, type WebRequest } from '../../http/route.ts'
import { hostPath, pageHeading } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'

const PATH = '/hosts/:name/manage'

const managePath = (host: string) => `${hostPath(host)}/manage`

/** The actions on a whole host. For administrators: a deletion can't be undone. */
const manageHostPage = route({ path: PATH, access: 'admin' }, (request) => managePage(request, null))

async function managePage(request: WebRequest, problem: string | null) {
  const { web, session, csrf, url } = request
  const host = await findHost(request)
  const hasKey = (await web.store.hosts.listKeyed([host.name])).has(host.name)
  return layout({
    title: `Manage ${host.name}`,
    active: 'hosts',
    session,
    csrf,
    body: (
      <>
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/hosts">Hosts</a> › <a href={hostPath(host.name)}>{host.name}</a>
            </p>
            {pageHeading(`Manage ${host.name}`)}
          </div>
        </div>
        {problem !== null && (
          <p class="notice error" role="alert">
            {problem}
          </p>
        )}
        {url.searchParams.get('done') === 'released' && (
          <p class="done" role="status">
            The name is released: the next agent that uses it will own it.
          </p>
        )}
        {renameSection(host.name, csrf)}
        {releaseSection(host.name, hasKey, csrf)}
        {deleteSection(host.name, csrf)}
      </>
    ),
  })
}

const renameSection = (host: string, csrf: string): Html => (
  <section class="section panel">
    <h2>Rename</h2>
    <p>
      The host keeps all its data. Its agent may keep using the old name and loses nothing; to use the new
      one, set <code>agent.name</code> in its configuration. Another agent may use the old name for a host of
      its own.
    </p>
    <form class="span-form" method="post" action={`${managePath(host)}/rename`}>
      {csrfField(csrf)}
      <label>
        New name{' '}
        <input
          type="text"
          name="name"
          value={host}
          required
          maxlength={255}
          autocomplete="off"
          spellcheck="false"
        />
      </label>
      <button type="submit">Rename host</button>
    </form>
  </section>
)

const releaseSection = (host: string, hasKey: boolean, csrf: string): Html => (
  <section class="section panel">
    <h2>Release the name</h2>
    <p>
      {hasKey
        ? 'The name is bound to the key of one agent. After the machine is reinstalled, ' +
          'its new agent is rejected until the name is released.'
        : 'The name is used by an agent without a key, such as one of the original product. ' +
          'An agent with a key is rejected until the name is released.'}
    </p>
    <form method="post" action={`${managePath(host)}/release`}>
      {csrfField(csrf)}
      <button type="submit">Release the name</button>
    </form>
  </section>
)

const deleteSection = (host: string, csrf: string): Html => (
  <section class="section panel">
    <h2>Delete</h2>
    <p>
      This permanently deletes its samples, events and key. The host reappears if its agent keeps reporting.
    </p>
    <form class="span-form" method="post" action={`${managePath(host)}/delete`}>
      {csrfField(csrf)}
      <label>
        Type <b>{host}</b> to confirm{' '}
        <input type="text" name="confirm" required maxlength={255} autocomplete="off" spellcheck="false" />
      </label>
      <button class="danger" type="submit">
        Delete host
      </button>
    </form>
  </section>
)

/** Shows the page again with the error. */
async function orProblem(request: WebRequest, act: () => Promise<string>) {
  try {
    return redirect(await act())
  } catch (error) {
    if (!(error instanceof HttpError) || error.status === 404) throw error
    const page = await managePage(request, error.message)
    return new Response(page.text, {
      status: error.status,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
  }
}

/** The pages of a host as a whole. */
export const MANAGE_HOST: readonly Route[] = [
  manageHostPage,
  route({ path: `${PATH}/rename`, method: 'POST', access: 'admin', does: HOST_CHANGES.rename }, (request) =>
    orProblem(request, async () => {
      const text = request.form.get('name') ?? ''
      if (!isHostName(text.trim().toLowerCase()))
        throw new HttpError(400, 'A name is made of letters, digits, dots, hyphens and underscores.')
      return hostPath(await renameHost(request, text))
    }),
  ),
  route({ path: `${PATH}/release`, method: 'POST', access: 'admin', does: HOST_CHANGES.release }, (request) =>
    orProblem(request, async () => {
      await releaseHost(request)
      return `${managePath(request.params.name ?? '')}?done=released`
    }),
  ),
  route({ path: `${PATH}/delete`, method: 'POST', access: 'admin', does: HOST_CHANGES.delete }, (request) =>
    orProblem(request, async () => {
      if (request.form.get('confirm')?.trim().toLowerCase() !== request.params.name)
        throw new HttpError(400, 'Nothing was deleted: what you typed is not the name of this host.')
      await deleteHost(request)
      return '/hosts'
    }),
  ),
]
