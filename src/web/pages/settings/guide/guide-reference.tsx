/** @jsxImportSource #markup */

import type { MetricFamily } from '../../../../domain/metrics/metric-family.ts'
import type { WebContext } from '../../../http/route.ts'
import { type GuideCommand, type GuideSection, settingAnchor } from '../../../http/site-info.ts'
import type { Html } from '../../../ui/markup/html.ts'
import { words } from './guide-words.tsx'
import { metricTable } from './metric-table.tsx'

/** The parts of the guide that are generated from declarations: metrics, settings, commands and the API. */

export const metricsPart = (metrics: readonly MetricFamily[]) => (
  <section class="section" id="metrics">
    <h2>Metrics</h2>
    <p>
      What an agent watches out of the box stands below the metric. A <code>[[agent.threshold]]</code> in its
      configuration takes the place of the standard one of the same severity; the others stay. Thresholds of
      load are per CPU.
    </p>
    {metricTable(metrics)}
  </section>
)

export function settingsPart(sections: readonly GuideSection[]): Html {
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

export function commandsPart(commands: readonly GuideCommand[]): Html {
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

export const apiPart = (api: WebContext['api']) => (
  <section class="section" id="api">
    <h2>API</h2>
    <p>
      The same data as JSON, with a session or with <code>Authorization: Bearer TOKEN</code>. What is sent is
      JSON too. <a href="/api/v1/openapi.json">Its description in OpenAPI 3.1</a> is for programs. A parameter
      or field that is not listed is refused. Rules, targets, maintenance windows and views come with an{' '}
      <code>ETag</code>: sent back in <code>If-Match</code>, it keeps a change from overwriting somebody
      else’s (412). A token that is limited to groups reads and changes only the hosts of these, and what is
      theirs: events of one host, and maintenance windows that name one. <code>/healthz</code> is open to all:
      200 and ok, or 503 and what is wrong.
    </p>
    {words(
      api.map(({ method, path, access, scope, doc, api: { query = [], example, bodyExample } = {} }) => [
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
          {(example !== undefined || bodyExample !== undefined) && (
            <div>
              <span class="soft">Such as</span>{' '}
              <code class="anywhere">{example ?? JSON.stringify(bodyExample)}</code>
            </div>
          )}
        </>,
      ]),
    )}
  </section>
)
