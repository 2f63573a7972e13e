import type { Access } from '../domain/user.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Session, Store } from '../storage/store.ts'
import type { Html } from './html.ts'

/** What pages and the API know of the server that they are part of. */
export type WebContext = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
  /** Name of this machine as its agent would report it: home shows its figures. */
  readonly serverName: string
  readonly version: string
  readonly sessionExpiry: number
}

export type PageRequest = {
  readonly url: URL
  /** From the path's `:name` parts, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Null on public pages without a session. */
  readonly session: Session | null
  /** For forms; the hidden field `csrf`. */
  readonly csrf: string
  /** Fields of a POST form; empty on GET. */
  readonly form: URLSearchParams
  /** Seconds since 1970. */
  readonly now: number
  readonly web: WebContext
}

/** What a page gives back: markup of the whole page, or a ready response (redirect, JSON, CSV). */
export type PageResult = Html | Response

export type Page = {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** Who may see it. There is no default: a page without one does not compile. */
  readonly access: Access | 'public'
  readonly answer: (request: PageRequest) => PageResult | Promise<PageResult>
}

export type PageOptions = {
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly access: Access | 'public'
}

export function page(options: PageOptions, answer: Page['answer']): Page {
  return { method: 'GET', ...options, answer }
}

/** Thrown by a page; the app turns it into an error page, or into JSON under `/api`. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export const notFound = (what: string) => new HttpError(404, `There is no such ${what}.`)
