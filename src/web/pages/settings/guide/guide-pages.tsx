/** @jsxImportSource #markup */
import { SEVERITIES, SEVERITY_NAMES } from '../../../../domain/event.ts'
import { capitalize } from '../../../ui/components.tsx'
import { severityMark, statusMark } from '../../../ui/icons.tsx'
import { words } from './guide-words.tsx'

export const pagesPart = () => (
  <section class="section" id="pages">
    <h2>The pages</h2>
    {words([
      [
        'Home',
        <>
          A verdict in one line, the worst events that nobody has acknowledged, a map of all hosts, the
          busiest of them and the last 24 hours of the fleet. A cell of the map shows its host when you point
          at it. Updates live.
        </>,
      ],
      [
        'Hosts',
        <>
          Every machine whose agent has reported. Filter as you type by name, address, domain or platform;
          click a column header to sort; choose columns. Selected hosts can be compared, muted or added to a
          group.
        </>,
      ],
      [
        'A host',
        <>
          Its state, groups, problems and a section for each resource, of the last hour or up to a year. One
          cursor runs over all graphs; drag to zoom. Each graph opens its metric over any time range.
        </>,
      ],
      [
        'A graph',
        <>
          Drag across it to zoom, use the arrow keys and + and −, or enter a custom range. Marks along its top
          are events; dashed lines are thresholds. Fit scales it to its values, and the same period a day or a
          week before can be drawn behind it. Every sample is kept; where there are more samples than pixels,
          a band runs from the minimum to the maximum. It downloads as CSV or as a picture.
        </>,
      ],
      [
        'Compare',
        <>
          Metrics of several hosts in one graph, with their events. <a href="/compare">Compare</a> keeps
          everything in its address, so a link can be shared.
        </>,
      ],
      [
        'Groups',
        <>
          Hosts belong to groups by <code>agent.groups</code> in the configuration of their agents, and by
          hand on their pages. A group such as <code>site:ams1</code> or <code>role:db</code> is a facet: the
          bar at the top of home, hosts and events narrows them by it, and links keep the choice.
        </>,
      ],
      [
        'Saved views',
        <>
          A name for a page with its filters, columns and order, for you or for everybody. Saved views appear
          in the navigation.
        </>,
      ],
      [
        'Wall screens',
        <>
          <code>?kiosk</code> at the end of an address hides the frame and enlarges everything, as in{' '}
          <a href="/?kiosk">home for a wall</a>. <code class="whole">?kiosk=30</code> alternates between home
          and events every 30 seconds.
        </>,
      ],
      [
        'Events',
        <>
          Current and past problems, most severe first. In a wide window the selected event is shown beside
          the list: its graph, what else changed on the host, who was notified, and its history. Select
          several, or all that match the filter, to change them together.
        </>,
      ],
      [
        'Reports',
        <>
          Availability over a period, with and without maintenance; which filesystems will be full and when;
          hosts, open events and agents. Each prints, and downloads as CSV.
        </>,
      ],
    ])}
  </section>
)

export const marksPart = () => (
  <section class="section" id="marks">
    <h2>What the marks mean</h2>
    <ul class="mark-list">
      {SEVERITIES.map((one) => (
        <li>
          {severityMark(one)} {capitalize(SEVERITY_NAMES[one])} <span class="soft">severity {one}</span>
        </li>
      ))}
      <li>
        {statusMark('up')} Up <span class="soft">reports as expected</span>
      </li>
      <li>
        {statusMark('down')} Down <span class="soft">no data for too long</span>
      </li>
      <li>
        {statusMark('maintenance')} In maintenance <span class="soft">notifications are held</span>
      </li>
    </ul>
  </section>
)

export const eventsPart = () => (
  <section class="section" id="events">
    <h2>Events and notifications</h2>
    <p>
      The agent evaluates its own samples: an event opens when every sample of a threshold’s duration breaches
      it. There is at most one open event for a metric; it changes its severity and closes when no threshold
      is breached any more. Thresholds are set in the agent’s configuration and nowhere else (
      <code>[[agent.threshold]]</code>); the agent reports them, so that the host’s page lists them and graphs
      show them as lines. The server opens events of its own, for hosts that send no data and for clocks that
      are wrong.
    </p>
    {words([
      [
        'Acknowledge',
        <>
          Shows that somebody is working on it: repeated and delayed notifications stop. The event stays open.
          If somebody else was faster, the page says who.
        </>,
      ],
      [
        'Close',
        <>
          Hides the event until the problem has recovered and occurs again. An action can be undone for some
          seconds.
        </>,
      ],
      ['Mute', <>Holds the notifications of a host for some time: a maintenance window that begins now.</>],
      ['No data', <>The metric is no longer reported, so it is unknown whether the problem persists.</>],
      [
        'Notification rules',
        <>
          Who is notified of which events: by host, metric and severity; at once or after a delay; once or
          repeatedly. The form shows what a rule would have sent in the last 30 days.
        </>,
      ],
      [
        'Maintenance windows',
        <>
          Hold the notifications of some hosts during planned work. What is still open at the end is sent
          then.
        </>,
      ],
    ])}
  </section>
)

export const keysPart = () => (
  <section class="section" id="keys">
    <h2>Keys</h2>
    {words([
      [
        <>
          <kbd>/</kbd> or <kbd>Ctrl</kbd>+<kbd>K</kbd>
        </>,
        'opens the search for hosts, metrics, pages and actions; arrow keys choose, Enter opens',
      ],
      [
        <>
          <kbd>j</kbd> <kbd>k</kbd>
        </>,
        'on home: the next and the previous problem',
      ],
      [<kbd>x</kbd>, 'selects it'],
      [<kbd>a</kbd>, 'acknowledges what is selected, or the current one'],
      [<kbd>m</kbd>, 'opens its menu, with Mute'],
      [<kbd>Enter</kbd>, 'opens it'],
      [<kbd>Tab</kbd>, 'moves on; the first leads past the navigation to the content'],
      [
        <>
          <kbd>←</kbd> <kbd>→</kbd>
        </>,
        'move a graph that has the focus in time',
      ],
      [
        <>
          <kbd>+</kbd> <kbd>−</kbd>
        </>,
        'zoom it',
      ],
    ])}
  </section>
)
