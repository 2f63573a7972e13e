import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { makeCertificate } from './certificate.ts'

export type HttpProxyOptions = {
  /** Port to pass requests on to, at 127.0.0.1. */
  readonly target: number
  /** Address in 127.0.0.0/8 from which it connects. */
  readonly from: string
  readonly tls?: boolean
  /** Sends the name of its target as the Host header, as many proxies do by default. */
  readonly rewritesHost?: boolean
  /** Shows the website below this path, which it removes from the requests that it passes on. */
  readonly strips?: string
}

export type HttpProxy = { readonly port: number; close(): Promise<void> }

/**
 * A reverse proxy as nginx is one: it keeps the Host header and adds its client and scheme to what was
 * forwarded to it.
 */
export async function openHttpProxy({
  target,
  from,
  tls = false,
  rewritesHost = false,
  strips = '',
}: HttpProxyOptions): Promise<HttpProxy> {
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const add = (name: string, value: string) => [incoming.headers[name], value].filter(Boolean).join(', ')
    const headers = {
      ...incoming.headers,
      ...(rewritesHost && { host: `127.0.0.1:${target}` }),
      'x-forwarded-for': add('x-forwarded-for', incoming.socket.remoteAddress ?? ''),
      'x-forwarded-proto': add('x-forwarded-proto', tls ? 'https' : 'http'),
    }
    const { method, url = '' } = incoming
    const path = strips !== '' && url.startsWith(strips) ? url.slice(strips.length) || '/' : url
    const options = {
      host: '127.0.0.1',
      port: target,
      localAddress: from,
      agent: false,
      method,
      path,
      headers,
    }
    const upstream = request(options, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  }
  const server = tls ? createTlsServer(makeCertificate(), answer) : createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
