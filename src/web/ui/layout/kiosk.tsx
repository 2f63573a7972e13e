/** @jsxImportSource #markup */
import { withParameters } from '../components.tsx'
import type { Html } from '../markup/html.ts'
import type { Attributes } from '../markup/jsx-elements.ts'

/** A page for a wall screen: `?kiosk` stays, `?kiosk=30` goes on to the next page every 30 seconds. */
export type Kiosk = { readonly seconds: number | null }

const LEAST_SECONDS = 5
const MOST_SECONDS = 86_400

/** Null when the address asks for an ordinary page. */
export function readKiosk(url: URL): Kiosk | null {
  const text = url.searchParams.get('kiosk')
  if (text === null) return null
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0) return { seconds: null }
  return { seconds: Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, Number(text))) }
}

/** The round of a screen that goes round by itself; pages of a list come between. */
const ROUND = ['/', '/events']

/** Attributes of the document for the script that goes on. */
export function goesRound({ seconds }: Kiosk, url: URL, next: string | undefined): Attributes {
  if (seconds === null) return {}
  const path = ROUND[(ROUND.indexOf(url.pathname) + 1) % ROUND.length] ?? '/'
  return { 'data-kiosk-seconds': seconds, 'data-kiosk-next': next ?? keepKiosk(url, path) }
}

/** Another page in the same way, and of the same group. */
function keepKiosk(url: URL, path: string): string {
  const kept = new URLSearchParams(
    [...url.searchParams].filter(([name]) => name === 'kiosk' || name === 'group'),
  )
  return `${path}?${kept.toString()}`
}

/** The corner of a wall screen, with the link that leaves the mode, and the sign that the page is live. */
export function kioskCorner(url: URL): Html {
  return (
    <header class="kiosk-corner">
      <p class="live" data-live-state role="status" hidden>
        <span class="live-dot" aria-hidden="true" />
        <span class="live-word">Live</span>
      </p>
      <a href={withParameters(url, { kiosk: null })}>Leave</a>
    </header>
  )
}
