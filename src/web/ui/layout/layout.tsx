/** @jsxImportSource #markup */
import { assetUrl, listScripts } from '../../assets/assets.ts'
import { icon } from '../icons.tsx'
import { MAX_JUMP_TEXT } from '../jump-row.ts'
import { type Html, raw } from '../markup/html.ts'
import type { Attributes } from '../markup/jsx-elements.ts'
import type { Viewer } from './frame.ts'
import { goesRound, kioskCorner, readKiosk } from './kiosk.tsx'
import { type NavigationKey, navigationRail } from './navigation-rail.tsx'

export type LayoutOptions = {
  /** The subject of the page; it is before the product's name in the window's title. */
  readonly title: string
  /** The entry of the navigation that the page belongs to. */
  readonly active: NavigationKey | null
  /** Null leaves out navigation, search and account: sign-in, and errors shown to strangers. */
  readonly session: Viewer | null
  readonly csrf: string
  /** The page's own address: its search words are shown in the search box. */
  readonly url?: URL | undefined
  /** Filters of the whole page; shown in its top bar, and not on a wall screen. */
  readonly filters?: Html | null
  readonly body: Html
  /** Names of further style sheets, which end in `.css`, and of scripts of `src/web/browser`. */
  readonly scripts?: readonly string[]
  /** Where a wall screen goes next when it goes round; the next page of the main ones unless given. */
  readonly next?: string | undefined
}

/** The frame of every page. The body begins at the level of `<h1>`. */
export function layout(options: LayoutOptions): Html {
  const { title, active, session, url, body, scripts = [], next } = options
  const kiosk = session && url ? readKiosk(url) : null
  const isFramed = session !== null && kiosk === null
  const sheets = ['app.css', 'settings.css', ...scripts.filter((name) => name.endsWith('.css'))]
  const programs = listScripts([
    'app',
    ...(kiosk ? ['kiosk'] : []),
    ...scripts.filter((name) => !name.endsWith('.css')),
  ])
  return (
    <>
      {raw('<!doctype html>')}
      <html
        lang="en"
        class={kiosk ? 'kiosk' : session ? 'with-rail' : 'bare'}
        {...(session?.preferences ? preferred(session.preferences) : {})}
        {...(kiosk && url ? goesRound(kiosk, url, next) : {})}
      >
        <head>
          <meta charset="utf-8" />
          <title>{title} · Monitor</title>
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="theme-color" content="#325d88" />
          <meta name="robots" content="noindex" />
          <link rel="icon" href={assetUrl('favicon.svg')} type="image/svg+xml" />
          {sheets.map((name) => (
            <link rel="stylesheet" href={assetUrl(name)} />
          ))}
          <script src={assetUrl('theme.js')} />
          {programs.map((program) => (
            <script type="module" src={program} />
          ))}
        </head>
        <body>
          <a class="skip" href="#main">
            Skip to the content
          </a>
          {isFramed ? navigationRail({ active, url, frame: session.frame }) : null}
          {isFramed ? topBar(session, options) : null}
          {kiosk && url && kioskCorner(url)}
          <main id="main" tabindex="-1">
            {body}
          </main>
        </body>
      </html>
    </>
  )
}

/** Read by the style sheet and by the scripts that write times. */
const preferred = ({ theme, zone, dates }: NonNullable<Viewer['preferences']>): Attributes => ({
  'data-theme': theme !== 'system' && theme,
  'data-zone': zone,
  'data-dates': dates,
})

function topBar(session: Viewer, { csrf, url, filters }: LayoutOptions): Html {
  return (
    <header class="top">
      <form class="search" role="search" action="/search" method="get">
        {icon('search')}
        <input
          type="search"
          name="q"
          value={url?.searchParams.get('q') ?? ''}
          aria-label="Search"
          placeholder="Search"
          autocomplete="off"
          spellcheck="false"
          maxlength={MAX_JUMP_TEXT}
          data-search
        />
        <kbd aria-hidden="true">/</kbd>
        <button class="visually-hidden" type="submit" tabindex="-1">
          Search
        </button>
      </form>
      {filters}
      {!session.mustChangePassword && (
        <p class="live" data-live-state role="status" hidden>
          <span class="live-dot" aria-hidden="true" />
          <span class="live-word">Live</span>
        </p>
      )}
      <button class="quiet" type="button" data-theme-toggle hidden aria-label="Theme: system">
        {icon('theme-system')}
        {icon('theme-light')}
        {icon('theme-dark')}
      </button>
      <a class="account" href="/settings/preferences" title="Your preferences">
        {icon('user')}
        <span class="account-name">{session.user}</span>
      </a>
      <form class="sign-out" action="/logout" method="post">
        <input type="hidden" name="csrf" value={csrf} />
        <button class="quiet" type="submit" aria-label="Sign out" title="Sign out">
          {icon('sign-out')}
        </button>
      </form>
    </header>
  )
}
