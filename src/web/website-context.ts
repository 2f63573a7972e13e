import type { ServerProgram } from '../domain/hosts/agent-lag.ts'
import type { AddressRange } from '../lib/address-range.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { TlsFiles } from '../lib/tls/certificate.ts'
import type { OwnSockets } from '../platform/sockets/own-sockets.ts'
import type { Store } from '../storage/ports/store.ts'
import { API } from './api/index.ts'
import { createApiRate } from './auth/api-rate.ts'
import { createBackgroundWrites } from './auth/background-writes.ts'
import { createFailedSignIns } from './auth/failed-sign-ins.ts'
import { createSecondStep } from './auth/second-factor.ts'
import { createSessions } from './auth/session.ts'
import { createSignIn, type HashPassword } from './auth/sign-in.ts'
import { createEventSparks } from './fleet/event-sparks.tsx'
import { createFleet } from './fleet/fleet.ts'
import { createFleetEvents } from './fleet/fleet-events.ts'
import { createFleetFigures } from './fleet/fleet-figures.ts'
import { createDiskForecasts } from './forecasts/disk-forecasts.ts'
import { createFrameData } from './frame/frame-data.ts'
import type { WebConnectionLimits } from './http/connection-bounds.ts'
import { createHealthCheck } from './http/health.ts'
import { createLive } from './http/live.ts'
import { createLivePages } from './http/live-pages.ts'
import type { Releases } from './http/releases.ts'
import type { AgentDoor, NotificationTester, WebContext } from './http/route.ts'
import { NO_SITE_INFO, type SiteInfo } from './http/site-info.ts'
import { createStorageFigures } from './http/storage-stats.ts'
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
  /** A problem of the server besides its database, for the health check; null when there is none. */
  readonly findTrouble?: () => string | null
  /** Argon2id at Bun's own cost unless given. */
  readonly hashPassword?: HashPassword
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
  /** The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted; none by default. */
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
  readonly notifier: NotificationTester
  /** Time zone that is offered where one is asked for. */
  readonly zone: string
  /** Whether the sign-in page warns that passwords are sent without TLS. */
  readonly warnsOfPlain?: boolean
  /** Whether everybody has to sign in with a second step. */
  readonly requiresTwoFactor?: boolean
  /** Facts about the whole product that pages show. */
  readonly about?: Partial<SiteInfo>
}

/** Creates the context that every page and call of the API gets. */
export function createContext({ store, clock, log, sessionExpiry, ...rest }: WebsiteOptions): WebContext {
  const { silence, serverName, version, notifier, zone } = rest
  const writeAside = createBackgroundWrites(log)
  const forecasts = createDiskForecasts({ samples: store.samples, clock })
  const hashPassword = rest.hashPassword ?? ((password) => Bun.password.hash(password))
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
      (() => ({ version, fingerprint: rest.findAgentDoor?.()?.fingerprint ?? null })),
    apiRate: createApiRate(rest.apiRate ?? 0),
    releases: rest.releases ?? null,
    findPin: rest.findPin ?? (() => null),
    warnsOfPlain: rest.warnsOfPlain ?? false,
    requiresTwoFactor: rest.requiresTwoFactor ?? false,
    notifier,
    zone,
    sessionExpiry,
    writeAside,
    sessions: createSessions({
      store: store.sessions,
      clock,
      expiry: sessionExpiry,
      writeAside,
      basePath: rest.basePath ?? '',
    }),
    signIn: createSignIn({ users: store.users, clock, log, noteFailure, hashPassword }),
    hashPassword,
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
    fleetEvents: createFleetEvents(store.events),
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
