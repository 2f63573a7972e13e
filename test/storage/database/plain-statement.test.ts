import { expect, test } from 'bun:test'
import { writePlainStatement } from '../../../src/storage/database/mysql/plain-statement.ts'

const HEAD = 'INSERT IGNORE INTO frame (time, host, samples, packed)'
const statement = (rows: number) => `${HEAD} VALUES ${new Array(rows).fill('(?, ?, ?, ?)').join(', ')}`
const row = (time: number) => [time, -1, null, Uint8Array.of(0, 0x27, 0x5c, 0xff)]

test('whole numbers, bytes and NULL are written out', () => {
  const values = [...row(1), ...row(2), ...row(3), ...row(Number.MAX_SAFE_INTEGER)]
  expect(writePlainStatement(statement(4), values)).toBe(
    `${HEAD} VALUES (1,-1,NULL,x'00275cff'),(2,-1,NULL,x'00275cff'),(3,-1,NULL,x'00275cff'),` +
      `(9007199254740991,-1,NULL,x'00275cff')`,
  )
})

test('bytes that are a part of others are written alone', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 3)
  const values = [1, 2, 3, 4].flatMap((time) => [time, 1, 1, bytes])
  expect(writePlainStatement(statement(4), values)?.match(/x'0203'/g)).toHaveLength(4)
})

test.each([
  ['a text', "x'); DROP TABLE frame; --"],
  ['a fraction', 0.5],
  ['what is no number', Number.NaN],
  ['an infinite one', Number.POSITIVE_INFINITY],
  ['one that is not exact', 2 ** 60],
])('%s stays a parameter', (_, value) => {
  const values = [...row(1), ...row(2), ...row(3), 4, 1, value, Uint8Array.of(1)]
  expect(writePlainStatement(statement(4), values)).toBeNull()
})

test('few values, another statement, and values that do not fill the rows stay parameters', () => {
  expect(writePlainStatement(statement(1), row(1))).toBeNull()
  const values = [...row(1), ...row(2), ...row(3), ...row(4)]
  expect(writePlainStatement(statement(4).replace(' IGNORE', ''), values)).toBeNull()
  expect(writePlainStatement(statement(4), values.slice(0, -1))).toBeNull()
})
