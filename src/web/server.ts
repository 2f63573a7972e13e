import type { BunRequest, Server } from 'bun'
import type { ServerProgram } from '../domain/hosts/agent-lag.ts'
import type { AddressRange } from '../lib/address-range.ts'
import type { TlsFiles } from '../lib/certificate.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { OwnSockets } from '../platform/own-sockets.ts'
import type { Store } from '../storage/ports/store.ts'
import { API } from './api/index.ts'
import { type Asset, listAssets } from './assets/assets.ts'
import { chooseEncoding } from './assets/compress.ts'
import { createApiRate } from './auth/api-rate.ts'
import { createBackgroundWrites } from './auth/background-writes.ts'
import { createFailedSignIns } from './auth/failed-sign-ins.ts'
import { createSecondStep } from './auth/second-factor.ts'
import { createSessions } from './auth/session.ts'
import { createSignIn } from './auth/sign-in.ts'
import { createEventSparks } from './fleet/event-sparks.tsx'
import { createFleet } from './fleet/fleet.ts'
import { createFleetFigures } from './fleet/fleet-figures.ts'
import { createDiskForecasts } from './forecasts/disk-forecasts.ts'
import { createFrameData } from './frame/frame-data.ts'
import { readClient } from './http/client-address.ts'
import { ConnectionBounds, type WebConnectionLimits } from './http/connection-bounds.ts'
import { handleRequest, type RoutesOfPath } from './http/handle-request.ts'
import { createHealthCheck } from './http/health.ts'
import { createLive } from './http/live.ts'
import { createLivePages } from './http/live-pages.ts'
import type { Releases } from './http/releases.ts'
import { finishResponse } from './http/response-headers.ts'
import type { AgentDoor, Notifier, Route, WebContext } from './http/route.ts'
import { NO_SITE_INFO, type SiteInfo } from './http/site-info.ts'
import { createStorageFigures } from './http/storage-stats.ts'
import { PAGES } from './pages/index.ts'
import { createWhatChanged } from './problems/what-changed.ts'

export type WebsiteOptions = {
  readonly address: string
  /** 0 takes a free one. */
  readonly port: number
  /** Seconds without a request after which a session ends. */
  readonly sessionExpiry: number
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
  /** Name of this machine as its agent would report it. */
  readonly serverName: string
  readonly version: string
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** What is wrong with the server besides its database, for the health check; null when nothing is. */
  readonly findTrouble?: () => string | null
  /** Called after a user changed a password on the website. */
  readonly onPasswordChanged?: (user: string) => void | Promise<void>
  /**
   * Serves HTTPS at a port of its own (0 takes a free one), with cookies for HTTPS only; `port` sends
   * everybody there.
   */
  readonly tls?: TlsFiles & { readonly port: number }
  /** The address of the website as people reach it, where it is known. */
  readonly siteUrl?: string | null
  /** The path below which a proxy shows the website, such as `/monitor`; none unless given. */
  readonly basePath?: string
  /** Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; nobody's unless given. */
  readonly trustedProxies?: readonly AddressRange[]
  /**
   * Where agents reach the collect engine over TLS now; null when they don't. Its certificate may be renewed
   * at any time.
   */
  readonly findAgentDoor?: () => AgentDoor | null
  readonly findServerProgram?: () => ServerProgram
  /** Requests a minute that one user may make by tokens; 0 bounds nothing. */
  readonly apiRate?: number
  /** Tells the connections of this process, which are bounded then. */
  readonly ownSockets?: OwnSockets | null
  readonly connectionLimits?: Partial<WebConnectionLimits>
  readonly releases?: Releases
  readonly findPin?: () => string | null
  readonly notifier: Notifier
  /** Time zone that is offered where one is asked for. */
  readonly zone: string
  /** Whether the sign-in page says that passwords travel without TLS. */
  readonly warnsOfPlain?: boolean
  /** Whether everybody has to sign in with a second step. */
  readonly requiresTwoFactor?: boolean
  /** What pages tell of the whole product. */
  readonly about?: Partial<SiteInfo>
}

export type Website = {
  readonly port: number
  /** Null without TLS. */
  readonly tlsPort: number | null
  /**
   * New connections get this certificate; requests under way and live streams go on with the old one,
   * connections that rest are closed. Between closing the port and opening it anew nothing else runs. Throws
   * when that fails, with the old one in place.
   */
  renewTls(tls: TlsFiles): void
  /** Takes no more requests; those under way get two seconds. */
  stop(): Promise<void>
}

/**
 * Seconds without a byte from or to a client after which its connection is closed; live streams are let off.
 */
