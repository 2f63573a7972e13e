/** @jsxImportSource #markup */
import type { WebContext } from '../../http/route.ts'
import type { Html } from '../../ui/markup/html.ts'

/** The configuration and the other flags of the service stay. */
const OWN_AGENT_OF_SERVICE = 'monitor service install server --agent\nmonitor service restart server'

/** The content of the start page while no host has reported. */
export function firstStart(
  { findAgentDoor, about }: Pick<WebContext, 'findAgentDoor' | 'about'>,
  mayAdd: boolean,
): Html {
  const door = findAgentDoor()
  const way =
    door === null
      ? `agent.server=tcp://SERVER:${about.enrolment?.plainPort ?? 'PORT'}`
      : `agent.server=tls://SERVER:${door.port} --set agent.fingerprint=${door.fingerprint}`
  return (
    <>
      <h1 class="visually-hidden">Home</h1>
      <section class="empty card">
        <h2>No host has reported yet</h2>
        <p>
          Install an agent and its host appears here by itself. This page shows the first one as soon as it
          does.
        </p>
        <ol>
          <li>
            {about.isService
              ? 'To watch this machine, give the service an agent of its own, as root (on Windows as administrator):'
              : 'To watch this machine, start the server with an agent of its own:'}
            <pre class="command" tabindex="0">
              <code>{about.isService ? OWN_AGENT_OF_SERVICE : 'monitor server --agent'}</code>
            </pre>
          </li>
          <li>
            To watch another machine, copy the program there and start an agent. It needs a copy of the file{' '}
            <code>passphrase</code> in this server's data directory:
            <pre class="command" tabindex="0">
              <code>monitor agent --set {way} --set agent.passphrase_file=FILE</code>
            </pre>
          </li>
        </ol>
        {mayAdd && (
          <p>
            <a href="/add-host">Add a host</a> has commands for Linux and Windows that install the agent as a
            service, with everything filled in.
          </p>
        )}
      </section>
    </>
  )
}
