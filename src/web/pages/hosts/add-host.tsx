/** @jsxImportSource #markup */
import { isHostName } from '../../../domain/hosts/host.ts'
import { readText } from '../../http/query-parameters.ts'
import { redirect, route, type WebContext } from '../../http/route.ts'
import { agoLabel, hostPath, withParameters } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { layout } from '../../ui/layout.tsx'

/** Hosts that are looked through for those that are new. */
const LOOKED_AT = 1000
const SHOWN = 20

export const addHostPage = route(
  { path: '/add-host', access: 'admin' },
  async ({ url, session, csrf, now, web, reachedAs }) => {
    // What it waits for counts from when it was opened: that has to be in the address, which live pages fetch again.
    if (!url.searchParams.has('since')) return redirect(withParameters(url, { since: String(now) }))
    const since = readSince(url, now)
    const typed = readText(url, 'server', 253)?.trim()
    const server = typed !== undefined && isServerName(typed) ? typed : nameOf(reachedAs)
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
      body: addHostView({ server, since, fresh, total: newest.total, now, web }),
    })
  },
)

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
}

/** How an agent is told where to send to, and by what it knows that it is there. */
export type AgentWay = { readonly server: string; readonly fingerprint: string | null }

/** Null when no port is open to agents. */
export function agentWay(
  server: string,
  door: ReturnType<WebContext['findAgentDoor']>,
  plainPort: number | null,
): AgentWay | null {
  const host = server.includes(':') ? `[${server}]` : server
  if (door !== null) return { server: `${host}:${door.port}`, fingerprint: door.fingerprint }
  return plainPort === null ? null : { server: `tcp://${host}:${plainPort}`, fingerprint: null }
}

function addHostView({ server, since, fresh, total, now, web }: Model): Html {
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
          <p class="lead">An agent that reports is a host: nothing else has to be entered here.</p>
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

function commandPart(id: string, system: string, lead: string, command: string): Html {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{system}</h2>
        <button type="button" class="small" data-copy={`command-${id}`} hidden>
          Copy
        </button>
      </div>
      <p>{lead}</p>
      <pre class="command" tabindex="0">
        <code id={`command-${id}`}>{command}</code>
      </pre>
    </section>
  )
}

const PLACE = 'PASSPHRASE'

/** The passphrase goes by a file that only root can read, so that it stands in no list of processes. */
export function linuxCommand({ server, fingerprint }: AgentWay, passphrase: string | null): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  return [
    `(umask 077; printf '%s\\n' ${quote(passphrase ?? PLACE)} > passphrase.txt)`,
    [
      'sh install.sh agent',
      `--server ${quote(server)}`,
      '--passphrase-file passphrase.txt',
      ...(fingerprint === null ? [] : [`--fingerprint ${fingerprint}`]),
    ].join(' '),
    'rm passphrase.txt',
  ].join('\n')
}

export function windowsCommand({ server, fingerprint }: AgentWay, passphrase: string | null): string {
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
  return [
    // Windows PowerShell writes the code page of the machine unless told otherwise.
    `Set-Content -Path passphrase.txt -Encoding UTF8 -Value ${quote(passphrase ?? PLACE)}`,
    [
      'powershell -ExecutionPolicy Bypass -File install.ps1 agent',
      `-Server ${quote(server)}`,
      '-PassphraseFile passphrase.txt',
      ...(fingerprint === null ? [] : [`-Fingerprint ${fingerprint}`]),
    ].join(' '),
    'Remove-Item passphrase.txt',
  ].join('\n')
}
