import { parseDuration } from '../../../config/fields/units.ts'
import { findMaintenanceErrors } from '../../../domain/notifications/rule-check.ts'
import { describeUnmatchedHosts } from '../../../domain/notifications/rule-doubts.ts'
import { describeMaintenance } from '../../../domain/time/maintenance-json.ts'
import {
  type MaintenanceSchedule,
  type MaintenanceWindow,
  parseTimeOfDay,
} from '../../../domain/time/maintenance-window.ts'
import { systemClock } from '../../../lib/clock.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { type CommandGroup, type CommandInput, needText, type Option } from '../../../roles/command.ts'
import { JSON_OPTION, printList } from '../../list-output.ts'
import { formatTime } from '../../table.ts'
import { withStore } from '../../with-store.ts'
import { listHostNames } from './doubts.ts'
import { namedCommands } from './named-things.ts'

const WINDOW = { name: 'window', doc: 'Its name, or its number in `maintenance list`' } as const

const SCHEDULE = {
  host: {
    kind: 'text',
    doc: 'Hosts: % or * matches any text, _ or ? one character; default: all',
  },
  from: { kind: 'text', doc: 'Once: start, such as 2026-01-31T22:00:00Z; default: now' },
  to: { kind: 'text', doc: 'Once: end, in the same form' },
  for: { kind: 'text', doc: 'Once: duration, such as 2h, instead of --to' },
  daily: { kind: 'text', doc: 'Every day between two times, such as 22:00-06:00' },
  days: {
    kind: 'text',
    doc: 'With --daily: only on these weekdays, 1 (Monday) to 7; with --monthly: days of the month',
  },
  monthly: { kind: 'flag', doc: 'With --days: they are days of the month; -1 is the last' },
  zone: { kind: 'text', doc: 'Time zone of --daily, such as Europe/Berlin; default: that of this machine' },
} as const satisfies Record<string, Option>

const commands = namedCommands<MaintenanceWindow>({
  one: 'maintenance window',
  argument: WINDOW.name,
  storeOf: ({ maintenanceWindows }) => maintenanceWindows,
  findDoubts: async ({ host, when }, store) =>
    [describeEnd(when), describeUnmatchedHosts(host, await listHostNames(store))].filter(
      (words) => words !== null,
    ),
})

/** What a window that is over already says: availability leaves it out, but no notification is held. */
const describeEnd = (when: MaintenanceSchedule): string | null =>
  when.kind === 'once' && when.to <= systemClock.now()
    ? `it ended at ${formatTime(when.to)}, so it holds no notifications`
    : null

export const maintenance: CommandGroup = {
  name: 'maintenance',
  doc: 'Manages maintenance windows and quiet hours, during which notifications are held',
  commands: [
    {
      name: 'maintenance list',
      doc: 'Lists the maintenance windows',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ maintenanceWindows }) => {
          printList(input, {
            name: 'maintenance_windows',
            items: await maintenanceWindows.list(),
            describe: describeMaintenance,
            headings: ['ID', 'NAME', 'HOST', 'WHEN'],
            row: (window) => [String(window.id), window.name, window.host, writeWhen(window)],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'maintenance add',
      doc: 'Adds a maintenance window: once with --for, or recurring with --daily',
      options: { name: { kind: 'text', doc: 'Name', needed: true }, ...SCHEDULE },
      run: (input) => {
        const draft = {
          name: needText(input, 'name'),
          host: input.text('host') ?? '%',
          when: readSchedule(input),
        }
        return commands.add(input, draft, checkWindow)
      },
    },
    {
      name: 'maintenance change',
      doc: 'Changes the given fields of a maintenance window',
      arguments: [WINDOW],
      options: { name: { kind: 'text', doc: 'New name' }, ...SCHEDULE },
      run: (input) =>
        commands.change(input, (before) => {
          const hasTime = ['from', 'to', 'for', 'daily'].some((name) => input.text(name) !== null)
          const changed: MaintenanceWindow = {
            id: before.id,
            name: input.text('name') ?? before.name,
            host: input.text('host') ?? before.host,
            when: hasTime ? readSchedule(input) : before.when,
          }
          checkWindow(changed)
          return changed
        }),
    },
    {
      name: 'maintenance delete',
      doc: 'Deletes a maintenance window',
      arguments: [WINDOW],
      run: (input) =>
        commands.delete(input, ({ id }, { maintenanceWindows }) => maintenanceWindows.delete(id)),
    },
  ],
}

function readSchedule(input: CommandInput): MaintenanceSchedule {
  const daily = input.text('daily')
  const days = input.text('days')
  if (daily === null) {
    if (days !== null || input.flag('monthly')) throw usage('--days and --monthly go with --daily')
    return readOnce(input)
  }
  if (['from', 'to', 'for'].some((name) => input.text(name) !== null))
    throw usage('--daily does not go with --from, --to or --for')
  const [, start = '', end = ''] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(daily) ?? []
  const hours = {
    start: parseTimeOfDay(start) ?? -1,
    end: parseTimeOfDay(end) ?? -1,
    zone: input.text('zone') ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
  if (hours.start < 0 || hours.end < 0) throw usage('--daily takes two times of day, such as 22:00-06:00')
  if (days === null) return { kind: 'daily', ...hours }
  const numbers = days.split(',').map((part) => (/^-?\d{1,2}$/.test(part.trim()) ? Number(part) : 0))
  return { kind: input.flag('monthly') ? 'monthly' : 'weekly', ...hours, days: numbers }
}

function readOnce(input: CommandInput): MaintenanceSchedule {
  const from = readTime(input, 'from') ?? systemClock.now()
  const length = input.text('for')
  const seconds = length === null ? null : parseDuration(length)
  if (length !== null && (seconds === null || seconds === 0))
    throw usage('--for takes a duration with its unit, such as 2h')
  const to = readTime(input, 'to') ?? (seconds === null ? null : from + seconds)
  if (to === null) throw usage('when does it end? Give --for or --to, or --daily for one that comes again')
  if (length !== null && input.text('to') !== null) throw usage('--for and --to say the same')
  return { kind: 'once', from, to }
}

function readTime(input: CommandInput, option: string): number | null {
  const text = input.text(option)
  if (text === null) return null
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (Number.isNaN(time)) throw usage(`--${option} takes a time such as 2026-01-31T22:00:00Z`)
  return Math.floor(time / 1000)
}

function checkWindow(draft: Omit<MaintenanceWindow, 'id'>): void {
  const [wrong] = findMaintenanceErrors(draft)
  if (wrong) throw usage(`--${wrong.field.replace(/^when\./, '')}: expected ${wrong.expected}`)
}

const usage = (words: string) => new CommandError(words, EXIT.usage)

function writeWhen(window: MaintenanceWindow): string {
  const { when } = describeMaintenance(window)
  if (when.kind === 'once') return `${formatTime(when.from)} to ${formatTime(when.to)}`
  const days = when.kind === 'daily' ? '' : ` on days ${when.days.join(',')}`
  return `${when.kind} ${when.start}-${when.end} ${when.zone}${days}`
}
