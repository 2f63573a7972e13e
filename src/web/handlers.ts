import type { BunRequest, Server } from 'bun'
import type { AddressRange } from '../lib/address-range.ts'
import { API } from './api/index.ts'
import { type Asset, listAssets } from './assets/assets.ts'
import { chooseEncoding } from './assets/compress.ts'
import { readClient } from './http/client-address.ts'
import { handleRequest, type RoutesOfPath } from './http/handle-request.ts'
import { finishResponse } from './http/response-headers.ts'
import type { Route, WebContext } from './http/route.ts'
import { PAGES } from './pages/index.ts'
import { RequestTurns, type Turn } from './request-turns.ts'

export type Handler = (request: BunRequest, server: Server<undefined>) => Promise<Response>

export type HandlerOptions = {
  readonly hasTls: boolean
  readonly trustedProxies: readonly AddressRange[]
  /** Told of each request before it is answered; `isStream` when the answer goes on for long. */
  readonly noteRequest: (from: ReturnType<Server<undefined>['requestIP']>, isStream: boolean) => void
}

export type Handlers = {
  /** By path. */
  readonly routes: Record<string, Handler>
  readonly unknown: Handler
  readonly health: Handler
}

/** The handlers for each path of the website: pages, API, assets, health. */
export function createHandlers(
  web: WebContext,
  { hasTls, trustedProxies, noteRequest }: HandlerOptions,
): Handlers {
  const turns = new RequestTurns()
  const answer =
    (routes: RoutesOfPath): Handler =>
    async (request, server) => {
      const from = server.requestIP(request)
      noteRequest(from, false)
      const turn = await turns.next(request.signal)
      if (turn !== 'begin') return finishResponse(refuse(turn), null)
      const client = readClient(request.headers, from?.address ?? 'unknown', hasTls, trustedProxies)
      const response = await handleRequest(routes, { request, params: request.params ?? {}, client }, web)
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        server.timeout(request, 0)
        noteRequest(from, true)
      }
      return response
    }
  const noted =
    (handle: (request: BunRequest) => Promise<Response>): Handler =>
    (request, server) => {
      noteRequest(server.requestIP(request), false)
      return handle(request)
    }
  const health = noted((request) => answerHealth(web, request))
  const routes: Record<string, Handler> = {}
  // A proxy may take the path below which it shows the website away, or leave it.
  for (const base of new Set(['', web.basePath])) {
    routes[`${base}/healthz`] = health
    for (const [path, ofPath] of groupByPath([...PAGES, ...API])) {
      routes[base + path] = answer(ofPath)
      // People type the path without a slash at its end.
      if (path === '/' && base !== '') routes[base] = answer(ofPath)
    }
    for (const asset of listAssets())
      routes[base + asset.url] = noted((request) => answerAsset(asset, request))
  }
  return { routes, unknown: answer({}), health }
}

function groupByPath(routes: readonly Route[]): Map<string, RoutesOfPath> {
  const paths = new Map<string, RoutesOfPath>()
  for (const route of routes) paths.set(route.path, { ...paths.get(route.path), [route.method]: route })
  return paths
}

/** Public, and separate from pages: it must answer when nothing else can. */
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

const refuse = (turn: Exclude<Turn, 'begin'>): Response =>
  turn === 'busy'
    ? plainText('Too many people read at once. Try again in a moment.', 503, { 'retry-after': '5' })
    : plainText('Nobody waits for this answer any more.', 503)

export const plainText = (text: string, status: number, headers: Record<string, string> = {}) =>
  new Response(text, { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' } })
