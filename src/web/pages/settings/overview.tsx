/** @jsxImportSource #markup */
import { mayUse, route } from '../../http/route.ts'
import { layout } from '../../ui/layout/layout.tsx'
import { SETTINGS_ENTRIES, SETTINGS_GROUPS } from './settings-entries.ts'

export const settingsOverview = route({ path: '/settings', access: 'viewer' }, ({ session, csrf, url }) => {
  const open = SETTINGS_ENTRIES.filter(({ access }) => mayUse({ session }, access))
  const groups = SETTINGS_GROUPS.map((group) => ({
    group,
    entries: open.filter((entry) => entry.group === group),
  })).filter(({ entries }) => entries.length > 0)
  return layout({
    title: 'Settings',
    active: 'settings',
    session,
    csrf,
    url,
    body: (
      <>
        <div class="head">
          <div>
            <h1>Settings</h1>
            <p class="lead">
              You are signed in as {session?.user} (role: {session?.access}).
            </p>
          </div>
        </div>
        <div class="entry-groups">
          {groups.map(({ group, entries }) => (
            <section>
              <h2>{group}</h2>
              <ul class="entries">
                {entries.map(({ path, title, doc }) => (
                  <li>
                    <a href={path}>
                      <b>{title}</b>
                      <span>{doc}</span>
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
      </>
    ),
  })
})
