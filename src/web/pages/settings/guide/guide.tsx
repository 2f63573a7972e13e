/** @jsxImportSource #markup */
import { route } from '../../../http/route.ts'
import { settingsPage } from '../settings-layout.tsx'
import { backupPart } from './guide-backup.tsx'
import { containerPart } from './guide-container.tsx'
import { originalPart } from './guide-original.tsx'
import { eventsPart, keysPart, marksPart, pagesPart } from './guide-pages.tsx'
import { apiPart, commandsPart, metricsPart, settingsPart } from './guide-reference.tsx'
import { rotationPart } from './guide-rotation.tsx'
import { watchingPart } from './guide-watching.tsx'

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
