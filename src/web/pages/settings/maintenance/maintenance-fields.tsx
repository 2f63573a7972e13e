/** @jsxImportSource #markup */

import { checkGroup, choiceField, type Problems, textField } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { hostsField, nameField } from '../named-things.tsx'

import { KINDS, type MaintenanceFields, WEEKDAYS } from './maintenance-form.ts'

/** The fields of a window in its form. */
export function maintenanceFieldsView(fields: MaintenanceFields, problems: Problems): Html {
  return (
    <>
      {nameField(fields.name, problems.name)}
      {hostsField(fields.host, problems.host)}
      {choiceField({
        name: 'kind',
        label: 'When',
        value: fields.kind,
        choices: KINDS,
        shows: true,
        problem: problems.kind,
      })}
      {timeFields(fields, problems)}
      {textField({
        name: 'zone',
        label: 'Time zone',
        value: fields.zone,
        required: true,
        maxLength: 64,
        problem: problems.zone,
        list: 'zones',
      })}
      {zoneList()}
    </>
  )
}

/** A part of the form that belongs to some kinds of times; scripts hide those of the others. */
const shownFor = (kinds: string, part: Html) => (
  <div class="field-part" data-shown-by="kind" data-shown-for={kinds}>
    {part}
  </div>
)

const timeFields = (fields: MaintenanceFields, problems: Problems): Html => (
  <>
    {shownFor(
      'once',
      <div class="field-pair">
        {textField({
          name: 'from',
          label: 'From',
          type: 'datetime-local',
          value: fields.from,
          problem: problems.from,
        })}
        {textField({
          name: 'to',
          label: 'To',
          type: 'datetime-local',
          value: fields.to,
          problem: problems.to,
        })}
      </div>,
    )}
    {shownFor(
      'weekly',
      checkGroup({
        legend: 'Days on which it begins',
        problem: problems.weekdays,
        boxes: WEEKDAYS.map((words, i) => ({
          name: 'weekday',
          value: String(i + 1),
          words,
          checked: fields.weekdays.includes(i + 1),
        })),
      }),
    )}
    {shownFor(
      'monthly',
      textField({
        name: 'month_days',
        label: 'Days of the month on which it begins',
        value: fields.monthDays,
        problem: problems.monthDays,
        maxLength: 100,
        hint: 'As in 1, 15, last. Months without that day are skipped.',
      }),
    )}
    {shownFor(
      'daily weekly monthly',
      <div class="field-pair">
        {textField({
          name: 'start',
          label: 'Begins at',
          type: 'time',
          value: fields.start,
          problem: problems.start,
        })}
        {textField({
          name: 'end',
          label: 'Ends at',
          type: 'time',
          value: fields.end,
          problem: problems.end,
          hint: 'If not after the start, it ends on the next day.',
        })}
      </div>,
    )}
  </>
)

export const zoneList = () => (
  <datalist id="zones">
    {[...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])].map((zone) => (
      <option value={zone} />
    ))}
  </datalist>
)
