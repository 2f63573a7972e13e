import { expect, test } from 'bun:test'
import { writeCsv } from '../../../src/web/ui/csv.ts'

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['+49 30', "'+49 30"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['  =HYPERLINK("x")', `"'  =HYPERLINK(""x"")"`],
  ['\t=1', "'\t=1"],
  ['\uff1d1', "'\uff1d1"],
  ['a=b', 'a=b'],
  ['', ''],
])('the text %j becomes %j', (text, expected) =>
  expect(writeCsv(['x'], [[text]])).toBe(`x\r\n${expected}\r\n`),
)

test('numbers stay numbers, what is missing is empty', () =>
  expect(writeCsv(['a', 'b', 'c'], [[-1.5, null, Number.NaN]])).toBe('a,b,c\r\n-1.5,,\r\n'))
