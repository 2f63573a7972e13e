import { MAX_COMMENT } from '../../domain/event.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type Command, type CommandInput, needText } from '../../roles/command.ts'
import type { EventStore } from '../../storage/ports/store.ts'
import { readAccount } from '../audit.ts'
import { withStore } from '../with-store.ts'

type ShellEventChange = 'acknowledge' | 'close' | 'reopen' | 'comment'

const DOCS: Readonly<Record<ShellEventChange, string>> = {
  acknowledge: 'Says that somebody looks after an event: repeats and delayed notifications stop',
  close: 'Closes an event by hand',
  reopen: 'Opens an event again',
  comment: 'Adds a comment to an event',
}

const REJECTIONS: Readonly<Record<ShellEventChange, string>> = {
  acknowledge: 'is not open',
  close: 'is not open',
  reopen: 'is open already, or another one of the same metric is',
  comment: 'is not there',
}

/** The same changes as on the website and in the API, under the name of the account. */
export const EVENT_CHANGES: readonly Command[] = (['acknowledge', 'close', 'reopen', 'comment'] as const).map(
  (change) => ({
    name: `event ${change}`,
    doc: DOCS[change],
    arguments: [{ name: 'id', doc: 'Its number in `event list`' }],
    options: {
      comment: {
        kind: 'text',
        doc: change === 'comment' ? 'What to say' : 'What to say with it',
        ...(change === 'comment' && { needed: true }),
      },
    },
    run: (input) => {
      const id = readEventId(input)
      const comment = readComment(input)
      return withStore(
        input,
        async ({ events }) => {
          if ((await events.find(id)) === null) throw new CommandError(`there is no event ${id}`)
          if (!(await apply(events, change, id, comment)))
            throw new CommandError(`event ${id} ${REJECTIONS[change]}`)
          return EXIT.ok
        },
        { change: [`${change} event`, String(id)] },
      )
    },
  }),
)

function apply(
  events: EventStore,
  change: ShellEventChange,
  id: number,
  comment: string | null,
): Promise<boolean> {
  const [by, now] = [readAccount(), systemClock.now()]
  return change === 'comment'
    ? events.comment(id, by, now, comment ?? '')
    : events[change](id, by, now, comment ?? undefined)
}

function readEventId(input: CommandInput): number {
  const id = needText(input, 'id')
  if (!/^\d{1,15}$/.test(id))
    throw new CommandError('an event is named by its number in `event list`', EXIT.usage)
  return Number(id)
}

function readComment(input: CommandInput): string | null {
  const comment = input.text('comment')?.trim() ?? null
  if (comment !== null && (comment === '' || comment.length > MAX_COMMENT))
    throw new CommandError(`--comment takes 1 to ${MAX_COMMENT} characters`, EXIT.usage)
  return comment
}
