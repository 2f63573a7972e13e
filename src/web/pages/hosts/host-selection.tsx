/** @jsxImportSource #markup */
import { HOST_COLUMNS, type HostColumn, USUAL_HOST_COLUMNS } from '../../../domain/users/preferences.ts'
import type { Session } from '../../../storage/ports/store.ts'
import { MUTE_TIMES } from '../../changes/mute-host.ts'
import { csrfField } from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { columnName } from './host-columns.tsx'

/** The columns that the user has chosen, or the default ones. */
export function readColumns(session: Pick<Session, 'preferences'> | null): readonly HostColumn[] {
  const chosen = session?.preferences?.hostColumns
  return chosen === undefined ? USUAL_HOST_COLUMNS : HOST_COLUMNS.filter((key) => chosen.includes(key))
}

type ColumnsModel = { readonly url: URL; readonly columns: readonly HostColumn[]; readonly csrf: string }

/** A menu in which people choose columns; the choice is kept with their account. */
export function columnsMenu({ url, columns, csrf }: ColumnsModel): Html {
  return (
    <details class="menu columns-menu" id="columns">
      <summary class="button">Columns</summary>
      <form class="menu-body" method="post" action="/change-hosts">
        {csrfField(csrf)}
        <input type="hidden" name="back" value={`${url.pathname}${url.search}`} />
        <fieldset>
          <legend class="visually-hidden">Columns of the list</legend>
          {HOST_COLUMNS.map((key) => (
            <label>
              <input type="checkbox" name="column" value={key} checked={columns.includes(key)} />{' '}
              {columnName(key)}
            </label>
          ))}
        </fieldset>
        <div class="row-actions">
          <button class="primary" type="submit" name="action" value="columns">
            Show
          </button>
          <button type="submit" name="action" value="usual-columns">
            Reset
          </button>
        </div>
      </form>
    </details>
  )
}

/** The actions for selected hosts; shown while any are selected. */
export function selectionBar({ mayChange }: { readonly mayChange: boolean }): Html {
  return (
    <div class="bulk">
      <span class="bulk-count" data-checked-count role="status" />
      <button type="submit" name="action" value="compare">
        Compare
      </button>
      {mayChange && (
        <>
          <label>
            Mute for{' '}
            <select name="seconds">
              {MUTE_TIMES.map(({ seconds, words }) => (
                <option value={String(seconds)}>{words}</option>
              ))}
            </select>
          </label>
          <button type="submit" name="action" value="mute">
            Mute
          </button>
          <label>
            Group{' '}
            <input
              type="text"
              name="group"
              class="group-input"
              placeholder="site:ams1"
              autocomplete="off"
              autocapitalize="none"
              spellcheck="false"
              maxlength={64}
            />
          </label>
          <button type="submit" name="action" value="group">
            Add to group
          </button>
        </>
      )}
    </div>
  )
}