const IDLE_SECONDS = 60
/** Bun refuses larger bodies itself; forms have a lower bound of their own, with an answer in words. */
const MAX_BODY_BYTES = 1024 * 1024
const STOP_MS = 2000

type Handler = (request: BunRequest, server: Server<undefined>) => Promise<Response>

/** Serves the website and its API. Rejects when the port can't be had. */
export async function startWebsite(options: WebsiteOptions): Promise<Website> {
  const web = createContext(options)
  const { port, tls, clock, log, trustedProxies: trusted = [], ownSockets = null } = options
  let bounds: ConnectionBounds | null = null

  const answer =
    (routes: RoutesOfPath): Handler =>
    async (request, server) => {
      const from = server.requestIP(request)
      bounds?.noteRequest(from, false)
      const arrival = {
        request,
        params: request.params ?? {},
        client: readClient(request.headers, from?.address ?? 'unknown', tls !== undefined, trusted),
      }
      const response = await handleRequest(routes, arrival, web)
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        server.timeout(request, 0)
        bounds?.noteRequest(from, true)
      }
      return response
    }
  const noted =
    (handle: (request: BunRequest) => Promise<Response>): Handler =>
    (request, server) => {
      bounds?.noteRequest(server.requestIP(request), false)
      return handle(request)
    }

  const handlers: Record<string, Handler> = { '/healthz': noted((request) => answerHealth(web, request)) }
  // A proxy may take the path below which it shows the website away, or leave it.
  for (const base of new Set(['', web.basePath])) {
    for (const [path, routes] of groupByPath([...PAGES, ...API])) handlers[base + path] = answer(routes)
    for (const asset of listAssets())
      handlers[base + asset.url] = noted((request) => answerAsset(asset, request))
  }
  const answerUnknown = answer({})

  const serve = (at: number, files: TlsFiles | null, site: Partial<Site>) =>
    openServer(options, at, files, {
      fetch: (request, bun) => answerUnknown(request as BunRequest, bun),
      ...site,
    })
  let files: TlsFiles | null = tls ?? null
  let server = serve(tls?.port ?? port, files, { routes: handlers })
  const tlsPort = tls === undefined ? null : (server.port ?? tls.port)
  const redirect = tlsPort === null ? null : openRedirect(tlsPort)
  if (ownSockets !== null)
    bounds = new ConnectionBounds({
      ...{ sockets: ownSockets, trustedProxies: trusted, clock, log },
      ports: () => new Set([server, redirect].flatMap((one) => one?.port ?? [])),
      limits: options.connectionLimits ?? {},
    })
  /** With certificates that were renewed since; what they still have to say ends by itself. */
  const retired = new Set<Server<undefined>>()

  /** Health is told here too: who looks from this machine need not know the certificate. */
  function openRedirect(target: number): Server<undefined> {
    try {
      return serve(port, null, {
        routes: { '/healthz': noted((request) => answerHealth(web, request)) },
        fetch(request, bun) {
          bounds?.noteRequest(bun.requestIP(request), false)
          return finishResponse(redirectToTls(request, target), null)
        },
      })
    } catch (error) {
      server.stop(true)
      throw error
    }
  }

  function renewTls(renewed: TlsFiles) {
    if (tlsPort === null) return
    const old = server
    retired.add(old)
    old.stop().then(() => retired.delete(old))
    try {
      server = serve(tlsPort, renewed, { routes: handlers })
      files = renewed
    } catch (error) {
      server = serve(tlsPort, files, { routes: handlers })
      throw error
    }
  }

  return {
    port: (redirect ?? server).port ?? port,
    tlsPort,
    renewTls,
    async stop() {
      bounds?.stop()
      web.live.stop()
      const late = Promise.withResolvers<void>()
      const timer = clock.after(STOP_MS, late.resolve)
      const servers = [...retired, server, ...(redirect === null ? [] : [redirect])]
      await Promise.race([Promise.all(servers.map((one) => one.stop())), late.promise])
      timer.cancel()
      await Promise.all(servers.map((one) => one.stop(true)))
    },
  }
}

type Site = {
  readonly routes: Record<string, Handler>
  readonly fetch: (request: Request, server: Server<undefined>) => Response | Promise<Response>
}

