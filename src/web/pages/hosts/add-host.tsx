/** @jsxImportSource #markup */
import { ENROLMENT_CHANGES } from '../../../domain/hosts/change-host.ts'
import { isHostName } from '../../../domain/hosts/host.ts'
import { hashToken } from '../../../lib/hash-token.ts'
import { describeError } from '../../../lib/log.ts'
import { createEnrolmentSecret } from '../../../protocol/enrolment-code.ts'
import { readText } from '../../http/query-parameters.ts'
import { HttpError, redirect, route, type WebContext, type WebRequest } from '../../http/route.ts'
import { withParameters } from '../../ui/components.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import { findSecureBase } from '../releases.ts'
import { settingsFrame } from '../settings/settings-layout.tsx'
import { addHostView, isLocalName } from './add-host-view.tsx'

/** Hosts that are looked through for those that are new. */
const LOOKED_AT = 1000
const SHOWN = 20

/** How long a code of this page is good. */
const CODE_SECONDS = 3600

export const addHostPage = route({ path: '/add-host', access: 'admin' }, (request) => {
  // Packed meanwhile, the own release is there when the code that names it is asked for.
  if (findSecureBase(request) !== null) void sumUpReleases(request.web)
  return showAddHost(request, null)
})

/**
 * Null when the server provides no releases, or the checksum can't be computed: the script then relies on
 * what the server sends over TLS.
 */
async function sumUpReleases({ releases, log }: WebContext): Promise<string | null> {
  try {
    return (await releases?.sumUp()) ?? null
  } catch (error) {
    log.warn('the own release could not be packed', { error: describeError(error) })
    return null
  }
}

/** The code is on the page that answers, and nowhere else: it is kept as a hash. */
export const makeHostCode = route(
  { path: '/add-host', method: 'POST', access: 'admin', does: ENROLMENT_CHANGES.make },
  async (request) => {
    const { web, now, session, note } = request
    const writeCode = web.about.enrolment?.writeCode
    if (findSecureBase(request) === null || writeCode === undefined)
      throw new HttpError(409, 'Codes are made over HTTPS only, on a server that agents can reach over TLS.')
    const secret = createEnrolmentSecret()
    const code = writeCode(chooseServer(request), secret, await sumUpReleases(web))
    const expires = now + CODE_SECONDS
    const actor = session?.user ?? ''
    await web.store.enrolment.addCode({
      codeHash: hashToken(secret),
      host: null,
      created: now,
      expires,
      uses: 1,
      actor,
    })
    note('for any new host, 1 to join')
    return showAddHost(request, code)
  },
)

async function showAddHost(request: WebRequest, code: string | null) {
  const { url, session, csrf, now, web, reachedAs } = request
  {
    // New hosts are listed from the time at which the page was opened: it has to be in the address, which
    // live pages fetch again.
    if (!url.searchParams.has('since')) return redirect(withParameters(url, { since: String(now) }))
    const since = readSince(url, now)
    const server = chooseServer(request)
    const reached = nameOf(reachedAs)
    const upSince = now - web.silence
    const newest = await web.store.hosts.list({
      upSince,
      sort: 'last_seen',
      descending: true,
      limit: LOOKED_AT,
    })
    const fresh = newest.hosts.filter(({ firstSeen }) => firstSeen >= since).slice(0, SHOWN)
    return layout({
      title: 'Add a host',
      active: 'settings',
      session,
      csrf,
      url,
      body: settingsFrame(
        request,
        addHostView({
          server,
          insteadOf: url.searchParams.has('server') || server === reached ? null : reached,
          since,
          fresh,
          total: newest.total,
          now,
          web,
          csrf,
          url,
          code,
          base: findSecureBase(request),
        }),
      ),
    })
  }
}

/**
 * The name by which other machines reach this server: the one that the user typed, otherwise that of the Host
 * header. Where that is only for this machine itself, it is the name in `web.url`, or the machine's address.
 */
function chooseServer({ url, reachedAs, web }: WebRequest): string {
  const typed = readText(url, 'server', 253)?.trim()
  if (typed !== undefined && isServerName(typed)) return typed
  const reached = nameOf(reachedAs)
  if (!isLocalName(reached)) return reached
  const known = web.siteUrl === null ? '' : nameOf(new URL(web.siteUrl).host)
  return [known, web.about.findMachineAddress()].find((name) => name !== '' && !isLocalName(name)) ?? reached
}

function readSince(url: URL, now: number): number {
  const text = url.searchParams.get('since') ?? ''
  return /^\d{1,12}$/.test(text) ? Math.min(Number(text), now) : now
}

/** A name or an address of a machine that may be part of a command. */
const isServerName = (text: string) => isHostName(text) || /^[0-9a-fA-F:.]{2,45}$/.test(text)

/** Of a Host header, without its port. */
function nameOf(header: string): string {
  const name = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(:\d+)?$/.exec(header)?.[1]?.replace(/^\[|\]$/g, '') ?? ''
  return isServerName(name) ? name : 'SERVER'
}
