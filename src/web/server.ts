import type { BunRequest, Server } from 'bun'
import type { TlsFiles } from '../lib/tls/certificate.ts'
import { createHandlers, type Handler, type Handlers, plainText } from './handlers.ts'
import { ConnectionBounds } from './http/connection-bounds.ts'
import { finishResponse } from './http/response-headers.ts'
import type { WebContext } from './http/route.ts'
import { createContext, type WebsiteOptions } from './website-context.ts'

export type Website = {
  readonly port: number
  /** Null without TLS. */
  readonly tlsPort: number | null
  /**
   * New connections use this certificate; running requests and live streams continue with the old one, and
   * idle connections are closed. No other code runs between closing the port and opening it again. Throws
   * when that fails, with the old certificate in place.
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

/** Serves the website and its API. Rejects when the port can't be had. */
export async function startWebsite(options: WebsiteOptions): Promise<Website> {
  return new RunningWebsite(options)
}

class RunningWebsite implements Website {
  readonly tlsPort: number | null
  readonly #options: WebsiteOptions
  readonly #web: WebContext
  readonly #handlers: Handlers
  readonly #redirect: Server<undefined> | null
  readonly #bounds: ConnectionBounds | null
  #files: TlsFiles | null
  #server: Server<undefined>
  /** Servers with earlier certificates; their running responses end by themselves. */
  readonly #retired = new Set<Server<undefined>>()

  constructor(options: WebsiteOptions) {
    const { port, tls, trustedProxies = [] } = options
    this.#options = options
    this.#web = createContext(options)
    this.#handlers = createHandlers(this.#web, {
      hasTls: tls !== undefined,
      trustedProxies,
      noteRequest: (from, isStream) => this.#bounds?.noteRequest(from, isStream),
    })
    this.#files = tls ?? null
    this.#server = this.#serve(tls?.port ?? port, this.#files)
    this.tlsPort = tls === undefined ? null : (this.#server.port ?? tls.port)
    this.#redirect = this.tlsPort === null ? null : this.#openRedirect(this.tlsPort)
    this.#bounds = this.#watchConnections()
  }

  get port(): number {
    return (this.#redirect ?? this.#server).port ?? this.#options.port
  }

  renewTls(renewed: TlsFiles) {
    if (this.tlsPort === null) return
    const old = this.#server
    this.#retired.add(old)
    old.stop().then(() => this.#retired.delete(old))
    try {
      this.#server = this.#serve(this.tlsPort, renewed)
      this.#files = renewed
    } catch (error) {
      this.#server = this.#serve(this.tlsPort, this.#files)
      throw error
    }
  }

  async stop() {
    this.#bounds?.stop()
    this.#web.live.stop()
    const late = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(STOP_MS, late.resolve)
    const servers = [...this.#retired, this.#server, ...(this.#redirect === null ? [] : [this.#redirect])]
    await Promise.race([Promise.all(servers.map((one) => one.stop())), late.promise])
    timer.cancel()
    await Promise.all(servers.map((one) => one.stop(true)))
  }

  #serve(port: number, files: TlsFiles | null): Server<undefined> {
    return openServer(this.#options, port, files, {
      routes: this.#handlers.routes,
      fetch: (request, bun) => this.#handlers.unknown(request as BunRequest, bun),
    })
  }

  /** Health is also available here: a check on this machine need not know the certificate. */
  #openRedirect(target: number): Server<undefined> {
    try {
      return openServer(this.#options, this.#options.port, null, {
        routes: { '/healthz': this.#handlers.health },
        fetch: (request, bun) => {
          this.#bounds?.noteRequest(bun.requestIP(request), false)
          return finishResponse(redirectToTls(request, target), null)
        },
      })
    } catch (error) {
      this.#server.stop(true)
      throw error
    }
  }

  #watchConnections(): ConnectionBounds | null {
    const { ownSockets: sockets = null, trustedProxies = [], clock, log } = this.#options
    if (sockets === null) return null
    const ports = () => new Set([this.#server, this.#redirect].flatMap((one) => one?.port ?? []))
    const limits = this.#options.connectionLimits ?? {}
    return new ConnectionBounds({ sockets, trustedProxies, clock, log, ports, limits })
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

/** The same place over HTTPS, under the name that the client used for us. */
function redirectToTls(request: Request, port: number): Response {
  // Bun gives only the path when the Host header is not a valid host.
  if (!URL.canParse(request.url)) return plainText('The Host header names no host.', 400)
  const url = new URL(request.url)
  url.protocol = 'https:'
  url.port = String(port)
  return new Response(null, { status: 308, headers: { location: url.href } })
}
