/** @jsxImportSource #markup */
import { isHostName } from '../../../domain/hosts/host.ts'
import { hashToken } from '../../../lib/hash-token.ts'
import { describeError } from '../../../lib/log.ts'
import { createEnrolmentSecret } from '../../../protocol/enrolment-code.ts'
import { readText } from '../../http/query-parameters.ts'
import { HttpError, redirect, route, type WebContext, type WebRequest } from '../../http/route.ts'
import { agoLabel, hostPath, withParameters } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { findSecureBase } from '../releases.ts'
import { settingsFrame } from '../settings/settings-layout.tsx'
import { agentWay, joinCommand, linuxCommand, windowsCommand, withServerName } from './agent-commands.ts'
import { commandPart } from './command-part.tsx'

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

/** Null where nothing is handed out, or where it can not be had: the script then goes by what the server says over TLS. */
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
  { path: '/add-host', method: 'POST', access: 'admin', does: 'make enrolment code' },
  async (request) => {
    const { web, now, session, url, reachedAs, note } = request
    const writeCode = web.about.enrolment?.writeCode
    if (findSecureBase(request) === null || writeCode === undefined)
      throw new HttpError(409, 'Codes are made over HTTPS only, on a server that agents can reach over TLS.')
    const secret = createEnrolmentSecret()
    const code = writeCode(chooseServer(url, reachedAs), secret, await sumUpReleases(web))
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
    // What it waits for counts from when it was opened: that has to be in the address, which live pages fetch again.
    if (!url.searchParams.has('since')) return redirect(withParameters(url, { since: String(now) }))
    const since = readSince(url, now)
    const server = chooseServer(url, reachedAs)
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

/** How other machines reach this server: as somebody typed it, else as the browser does. */
function chooseServer(url: URL, reachedAs: string): string {
  const typed = readText(url, 'server', 253)?.trim()
  return typed !== undefined && isServerName(typed) ? typed : nameOf(reachedAs)
}

function readSince(url: URL, now: number): number {
  const text = url.searchParams.get('since') ?? ''
  return /^\d{1,12}$/.test(text) ? Math.min(Number(text), now) : now
}

/** A name or an address of a machine, as it may stand in a command. */
const isServerName = (text: string) => isHostName(text) || /^[0-9a-fA-F:.]{2,45}$/.test(text)

/** Of a Host header, without its port. */
function nameOf(header: string): string {
  const name = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(:\d+)?$/.exec(header)?.[1]?.replace(/^\[|\]$/g, '') ?? ''
  return isServerName(name) ? name : 'SERVER'
}

type Model = {
  readonly server: string
  readonly since: number
  readonly fresh: readonly { readonly name: string; readonly firstSeen: number; readonly build: string }[]
  readonly total: number
  readonly now: number
  readonly web: WebContext
  readonly csrf: string
  readonly url: URL
  /** A code that was just made; null before. */
  readonly code: string | null
  /** Null over plain HTTP. */
  readonly base: string | null
}

function addHostView(model: Model): Html {
  const { server, since, fresh, total, now, web } = model
  const { enrolment } = web.about
  const passphrase = enrolment?.readPassphrase() ?? null
  const way = agentWay(server, web.findAgentDoor(), enrolment?.plainPort ?? null)
  const isLocal = ['localhost', '127.0.0.1', '::1'].includes(server)
  return (
    <>
      <div class="head">
        <div>
          <p class="crumbs">
            <a href="/settings">Settings</a>
          </p>
          <h1>Add a host</h1>
          <p class="lead">Install an agent and its host appears here by itself.</p>
        </div>
      </div>
      {isLocal && (
        <p class="notice">
          You reach this server as {server}, which other machines can’t. Say below how they reach it.
        </p>
      )}
      <form class="filters" method="get" action="/add-host">
        <input type="hidden" name="since" value={since} />
        <label>
          Other machines reach this server as{' '}
          <input
            type="text"
            name="server"
            value={server}
            maxlength={253}
            autocomplete="off"
            spellcheck="false"
          />
        </label>
        <button type="submit">Use</button>
      </form>
      <section class="section" data-live="newcomers">
        <h2>Reporting for the first time</h2>
        {newcomers(fresh, total, now)}
      </section>
      {oneLinePart(model)}
      {way === null ? (
        <p class="notice">
          This server takes nothing from agents: both ports of <code>collect</code> are closed.
        </p>
      ) : (
        <>
          {commandPart(
            'linux',
            'Linux',
            'Copy the release for the machine to it: install.sh and the program beside it. Then, in that folder, as root:',
            linuxCommand(way, passphrase),
          )}
          {commandPart(
            'windows',
            'Windows',
            'Copy the release for Windows to the machine: install.ps1 and monitor.exe beside it. ' +
              'Then, in that folder, in a PowerShell opened as administrator:',
            windowsCommand(way, passphrase),
          )}
        </>
      )}
      {enrolment?.takesPassphrase === false ? (
        <p class="soft">
          This server takes no passphrase: <code>monitor enroll create</code>, in a shell on the server, makes
          a code, and <code>monitor agent --enroll CODE</code> lets a new machine join by it.
        </p>
      ) : passphrase === null ? (
        <p class="soft">
          The passphrase is in the configuration of the collect engine, or in the file <code>passphrase</code>{' '}
          of its data directory: put it in the place of PASSPHRASE.
        </p>
      ) : (
        <p class="soft">
          The passphrase is in these commands: who has it can report as a new host. Treat them as you treat
          it.
        </p>
      )}
      <p class="soft">
        To try an agent first, <code>monitor agent --once</code> prints what it would send, and sends nothing.
      </p>
    </>
  )
}

/** The one line that is pasted on a new machine; it needs no more than this server. */
function oneLinePart({ server, web, csrf, url, code, base }: Model): Html | null {
  if (web.releases === null || web.about.enrolment?.writeCode === undefined) return null
  if (base === null)
    return (
      <p class="notice">
        <span>
          Over HTTPS this page makes a one-time code, and one line that installs an agent from this server:
          switch on <code>web.tls</code>.
        </span>
      </p>
    )
  const pin = web.findPin()
  const reached = withServerName(base, server)
  if (code === null)
    return (
      <section class="section">
        <h2>In one line</h2>
        <p>
          The line installs the agent from this server, with a code that lets one new host join within an
          hour. The machine needs no way to the internet.
        </p>
        <form method="post" action={`/add-host${url.search}`}>
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit">Make a code and the line</button>
        </form>
      </section>
    )
  return (
    <>
      {commandPart(
        'line',
        'In one line',
        'On the new Linux machine. The code is good once, for an hour:',
        joinCommand(reached, pin, code),
      )}
      {pin === null && web.releases.has('monitor-windows-x64.zip')
        ? commandPart(
            'line-windows',
            'In one line, Windows',
            'In a PowerShell opened as administrator, with the same code:',
            `& ([scriptblock]::Create((Invoke-RestMethod ${reached}install.ps1))) agent -Enroll ${code}`,
          )
        : null}
    </>
  )
}

function newcomers(fresh: Model['fresh'], total: number, now: number): Html {
  if (fresh.length === 0)
    return (
      <p class="waiting-line" role="status">
        <span class="live-dot" aria-hidden="true" />
        Waiting. {total === 0 ? 'No host has reported yet.' : `${formatCount(total, 'host')} known so far.`} A
        new one appears here by itself, a few seconds after it was started.
      </p>
    )
  return (
    <ul class="newcomers" role="status">
      {fresh.map(({ name, firstSeen, build }) => (
        <li data-key={`new-${name}`}>
          <a href={hostPath(name)}>
            <b>{name}</b>
          </a>{' '}
          <span class="soft">
            {build}, first reported {agoLabel(firstSeen, now)}
          </span>
        </li>
      ))}
    </ul>
  )
}
