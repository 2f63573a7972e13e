import { expect, test } from 'bun:test'
import { formatTable } from '../../src/cli/table.ts'

test('names in a table can not steer the terminal, nor hide', () => {
  const names = ['esc\u001b[31m', 'c1\u009b31m', 'line\nend', 'turn\u202eed', 'fill\u3164er', 'tag\u{e0041}']
  const table = formatTable(
    ['NAME', 'ROLE'],
    names.map((name) => [name, 'viewer']),
  )
  expect(table.split('\n')).toEqual([
    'NAME             ROLE',
    'esc\\u001b[31m    viewer',
    'c1\\u009b31m      viewer',
    'line\\u000aend    viewer',
    'turn\\u202eed     viewer',
    'fill\\u3164er     viewer',
    'tag\\udb40\\udc41  viewer',
  ])
})
