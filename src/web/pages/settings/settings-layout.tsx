/** @jsxImportSource #markup */
import type { Access } from '../../../domain/users/user.ts'
import type { WebRequest } from '../../http/route.ts'
import { madeLine } from '../../ui/components.tsx'
import { layout } from '../../ui/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'

/** A page under Settings, as its index, its navigation and the search know it. */
export type SettingsEntry = {
  readonly path: string
  readonly title: string
  readonly doc: string
  /** What people also call it, for the search. */
  readonly words?: string
  readonly access: Access
  readonly group: 'Notifications' | 'Access' | 'You' | 'This server'
}

export const SETTINGS_ENTRIES: readonly SettingsEntry[] = [
  {
    path: '/settings/rules',
    title: 'Notification rules',
    doc: 'Who is notified of which events, and how.',
    words: 'alert alerts mail escalation repeat',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/targets',
    title: 'Targets',
    doc: 'Named addresses that rules send to, each with a test message.',
    words: 'channel channels mail webhook slack ntfy telegram',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/maintenance',
    title: 'Maintenance and quiet hours',
    doc: 'Mute notifications during planned work.',
    words: 'window windows downtime mute silence planned',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/preferences',
    title: 'Preferences',
    doc: 'Colours, time zone and language of dates, for you alone.',
    words: 'theme dark light timezone',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/views',
    title: 'Saved views',
    doc: 'Names for pages with their filters, for you or for everybody.',
    words: 'view bookmark filter dashboard',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/password',
    title: 'Password',
    doc: 'Change the password that you sign in with.',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/two-factor',
    title: 'Two-factor sign-in',
    doc: 'A code of an app besides the password.',
    words: '2fa mfa totp otp authenticator',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/sessions',
    title: 'Sessions',
    doc: 'Where you are signed in; end what is not yours.',
    words: 'devices sign out',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/tokens',
    title: 'API tokens',
    doc: 'API access with your permissions.',
    words: 'bearer key script',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/users',
    title: 'Users',
    doc: 'Who may sign in, and what each may do.',
    words: 'accounts access roles',
    access: 'admin',
    group: 'Access',
  },
  {
    path: '/settings/audit',
    title: 'Audit log',
    doc: 'Every change that a person made: who, when, from where, what.',
    words: 'history changes',
    access: 'admin',
    group: 'Access',
  },
  {
    path: '/add-host',
    title: 'Add a host',
    doc: 'The commands that start an agent on Linux and on Windows.',
    words: 'install enrol passphrase fingerprint',
    access: 'admin',
    group: 'This server',
  },
  {
    path: '/settings/storage',
    title: 'Storage',
    doc: 'How large the database is, and how long things are kept.',
    words: 'retention backup disk size',
    access: 'admin',
    group: 'This server',
  },
  {
    path: '/settings/guide',
    title: 'User guide',
    doc: 'Every page, metric, command and setting.',
    words: 'help manual documentation keys shortcuts api',
    access: 'viewer',
    group: 'This server',
  },
  {
    path: '/settings/about',
    title: 'About',
    doc: 'Version and licences.',
    words: 'license build',
    access: 'viewer',
    group: 'This server',
  },
]

export const SETTINGS_GROUPS = ['Notifications', 'You', 'Access', 'This server'] as const

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
    body: (
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
      </>
    ),
  })
}

/** What the redirect behind a POST says was done. */
const DONE: Readonly<Record<string, string>> = {
  added: 'Added.',
  saved: 'Saved.',
  deleted: 'Deleted.',
  revoked: 'Ended.',
  password: 'The password is changed; the user is signed out everywhere.',
  'two-factor-off': 'Two-factor sign-in is off; the password alone opens the account.',
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
}

/** Asks once more before something is gone. */
export function confirmPage(request: WebRequest, options: ConfirmOptions): Html {
  const { title, parent, question, action, back, word } = options
  return settingsPage(request, {
    title,
    parent,
    body: (
      <form class="form" method="post" action={action}>
        <input type="hidden" name="csrf" value={request.csrf} />
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
