import { expect, test } from 'bun:test'
import { integer, oneOf, text } from '../../src/config/fields/fields.ts'
import { tables } from '../../src/config/fields/tables.ts'

const rules = tables({
  doc: 'Rules.',
  fields: {
    metric: text({ default: '', doc: 'Which.' }),
    severity: integer({ default: 3, min: 1, max: 4, doc: 'How bad.' }),
    sendTo: oneOf(['log', 'mail'], { default: 'log', doc: 'Where to.' }),
  },
  needed: ['metric'],
})

function read(raw: unknown): { rows: unknown; wrong: string[] } {
  const wrong: string[] = []
  const rows = rules.read(raw, (expected, path = '') => wrong.push(`${path} ${expected}`))
  return { rows, wrong }
}

test('tables are read row by row, with defaults for what is left out', () =>
  expect(read([{ metric: 'a' }, { metric: 'b', severity: 1, send_to: 'mail' }])).toEqual({
    rows: [
      { metric: 'a', severity: 3, sendTo: 'log' },
      { metric: 'b', severity: 1, sendTo: 'mail' },
    ],
    wrong: [],
  }))

test('every error in every row is reported with its place', () =>
  expect(read([{ severity: 9 }, 7, { metric: 'x', colour: 1 }])).toEqual({
    rows: undefined,
    wrong: [
      '[1].metric to be given',
      '[1].severity a whole number from 1 to 4',
      '[2] a table',
      '[3].colour one of metric, severity, send_to',
    ],
  }))

test('rows are shown as TOML that gives the same rows again', () => {
  const rows = rules.read([{ metric: 'a "b"', severity: 1 }], () => {}) ?? []
  expect(Bun.TOML.parse(`rule = ${rules.show(rows)}`)).toEqual({
    rule: [{ metric: 'a "b"', severity: 1, send_to: 'log' }],
  })
})
