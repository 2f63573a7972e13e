import { expect, test } from 'bun:test'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { describeCommand, readFreeBytes } from '../../../src/roles/site/site-info.ts'

test('the guide writes a command as it is typed', () => {
  const run = async () => 0
  expect(
    describeCommand({
      name: 'user access',
      doc: 'Sets what a user may do',
      arguments: [
        { name: 'name', doc: 'Name' },
        { name: 'access', doc: 'Access', choices: ['viewer', 'admin'] },
        { name: 'more', doc: 'More', optional: true },
      ],
      options: {
        json: { kind: 'flag', doc: 'As JSON' },
        to: { kind: 'text', doc: 'Where to', needed: true },
      },
      run,
    }),
  ).toEqual({
    usage: 'monitor user access NAME viewer|admin [MORE]',
    doc: 'Sets what a user may do',
    options: [
      { usage: '--json', doc: 'As JSON' },
      { usage: '--to TEXT', doc: 'Where to (needed)' },
    ],
  })
})

test('every command has words for the guide, and its options too', () => {
  for (const { usage, doc, options } of COMMANDS.map(describeCommand))
    for (const text of [usage, doc, ...options.map((one) => one.doc)]) expect(text.trim()).not.toBe('')
})

test('the room left is that of the disk of the database, and not known of one on a server', () => {
  expect(readFreeBytes('sqlite:monitor.db', '/')).toBeGreaterThan(0)
  expect(readFreeBytes('sqlite:/proc/self/monitor.db', '/')).toBe(0)
  expect(readFreeBytes('sqlite:/no/such/folder/monitor.db', '/')).toBeNull()
  expect(readFreeBytes('mysql://monitor@db1:3306/monitor', '/')).toBeNull()
})
