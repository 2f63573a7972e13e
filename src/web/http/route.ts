import type { ServerProgram } from '../../domain/hosts/agent-lag.ts'
import type { Host } from '../../domain/hosts/host.ts'
import { type Access, covers } from '../../domain/users/user.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Store } from '../../storage/ports/store.ts'
import type { ApiRate } from '../auth/api-rate.ts'
import type { WriteAside } from '../auth/background-writes.ts'
import type { SecondStep } from '../auth/second-factor.ts'
import type { Sessions } from '../auth/session.ts'
import type { HashPassword, SignIn } from '../auth/sign-in.ts'
import type { EventSparks } from '../fleet/event-sparks.tsx'
import type { Fleet } from '../fleet/fleet.ts'
import type { FleetEventsReader } from '../fleet/fleet-events.ts'
import type { FleetFigures } from '../fleet/fleet-figures.ts'
import type { DiskForecasts } from '../forecasts/disk-forecasts.ts'
import type { FrameData } from '../frame/frame-data.ts'
import type { WhatChanged } from '../problems/what-changed.ts'
import type { Viewer } from '../ui/layout/frame.ts'
import type { Html } from '../ui/markup/html.ts'
import type { ApiDeclaration } from './api-declaration.ts'
import type { CheckHealth } from './health.ts'
import type { Live } from './live.ts'
import type { LivePages } from './live-pages.ts'
import type { Releases } from './releases.ts'
import type { SiteInfo } from './site-info.ts'
import type { StorageFigures } from './storage-stats.ts'
import type { StreamedAnswer } from './streams/streamed-answer.ts'

/**
 * Where agents reach the collect engine over TLS, and the SHA-256 of the certificate by which they know it.
 */
export type AgentDoor = { readonly port: number; readonly fingerprint: string }

/** A notification channel, as forms need to know it. */
export type ChannelInfo = {
  readonly name: string
  readonly doc: string
  /** Describes what a target's address is. */
  readonly targetDoc: string
  /** The expected form of the address as text; null when the address is valid. */
  checkTarget(address: string): string | null
  /** What its settings lack so that it can send, without a full stop; null where nothing is missing. */
  describeMissing?(): string | null
}

/** The channels, lent by the event engine's side of the house. */
export type NotificationTester = {
  readonly channels: readonly ChannelInfo[]
  /**
   * Sends a test message now, once; resolves with the receiver's answer or with why it was not taken. Ends
   * within half a minute.
   */
  sendTest(channel: string, address: string): Promise<{ isDelivered: boolean; answer: string }>
}

/** The parts and facts of the server that pages and the API use. */
export type WebContext = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
  /** Name of this machine as its agent would report it: home shows its figures. */
  readonly serverName: string
  readonly version: string
  readonly findAgentDoor: () => AgentDoor | null
  /** The server's program, with which agents are compared. */
  readonly findServerProgram: () => ServerProgram
  /** Null where this server hands out nothing. */
  readonly releases: Releases | null
  /** The pin of the website's own certificate, where no CA vouches for it; see `describePin`. */
  readonly findPin: () => string | null
  /** Whether the sign-in page warns that passwords are sent without TLS. */
  readonly warnsOfPlain: boolean
  /** Whether who has no second step yet sees nothing but the page that sets it up. */
  readonly requiresTwoFactor: boolean
  readonly notifier: NotificationTester
  /** Time zone that is offered where one is asked for. */
  readonly zone: string
  readonly sessionExpiry: number
  readonly writeAside: WriteAside
  readonly sessions: Sessions
  readonly signIn: SignIn
  readonly hashPassword: HashPassword
  readonly apiRate: ApiRate
  readonly secondStep: SecondStep
  readonly live: Live
  readonly livePages: LivePages
  readonly checkHealth: CheckHealth
  readonly about: SiteInfo
  /** The routes of the API, for the guide. */
  readonly api: readonly Pick<Route, 'method' | 'path' | 'access' | 'scope' | 'doc' | 'api'>[]
  /** The address of the website as people reach it; null when it is not known. */
  readonly siteUrl: string | null
  /** The path below which a proxy shows the website, such as `/monitor`; empty for a domain of its own. */
  readonly basePath: string
  readonly figures: StorageFigures
  readonly forecasts: DiskForecasts
  /** All hosts as they were a moment ago. */
  readonly fleet: Fleet
  readonly fleetFigures: FleetFigures
  readonly fleetEvents: FleetEventsReader
  readonly sparks: EventSparks
  readonly whatChanged: WhatChanged
  /** The figures in the navigation of every page. */
  readonly frame: FrameData
  /** To be called after a user's password was changed here. */
  readonly onPasswordChanged: (user: string) => void | Promise<void>
}

