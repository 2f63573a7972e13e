/** @jsxImportSource #markup */
import { SEVERITIES, SEVERITY_NAMES } from '../../../../domain/event.ts'
import type { MetricFamily } from '../../../../domain/metrics/metric-family.ts'
import { route, type WebContext } from '../../../http/route.ts'
import { type GuideCommand, type GuideSection, settingAnchor } from '../../../http/site-info.ts'
import { capitalize } from '../../../ui/components.tsx'
import { severityMark, statusMark } from '../../../ui/icons.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { settingsPage } from '../settings-layout.tsx'
import { backupPart } from './guide-backup.tsx'
import { containerPart } from './guide-container.tsx'
import { originalPart } from './guide-original.tsx'
import { rotationPart } from './guide-rotation.tsx'
import { watchingPart } from './guide-watching.tsx'
import { metricTable } from './metric-table.tsx'

export const guidePage = route({ path: '/settings/guide', access: 'viewer' }, (request) => {
  const { api } = request.web
  const { sections, commands, metrics } = request.web.about
  return settingsPage(request, {
    title: 'User guide',
    body: (
      <>
        <nav class="guide-contents" aria-label="Contents">
          <ul>
            {[
              ['pages', 'The pages'],
              ['marks', 'What the marks mean'],
              ['events', 'Events and notifications'],
              ['keys', 'Keys'],
              ['watching', 'What an agent watches'],
              ['metrics', 'Metrics'],
              ['commands', 'Commands'],
              ['settings', 'Settings'],
              ['rotation', 'Changing passphrase and certificate'],
              ['backup', 'Backup and restore'],
              ['containers', 'In containers'],
              ['original', 'Coming from the original'],
              ['api', 'API'],
            ].map(([id, title]) => (
              <li>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="guide">
          {pagesPart()}
          {marksPart()}
          {eventsPart()}
          {keysPart()}
          {watchingPart()}
          {metricsPart(metrics)}
          {commandsPart(commands)}
          {settingsPart(sections)}
          {rotationPart()}
          {backupPart()}
          {containerPart()}
          {originalPart()}
          {apiPart(api)}
        </div>
      </>
    ),
  })
})

const words = (entries: readonly (readonly [Html | string, Html | string])[]) => (
  <dl class="words">
    {entries.map(([name, doc]) => (
      <div>
        <dt>{name}</dt>
        <dd>{doc}</dd>
      </div>
    ))}
  </dl>
)

const pagesPart = () => (
  <section class="section" id="pages">
    <h2>The pages</h2>
    {words([
      [
        'Home',
        'How many hosts are up, which events are open, the server itself, what needs attention ' +
          'first (the worst open events that nobody has acknowledged), and every host with its open' +
          ' events. Updates live.',
      ],
      [
        'Hosts',
        'Every machine whose agent ever reported. Search by name, address, domain, platform or build; click a column header to sort.',
      ],
      [
        'A host',
        'Its facts, groups, open events, figures and graphs, of the last hour or up to a month. ' +
          'One cursor runs over all graphs; drag to zoom. Each graph opens its metric over any time' +
          ' range.',
      ],
      [
        'A graph',
        'Drag across it to zoom, use the arrow keys and + and −, or enter a custom range. Marks ' +
          'along its top are events; dashed lines are the thresholds set on the agent or, where the' +
          ' agent does not report them, those that events have named. Save it as CSV or as a ' +
          'picture. Every sample is kept; where there are more samples than pixels, the band runs ' +
          'from the minimum to the maximum.',
      ],
      [
        'Compare',
        <>
          Metrics of several hosts side by side, with their events. <a href="/compare">Compare</a> keeps
          everything in its address, which can be sent to others.
        </>,
      ],
      [
        'Groups',
        <>
          Hosts belong to groups by <code>agent.groups</code> in the configuration of their agents, and by
          hand on their pages. Home, hosts and events show one group when asked to.
        </>,
      ],
      [
        'Wall screens',
        <>
          <code>?kiosk</code> behind an address leaves out the frame and makes everything larger, as in{' '}
          <a href="/?kiosk">home for a wall</a>. <code>?kiosk=30</code> goes round home and events every 30
          seconds. On a wall the hosts with the worst events come first.
        </>,
      ],
      [
        'Events',
        'What is or was wrong. Filter, acknowledge, close and comment; several at once by their boxes, or all that fit the filter.',
      ],
      [
        'Reports',
        'Hosts, open events, availability over a period, and which filesystems will be full. Each prints, and downloads as CSV.',
      ],
    ])}
  </section>
)

const marksPart = () => (
  <section class="section" id="marks">
    <h2>What the marks mean</h2>
    <ul class="mark-list">
      {SEVERITIES.map((one) => (
        <li>
          {severityMark(one)} {capitalize(SEVERITY_NAMES[one])} <span class="soft">severity {one}</span>
        </li>
      ))}
      <li>
        {statusMark('up')} Up <span class="soft">seen within the time allowed</span>
      </li>
      <li>
        {statusMark('down')} Down <span class="soft">silent for longer</span>
      </li>
    </ul>
  </section>
)

const eventsPart = () => (
  <section class="section" id="events">
    <h2>Events and notifications</h2>
    <p>
      The agent evaluates its own samples: a threshold holds when every sample of its duration breaches it.
      One event is open for a metric at most; it rises and falls in severity and closes when no threshold
      holds any more. Thresholds are set in the agent’s configuration and nowhere else (
      <code>[[agent.threshold]]</code>); the agent tells the server which they are, so that the host’s page
      lists them and graphs show them as lines. The server opens events of its own for hosts that fall silent
      and for clocks that are wrong.
    </p>
    {words([
      [
        'Acknowledge',
        'Says that somebody looks after it: repeats and delayed notifications stop. The event stays open.',
      ],
      [
        'Close',
        'Closes it by hand. While the agent still sees the problem it stays closed until the problem has ended and comes again.',
      ],
      ['Stale', 'The metric does not come any more, so nobody knows whether the problem is still there.'],
      [
        'Rules',
        'Tell people: by host, metric and severity; at once or after a delay; once or again and again.',
      ],
      [
        'Windows',
        'Hold notifications of some hosts during planned work. What is still open at the end is sent then.',
      ],
    ])}
  </section>
)

const keysPart = () => (
  <section class="section" id="keys">
    <h2>Keys</h2>
    {words([
      [<kbd>/</kbd>, 'or Ctrl+K goes to the search, which shows matches as you type; arrow keys choose one'],
      [<kbd>Tab</kbd>, 'goes on; the first leads past the navigation to the content'],
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

const metricsPart = (metrics: readonly MetricFamily[]) => (
  <section class="section" id="metrics">
    <h2>Metrics</h2>
    <p>
      What an agent watches out of the box stands below the metric. A <code>[[agent.threshold]]</code> in its
      configuration takes the place of the standard one of the same severity; the others stay. The limits of
      load are for each processor.
    </p>
    {metricTable(metrics)}
  </section>
)

function settingsPart(sections: readonly GuideSection[]): Html {
  return (
    <section class="section" id="settings">
      <h2>Settings</h2>
      <p>
        In the configuration file, as <code>--set section.key=value</code> on the command line, or as{' '}
        <code>MONITOR_SECTION_KEY</code> in the environment. <code>monitor config print</code> shows what is
        in force and where it comes from.
      </p>
      {sections.map(({ name, doc, settings }) => (
        <>
          <h3 class="guide-head">
            {name === null ? (
              'At the top of the file'
            ) : (
              <>
                <code>[{name}]</code> <span class="soft">{doc}</span>
              </>
            )}
          </h3>
          <dl class="words">
            {settings.map(({ key, doc: text, value, hasDefault, isSecret }) => (
              <div id={settingAnchor(key)}>
                <dt>
                  <code>{key}</code>
                </dt>
                <dd>
                  {text}{' '}
                  <span class="soft">
                    {hasDefault ? 'Default' : 'Example'}: <code class="anywhere">{value}</code>
                    {isSecret && (
                      <>
                        ; <code>{key}_file</code> may name a file that holds it
                      </>
                    )}
                  </span>
                </dd>
              </div>
            ))}
          </dl>
        </>
      ))}
    </section>
  )
}

function commandsPart(commands: readonly GuideCommand[]): Html {
  return (
    <section class="section" id="commands">
      <h2>Commands</h2>
      <p>
        From a shell on the server. <code>--config FILE</code>, <code>--data-dir DIR</code> and{' '}
        <code>--set KEY=VALUE</code> go with each of them, and <code>--help</code> tells what is here.
      </p>
      {words(
        commands.map(({ usage, doc, options }) => [
          <code>{usage}</code>,
          <>
            {doc}
            {options.length > 0 && (
              <ul class="guide-options">
                {options.map((one) => (
                  <li>
                    <code>{one.usage}</code> <span class="soft">{one.doc}</span>
                  </li>
                ))}
              </ul>
            )}
          </>,
        ]),
      )}
    </section>
  )
}

const apiPart = (api: WebContext['api']) => (
  <section class="section" id="api">
    <h2>API</h2>
    <p>
      The same data as JSON, with a session or with <code>Authorization: Bearer TOKEN</code>. What is sent is
      JSON too. <a href="/api/v1/openapi.json">Its description in OpenAPI 3.1</a> is for programs. A parameter
      or field that is not listed is refused. A token that is limited to groups reads and changes only the
      hosts of these, and what is theirs: events of one host, and maintenance windows that name one.{' '}
      <code>/healthz</code> is open to all: 200 and ok, or 503 and what is wrong.
    </p>
    {words(
      api.map(({ method, path, access, scope, doc, api: { query = [] } = {} }) => [
        <code class="anywhere">
          {method} {path.replace(/:(\w+)/g, (_, name: string) => name.toUpperCase())}
        </code>,
        <>
          {doc}{' '}
          <span class="soft">
            Access: {access}
            {scope === undefined && '; not by a token limited to groups'}
          </span>
          {query.length > 0 && (
            <ul class="guide-options">
              {query.map((one) => (
                <li>
                  <code>{one.name}</code> <span class="soft">{one.doc}</span>
                </li>
              ))}
            </ul>
          )}
        </>,
      ]),
    )}
  </section>
)
