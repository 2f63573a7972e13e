/** @jsxImportSource #markup */
import { mayUse, type WebRequest } from '../../http/route.ts'
import { madeLine } from '../../ui/components.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { SETTINGS_ENTRIES, SETTINGS_GROUPS } from './settings-entries.ts'

export type SettingsPageOptions = {
  readonly title: string
  /** Stands above the title, between Settings and it. */
  readonly parent?: { readonly path: string; readonly title: string }
  readonly lead?: Html | string
  /** Right of the title. */
  readonly actions?: Html | null
  readonly body: Html
}

/** A page under Settings in the frame of the house. */
export function settingsPage(
  request: WebRequest,
  { title, parent, lead, actions, body }: SettingsPageOptions,
): Html {
  const { session, csrf, url } = request
  return layout({
    title,
    active: 'settings',
    session,
    csrf,
    url,
    body: settingsFrame(
      request,
      <>
        {madeLine(request)}
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/settings">Settings</a>
              {parent && (
                <>
                  {' '}
                  › <a href={parent.path}>{parent.title}</a>
                </>
              )}
            </p>
            <h1>{title}</h1>
            {lead !== undefined && <p class="lead">{lead}</p>}
          </div>
          {actions && <div class="actions">{actions}</div>}
        </div>
        {notificationOf(url)}
        {body}
      </>,
    ),
  })
}

/** A page under Settings beside the navigation of all of them, where the window is wide enough. */
export function settingsFrame(request: WebRequest, body: Html): Html {
  const { pathname } = request.url
  const open = SETTINGS_ENTRIES.filter(({ access }) => mayUse(request, access))
  return (
    <div class="settings-frame">
      <nav class="settings-navigation" aria-label="Settings">
        {SETTINGS_GROUPS.map((group) => {
          const entries = open.filter((entry) => entry.group === group)
          return (
            entries.length > 0 && (
              <>
                <p>{group}</p>
                <ul>
                  {entries.map(({ path, title }) => (
                    <li>
                      <a
                        href={path}
                        aria-current={(pathname === path || pathname.startsWith(`${path}/`)) && 'page'}
                      >
                        {title}
                      </a>
                    </li>
                  ))}
                </ul>
              </>
            )
          )
        })}
      </nav>
      <div class="settings-content">{body}</div>
    </div>
  )
}

/** Texts for the outcome that is in the redirect after a POST. */
const DONE: Readonly<Record<string, string>> = {
  added: 'Added.',
  saved: 'Saved.',
  deleted: 'Deleted.',
  revoked: 'Revoked.',
  password: 'Password changed. The user is signed out everywhere.',
  'two-factor-off': 'Two-factor authentication is disabled; the password alone is enough.',
}

function notificationOf(url: URL): Html | null {
  const done = url.searchParams.get('done') ?? ''
  const words = Object.hasOwn(DONE, done) ? DONE[done] : undefined
  return words === undefined ? null : (
    <p class="done" role="status">
      {words}
    </p>
  )
}

export type ConfirmOptions = {
  readonly title: string
  readonly parent: { readonly path: string; readonly title: string }
  readonly question: Html | string
  /** Where the confirmation goes, and where its refusal leads. */
  readonly action: string
  readonly back: string
  readonly word: string
  /** Stands in the form: what it was made from, and why it was not done. */
  readonly more?: Html | null
}

/** Asks once more before something is gone. */
export function confirmPage(request: WebRequest, options: ConfirmOptions): Html {
  const { title, parent, question, action, back, word, more } = options
  return settingsPage(request, {
    title,
    parent,
    body: (
      <form class="form" method="post" action={action}>
        <input type="hidden" name="csrf" value={request.csrf} />
        {more}
        <p>{question}</p>
        <div class="form-end">
          <button class="danger" type="submit">
            {word}
          </button>
          <a class="button" href={back}>
            Keep
          </a>
        </div>
      </form>
    ),
  })
}
