import { findViewErrors, MAX_VIEWS, readViewPath, type SavedView } from '../../domain/users/saved-view.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import type { Store } from '../../storage/ports/store.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { withStore } from '../with-store.ts'

const VIEW = { name: 'view', doc: 'Its name, or its number in `view list`' } as const
const PATH_DOC = 'Path and query of the page, such as "/hosts?group=db"'

export const view: CommandGroup = {
  name: 'view',
  doc: 'Manages saved views: names for pages with their filters',
  commands: [
    {
      name: 'view list',
      doc: 'Lists the saved views of all users',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ views }) => {
          printList(input, {
            name: 'views',
            items: await views.list(null),
            describe: ({ id, name, path, owner, isShared }) => ({ id, name, path, owner, shared: isShared }),
            headings: ['ID', 'NAME', 'OWNER', 'SHARED', 'PATH'],
            row: ({ id, name, path, owner, isShared }) => [
              String(id),
              name,
              owner ?? '',
              isShared ? 'yes' : 'no',
              path,
            ],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'view add',
      doc: 'Saves a view for a user; --shared shows it to everybody',
      options: {
        user: { kind: 'text', doc: 'The user whose view it is', needed: true },
        name: { kind: 'text', doc: 'Name', needed: true },
        path: { kind: 'text', doc: PATH_DOC, needed: true },
        shared: { kind: 'flag', doc: 'Everybody sees it' },
      },
      run: (input) => {
        const owner = needText(input, 'user')
        const draft = check({ name: needText(input, 'name'), path: needText(input, 'path') })
        return withStore(
          input,
          async ({ views }) => {
            const outcome = await views.add({ ...draft, owner, isShared: input.flag('shared') })
            if (outcome === 'unknown') throw new CommandError(`there is no user "${owner}"`)
            if (outcome === 'taken') throw taken(owner, draft.name)
            if (outcome === 'full')
              throw new CommandError(`"${owner}" has ${MAX_VIEWS} views, which is the most: delete one first`)
            return EXIT.ok
          },
          { change: ['add saved view', `${draft.name} of ${owner}`] },
        )
      },
    },
    {
      name: 'view change',
      doc: 'Changes the given fields of a saved view',
      arguments: [VIEW],
      options: {
        name: { kind: 'text', doc: 'New name' },
        path: { kind: 'text', doc: PATH_DOC },
        shared: { kind: 'text', doc: 'Whether everybody sees it', choices: ['yes', 'no'] },
      },
      run: (input) =>
        withStore(
          input,
          async (store) => {
            const before = await find(input, store)
            const shared = input.text('shared')
            const changed = check({
              name: input.text('name') ?? before.name,
              path: input.text('path') ?? before.path,
            })
            const isShared = shared === null ? before.isShared : shared === 'yes'
            if ((await store.views.update({ ...changed, id: before.id, isShared })) === 'taken')
              throw taken(before.owner ?? 'nobody', changed.name)
            return EXIT.ok
          },
          { change: ['change saved view', needText(input, 'view')] },
        ),
    },
    {
      name: 'view delete',
      doc: 'Deletes a saved view',
      arguments: [VIEW],
      run: (input) =>
        withStore(
          input,
          async (store) => {
            await store.views.delete((await find(input, store)).id)
            return EXIT.ok
          },
          { change: ['delete saved view', needText(input, 'view')] },
        ),
    },
  ],
}

const taken = (owner: string, name: string) => new CommandError(`"${owner}" has a view "${name}" already`)

/** Two users may have views with one name: the number decides. */
async function find(input: CommandInput, { views }: Store): Promise<SavedView> {
  const wanted = needText(input, 'view')
  const all = await views.list(null)
  const named = all.filter(({ name }) => name === wanted)
  if (named.length > 1)
    throw new CommandError(
      `there are ${named.length} views "${wanted}": give the number of one, ${named.map(({ id }) => id).join(' or ')}`,
    )
  const found = named[0] ?? all.find(({ id }) => String(id) === wanted)
  if (found === undefined) throw new CommandError(`there is no view "${wanted}"`)
  return found
}

function check(draft: Pick<SavedView, 'name' | 'path'>) {
  const [wrong] = findViewErrors(draft)
  if (wrong) throw new CommandError(`--${wrong.field}: expected ${wrong.expected}`, EXIT.usage)
  return { name: draft.name, path: readViewPath(draft.path) ?? '' }
}
