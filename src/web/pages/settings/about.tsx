/** @jsxImportSource #markup */
import { route } from '../../http/route.ts'
import { formatStamp } from '../../ui/format.ts'
import { settingsPage } from './settings-layout.tsx'

export const aboutPage = route({ path: '/settings/about', access: 'viewer' }, (request) => {
  const { web, now } = request
  const { licence, licences } = web.about
  return settingsPage(request, {
    title: 'About',
    body: (
      <>
        <section class="section" aria-label="This server">
          <dl class="words">
            <div>
              <dt>Monitor</dt>
              <dd>
                version {web.version}
                {licence !== '' && <>, under the licence {licence}</>}
              </dd>
            </div>
            <div>
              <dt>Runs on</dt>
              <dd>Bun {Bun.version}</dd>
            </div>
            <div>
              <dt>Server’s time</dt>
              <dd>
                {formatStamp(now)} ({web.zone})
              </dd>
            </div>
          </dl>
        </section>
        {licences.length > 0 && (
          <section class="section">
            <h2>Packages inside, and their licences</h2>
            <div class="licences">
              {licences.map(({ name, version, licence: terms, text }) => (
                <details>
                  <summary>
                    <b>{name}</b> {version} <span class="soft">{terms}</span>
                  </summary>
                  {text === '' ? (
                    <p class="soft">The package brings no text of its licence.</p>
                  ) : (
                    <pre>{text}</pre>
                  )}
                </details>
              ))}
            </div>
          </section>
        )}
      </>
    ),
  })
})
