/** @jsxImportSource #markup */
import type { Html } from '../../../ui/markup/html.ts'

/** A step of the move, in the order in which they are taken. */
type Step = { readonly title: string; readonly body: Html }

const STEPS: readonly Step[] = [
  {
    title: 'Take its settings over',
    body: (
      <>
        <code>monitor config import-original settings.ini</code> prints the configuration of the server. What
        has no counterpart stands in comments at its head. Passphrase and ports are the same then, so its
        agents find this server.
      </>
    ),
  },
  {
    title: 'Stop the original server and start this one',
    body: (
      <>
        On the same address, or on another one: then change <code>server</code> in the settings of the agents.
        They keep what they can't send for 7 days, and it comes with their first packet.
      </>
    ),
  },
  {
    title: 'Take its data over',
    body: (
      <>
        <code>
          monitor db import-original --from mysql://USER@HOST:3306/DATABASE --from-password-file FILE
        </code>{' '}
        takes hosts, samples, events, notification rules and users, also while this server runs.{' '}
        <code>--from sqlite:flask.db</code> is for 0.05b, and <code>--from-plain</code> reaches a database
        without TLS where <code>database.tls</code> is set. It may be interrupted and run again. Rows that
        make no sense are listed with the reason; <code>--report FILE</code> writes all of them down. Nobody
        is notified of anything imported unless you ask for <code>--notify-open</code>. Of a host that has not
        reported here yet an event is open until it does, also without a word to anybody: the list of events
        shows which hosts still have to be moved.
      </>
    ),
  },
  {
    title: 'Let people sign in',
    body: (
      <>
        An old password fits once, within 30 days, and a new one is asked for then. Who had one that everybody
        guesses is disabled until an admin sets another. The list of users in the settings says so.
      </>
    ),
  },
  {
    title: 'Replace the agents, one after the other',
    body: (
      <>
        Stop the original agent, and free its name on the server: <code>monitor host release NAME</code>, or{' '}
        <code>monitor host release --keyless</code> for all that have none of ours yet. Then{' '}
        <code>monitor config import-original --agent settings.ini</code> prints the configuration of the new
        one, with its services, processes and thresholds. The name of the machine stays, so its graphs go on.
      </>
    ),
  },
]

/** How to move from the original product. */
export const originalPart = () => (
  <section class="section" id="original">
    <h2>Coming from the original</h2>
    <p>
      Agents of the original Python product report to this server as they are. Nothing has to be changed on
      them but the address, and not even that where the server stays where it was.
    </p>
    <ol>
      {STEPS.map(({ title, body }) => (
        <li>
          <b>{title}.</b> {body}
        </li>
      ))}
    </ol>
    <h3>Old agents beside new ones</h3>
    <p>
      The <a href="/hosts?q=original">list of hosts</a> names them: <b>agent: original 2019</b> speaks JSON
      (0.03b and later), <b>original 2018</b> speaks CSV (0.01b and 0.02b), and <b>original</b> was imported
      and has not reported since. A new agent's name belongs to it: an original agent that still runs on the
      same machine is refused from then on, and the log of the server says so.
    </p>
    <ul>
      <li>
        Without TLS they come from private networks alone; others are named in <code>collect.plain_from</code>
        . With <code>secure = True</code> they come from everywhere, to the same port.
      </li>
      <li>
        Those of 2018 say no passphrase. They are taken with <code>collect.csv_agents = true</code>, from{' '}
        <code>collect.plain_from</code> alone.
      </li>
      <li>
        A clock that is fast: samples wait until the clock of this server has come to their time, events count
        as of now. <b>Clock</b> on the page of the host tells how far it is off, and an event opens.
      </li>
      <li>
        Thresholds are evaluated on the agent, as before. The original does not report them, so graphs show
        the limits that events have named.
      </li>
      <li>
        Of an event that was over in the original nobody knows when it ended; it is shown as <b>unknown</b>{' '}
        and not counted as an outage.
      </li>
    </ul>
    <h3>When all are replaced</h3>
    <p>
      The search for <b>original</b> finds no host that is up. Then switch <code>collect.csv_agents</code>{' '}
      off, give another <code>collect.passphrase</code> (the old one goes into{' '}
      <code>passphrase_previous</code> while agents are changed), close the way without TLS by{' '}
      <code>collect.port = "off"</code>, and drop the original's database.
    </p>
  </section>
)