function openServer(
  { address, log }: WebsiteOptions,
  port: number,
  tls: TlsFiles | null,
  site: Partial<Site> & Pick<Site, 'fetch'>,
): Server<undefined> {
  try {
    return Bun.serve({
      hostname: address,
      port,
      // TLS is 1.2 or 1.3: the library knows how to speak the older ones no more.
      ...(tls ? { tls: { cert: tls.certificate, key: tls.key } } : {}),
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: MAX_BODY_BYTES,
      development: false,
      // Outside of development Bun shares a port that is taken, and two servers would get half of the
      // requests each.
      reusePort: false,
      ...site,
      error(error) {
        log.error('request failed outside of any page', { error })
        return finishResponse(plainText('The server could not answer this request.', 500), null)
      },
    })
  } catch (error) {
    throw new Error(`can't listen on ${address}:${port} for the website`, { cause: error })
  }
}

const plainText = (text: string, status: number, headers: Record<string, string> = {}) =>
  new Response(text, { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' } })

/** The same place over HTTPS, under the name that the client used for us. */
function redirectToTls(request: Request, port: number): Response {
  // Bun gives the path alone where the Host header is no host.
  if (!URL.canParse(request.url)) return plainText('The Host header names no host.', 400)
  const url = new URL(request.url)
  url.protocol = 'https:'
  url.port = String(port)
  return new Response(null, { status: 308, headers: { location: url.href } })
}

function createContext({ store, clock, log, sessionExpiry, ...rest }: WebsiteOptions): WebContext {
  const { silence, serverName, version, notifier, zone } = rest
  const writeAside = createBackgroundWrites(log)
  const forecasts = createDiskForecasts({ samples: store.samples, clock })
  const noteFailure = createFailedSignIns({ audit: store.audit, clock, log })
  return {
    store,
    clock,
    log,
    silence,
    serverName,
    version,
    findAgentDoor: rest.findAgentDoor ?? (() => null),
    findServerProgram:
      rest.findServerProgram ??
      (() => ({ version: rest.version, fingerprint: rest.findAgentDoor?.()?.fingerprint ?? null })),
    apiRate: createApiRate(rest.apiRate ?? 0),
    releases: rest.releases ?? null,
    findPin: rest.findPin ?? (() => null),
    warnsOfPlain: rest.warnsOfPlain ?? false,
    requiresTwoFactor: rest.requiresTwoFactor ?? false,
    notifier,
    zone,
    sessionExpiry,
    writeAside,
    sessions: createSessions({ store: store.sessions, clock, expiry: sessionExpiry, writeAside }),
    signIn: createSignIn({ users: store.users, clock, log, noteFailure }),
    secondStep: createSecondStep({
      store: store.secondFactors,
      users: store.users,
      clock,
      log,
      noteFailure,
    }),
    live: createLive({ hosts: store.hosts, events: store.events, clock, log }),
    livePages: createLivePages(),
    siteUrl: rest.siteUrl ?? null,
    basePath: rest.basePath ?? '',
    about: { ...NO_SITE_INFO, ...rest.about },
    figures: createStorageFigures({ maintenance: store.maintenance, clock }),
    forecasts,
    fleet: createFleet({ store, clock, silence }),
    fleetFigures: createFleetFigures({ store, clock, diskForecasts: forecasts }),
    sparks: createEventSparks({ samples: store.samples, clock }),
    whatChanged: createWhatChanged({ hosts: store.hosts, samples: store.samples, clock }),
    frame: createFrameData({ store, clock }),
    api: API,
    checkHealth: createHealthCheck({
      maintenance: store.maintenance,
      findTrouble: rest.findTrouble ?? (() => null),
      clock,
      log,
    }),
    onPasswordChanged: rest.onPasswordChanged ?? (() => {}),
  }
}

function groupByPath(routes: readonly Route[]): Map<string, RoutesOfPath> {
  const paths = new Map<string, RoutesOfPath>()
  for (const route of routes) paths.set(route.path, { ...paths.get(route.path), [route.method]: route })
  return paths
}

/** Open to all, and told apart from pages: it must answer when nothing else can. */
async function answerHealth(web: WebContext, { method }: Request): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD')
    return finishResponse(plainText('This address takes GET only.', 405, { allow: 'HEAD, GET' }), null)
  const problem = await web.checkHealth()
  return finishResponse(plainText(problem ?? 'ok', problem === null ? 200 : 503), null)
}

async function answerAsset(asset: Asset, request: Request): Promise<Response> {
  const encoding = chooseEncoding(request.headers.get('accept-encoding'))
  const headers = new Headers({
    'content-type': asset.type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
  })
  if (encoding !== null) headers.set('content-encoding', encoding)
  return finishResponse(
    new Response(encoding === null ? asset.bytes : asset.packed(encoding), { headers }),
    null,
  )
}
