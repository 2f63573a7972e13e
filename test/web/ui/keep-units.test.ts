import { expect, test } from 'bun:test'
import { keepUnits } from '../../../src/web/ui/keep-units.ts'

const NO_BREAK = '\u00a0'

test.each([
  ['/var is 93.2 % full', '/var is 93.2~% full'],
  ['above 95 % for 15 min: load', 'above 95~% for 15~min: load'],
  ['No data from web09 for 48 min', 'No data from web09 for 48~min'],
  ['No data from 3 hosts for 2 days', 'No data from 3 hosts for 2~days'],
  ['Temperature Package_id_0 91.9 °C', 'Temperature Package_id_0 91.9~°C'],
  ['Network 12.5 MiB/s, 3 h', 'Network 12.5~MiB/s, 3~h'],
  ['2 services are stopped', '2 services are stopped'],
])('%s keeps numbers with their units', (sentence, kept) => {
  expect(keepUnits(sentence)).toBe(kept.replaceAll('~', NO_BREAK))
})
