import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLogFile } from '../../src/lib/log-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, 'agent.log')
const read = (suffix = '') => readFileSync(file() + suffix, 'utf8')

test('appends lines, each at once, for the owner alone', () => {
  openLogFile(file()).write('one')
  const log = openLogFile(file())
  log.write('zwölf')
  expect(read()).toBe('one\nzwölf\n')
  expect(statSync(file()).mode & 0o777).toBe(0o600)
})

test('moves a full file aside and keeps so many old ones', () => {
  const log = openLogFile(file(), { maxBytes: 10, keep: 2 })
  for (let i = 0; i < 8; i++) log.write(`${i}234`)
  expect(readdirSync(folder).sort()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2'])
  expect([read(), read('.1'), read('.2')]).toEqual(['6234\n7234\n', '4234\n5234\n', '2234\n3234\n'])
})

test('counts what an earlier process wrote', () => {
  openLogFile(file(), { maxBytes: 10 }).write('12345678')
  openLogFile(file(), { maxBytes: 10 }).write('x')
  expect([read(), read('.1')]).toEqual(['x\n', '12345678\n'])
})

test('a line longer than a file has one to itself', () => {
  const log = openLogFile(file(), { maxBytes: 4 })
  log.write('far too long')
  log.write('b')
  expect([read(), read('.1')]).toEqual(['b\n', 'far too long\n'])
})

test('goes on in the old file when it can not be moved', () => {
  // A folder that is not empty can be neither removed nor written over.
  mkdirSync(join(folder, 'agent.log.1', 'full'), { recursive: true })
  const log = openLogFile(file(), { maxBytes: 4, keep: 1 })
  for (const line of ['abcd', 'efgh', 'ijkl']) log.write(line)
  expect(read()).toBe('abcd\nefgh\nijkl\n')
})

test('where nothing can be written nothing is thrown', () => {
  const nowhere = join(folder, 'gone', 'agent.log')
  openLogFile(nowhere).write('lost')
  expect(existsSync(nowhere)).toBe(false)
})