export type WebRequest = {
  /**
   * Path and query are the client's; the origin is a constant, so that a forged Host header is never used.
   */
  readonly url: URL
  /** From the path's `:name` parts, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Null on public pages without a session. Under `/api` also the session of the user of a bearer token. */
  readonly session: Viewer | null
  /** The cookie of the session: for ending it, never for showing. */
  readonly sessionToken: string | null
  /** For forms; the hidden field `csrf`. Empty without a session. */
  readonly csrf: string
  /** Fields of a POST form; empty on GET. */
  readonly form: URLSearchParams
  /** The parsed JSON body, under `/api` only; null when there is none. */
  readonly body: unknown
  /**
   * Sets the detail of the audit log's entry for a POST, besides the user and the address; never a secret.
   */
  readonly note: (detail: string) => void
  /** The client's address, of the connection or from a trusted proxy. */
  readonly address: string
  /** Whether the browser speaks HTTPS, with us or with a trusted proxy. */
  readonly isSecure: boolean
  /** The User-Agent header; empty when there is none. */
  readonly browser: string
  /** The Host header; it may be shown to the client that sent it, but never be used for decisions. */
  readonly reachedAs: string
  /** The device cookie of an earlier sign-in: see `isDeviceOf`. */
  readonly device: string | null
  /**
   * Versions of the thing to change that the client knows, from the `If-Match` header; null without the
   * header, and for `*`.
   */
  readonly ifMatch: readonly string[] | null
  /** A script of our own asks: it shows the words of the answer itself. */
  readonly wantsJson: boolean
  /** Seconds since 1970. */
  readonly now: number
  readonly web: WebContext
}

/** Whether the requester has this access. */
export const mayUse = ({ session }: Pick<WebRequest, 'session'>, access: Access): boolean =>
  session !== null && covers(session.access, access)

/** A long answer of the API, written as bytes. */
export class JsonBytes {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}
}

/** The result of a page: markup of the whole page, JSON, a long file, or a complete response (redirect, JSON, CSV). */
export type RouteResult = Html | JsonBytes | StreamedAnswer | Response

/** All but GET change something. PUT and DELETE are for the API: a form can't send them. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * How a token that is limited to groups of hosts may use an address of the API; not at all unless given. `host`: where the
 * `:name` of the path is a host of these groups, which is checked before `handle`. `filtered`: `handle` itself reads and
 * changes nothing else (see `token-scope.ts`).
 */
export type Scope = 'host' | 'filtered'

export type Route = {
  readonly path: string
  readonly method: Method
  /** The users who may use it. There is no default: a page without one does not compile. */
  readonly access: Access | 'public'
  /** The action that the audit log records for a POST: `close event`. Its method and path by default. */
  readonly does?: string
  /** A POST that changes nothing, because a form is too long for an address: the audit log leaves it out. */
  readonly isRead?: true
  /** The text about an endpoint of the API in the guide. */
  readonly doc?: string
  /** The entry in the description of the API. A query parameter that is not in it is rejected. */
  readonly api?: ApiDeclaration
  readonly scope?: Scope
  readonly handle: (request: WebRequest) => RouteResult | Promise<RouteResult>
}

export type RouteOptions = {
  readonly path: string
  readonly method?: Method
  readonly access: Access | 'public'
  readonly does?: string
  readonly doc?: string
  readonly isRead?: true
  readonly scope?: Scope
}

export function route(options: RouteOptions, handle: Route['handle']): Route {
  return { method: 'GET', ...options, handle }
}

/** Thrown by a page; the app turns it into an error page, or into JSON under `/api`. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }
}

export const notFound = (what: string) => new HttpError(404, `There is no such ${what}.`)

/** The host that `:name` of the address names. Throws an `HttpError` when there is none. */
export async function findHost({ params, web }: Pick<WebRequest, 'params' | 'web'>): Promise<Host> {
  const host = await web.store.hosts.find(params.name ?? '')
  if (!host) throw notFound('host')
  return host
}

/** Sends the browser to a path of ours with a GET, as after every POST. */
export function redirect(path: string, ...cookies: readonly string[]): Response {
  const headers = new Headers({ location: path })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 303, headers })
}
