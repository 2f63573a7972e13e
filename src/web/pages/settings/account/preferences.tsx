/** @jsxImportSource #markup */

import { isTimeZone } from '../../../../domain/time/time-zone.ts'
import {
  DATE_LANGUAGES,
  DEFAULT_PREFERENCES,
  readPreferences,
  THEMES,
} from '../../../../domain/users/preferences.ts'
import { redirect, route, type WebRequest } from '../../../http/route.ts'
import {
  choiceField,
  csrfField,
  formProblem,
  type Problems,
  refuseForm,
  textField,
} from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { zoneList } from '../maintenance/maintenance-fields.tsx'
import { settingsPage } from '../settings-layout.tsx'

const PATH = '/settings/preferences'
const THEME_WORDS = { system: 'System', light: 'Light', dark: 'Dark' } as const

export const preferencesPage = route({ path: PATH, access: 'viewer' }, (request) => {
  const { theme, zone, dates } = request.session?.preferences ?? DEFAULT_PREFERENCES
  return preferencesView(request, { theme, zone: zone ?? '', dates: dates ?? '' }, {})
})

type TypedPreferences = { readonly theme: string; readonly zone: string; readonly dates: string }

function preferencesView(
  request: WebRequest,
  { theme, zone, dates }: TypedPreferences,
  problems: Problems,
): Html {
  return settingsPage(request, {
    title: 'Preferences',
    lead: 'How the website looks to you, on every device. The button above changes the theme on this one only.',
    body: (
      <form class="form" method="post" action={PATH} data-preferences>
        {csrfField(request.csrf)}
        {formProblem(problems)}
        {choiceField({
          name: 'theme',
          label: 'Theme',
          value: theme,
          choices: THEMES.map((value) => ({ value, words: THEME_WORDS[value] })),
        })}
        {textField({
          name: 'zone',
          label: 'Time zone',
          value: zone,
          maxLength: 64,
          problem: problems.zone,
          list: 'zones',
          placeholder: 'Device time zone',
          hint: 'For example Europe/Berlin. Leave empty to use the time zone of the device.',
        })}
        {zoneList()}
        {choiceField({
          name: 'dates',
          label: 'Date format',
          value: dates,
          choices: [
            { value: '', words: 'ISO (2026-11-29 12:07)' },
            ...DATE_LANGUAGES.map(([value, words]) => ({ value, words })),
          ],
        })}
        <div class="form-end">
          <button class="primary" type="submit">
            Save
          </button>
        </div>
      </form>
    ),
  })
}

export const savePreferences = route(
  { path: PATH, method: 'POST', access: 'viewer', does: 'change own preferences' },
  async (request) => {
    const { form, session, web, note } = request
    const text = (name: string) => (form.get(name) ?? '').trim()
    const typed = { theme: text('theme'), zone: text('zone'), dates: text('dates') }
    if (typed.zone !== '' && !isTimeZone(typed.zone))
      return refuseForm(
        preferencesView(request, typed, { zone: 'A time zone such as Europe/Berlin or UTC.' }),
      )
    // Preferences that other pages store are kept.
    const chosen = readPreferences({ ...session?.preferences, ...typed })
    await web.store.users.setPreferences(session?.user ?? '', chosen)
    note(
      `colours ${chosen.theme}, zone ${chosen.zone ?? 'of the device'}, dates ${chosen.dates ?? 'in figures'}`,
    )
    return redirect(`${PATH}?done=saved`)
  },
)
