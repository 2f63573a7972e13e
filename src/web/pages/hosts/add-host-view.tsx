/** @jsxImportSource #markup */
import {
  agentWay,
  joinCommand,
  linuxCommand,
  windowsCommand,
  withServerName,
} from '../../../domain/hosts/join-commands.ts'
import type { WebContext } from '../../http/route.ts'
import { agoLabel, hostPath } from '../../ui/components.tsx'
import { formatCount } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

export type AddHostModel = {
  readonly server: string
  /** The name by which the browser reached it, where that is of no use to other machines; else null. */
  readonly insteadOf: string | null
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

/** True of names and addresses that mean the machine on which they are used. */
export const isLocalName = (name: string): boolean =>
  /^(localhost|.+\.localhost|127\.[0-9.]+|::1)$/i.test(name)

export function addHostView(model: AddHostModel): Html {
  const { server, insteadOf, since, fresh, total, now, web } = model
  const { enrolment } = web.about
  const passphrase = enrolment?.readPassphrase() ?? null
  const way = agentWay(server, web.findAgentDoor(), enrolment?.plainPort ?? null)
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
      {isLocalName(server) ? (
        <p class="notice">
          Other machines can’t reach this server as {server}. Enter its name or address for them below.
        </p>
      ) : insteadOf !== null ? (
        <p class="notice">
          You opened this server as {insteadOf}, which other machines can’t reach. The commands below use{' '}
          {server}; enter another name or address if they reach it by that.
        </p>
      ) : null}
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
          This server does not accept agents: both ports of <code>collect</code> are closed.
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
      {passphraseNote(enrolment, passphrase)}
      <p class="soft">
        To try an agent first, <code>monitor agent --once</code> prints what it would send without sending it.
      </p>
    </>
  )
}

/** Where the passphrase of the commands comes from, or what is in its place. */
function passphraseNote(enrolment: WebContext['about']['enrolment'], passphrase: string | null): Html {
  if (enrolment?.takesPassphrase === false)
    return (
      <p class="soft">
        This server takes no passphrase: <code>monitor enroll create</code>, in a shell on the server, makes a
        code, and <code>monitor agent --enroll CODE</code> lets a new machine join by it.
      </p>
    )
  if (passphrase === null)
    return (
      <p class="soft">
        The passphrase is in the configuration of the collect engine, or in the file <code>passphrase</code>{' '}
        of its data directory: put it in the place of PASSPHRASE.
      </p>
    )
  return (
    <p class="soft">
      These commands contain the passphrase, which lets anybody report as a new host. Keep them as secret as
      the passphrase itself.
    </p>
  )
}

/** The one line that is pasted on a new machine; it needs no more than this server. */
function oneLinePart({ server, web, csrf, url, code, base }: AddHostModel): Html | null {
  if (web.releases === null || web.about.enrolment?.writeCode === undefined) return null
  if (base === null)
    return (
      <p class="notice">
        <span>
          Over HTTPS this page creates a one-time code and a one-line installer for agents. To enable it, set{' '}
          <code>web.tls = true</code>.
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
          The command installs the agent from this server with a code that lets one new host join within an
          hour. The machine needs no internet access.
        </p>
        <form method="post" action={`/add-host${url.search}`}>
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit">Create code and command</button>
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

function newcomers(fresh: AddHostModel['fresh'], total: number, now: number): Html {
  if (fresh.length === 0)
    return (
      <p class="waiting-line" role="status">
        <span class="live-dot" aria-hidden="true" />
        Waiting. {total === 0 ? 'No host has reported yet.' : `${formatCount(total, 'host')} known so far.`} A
        new host appears here within seconds of starting its agent.
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
