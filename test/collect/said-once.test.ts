import { expect, test } from 'bun:test'
import { SaidOnce } from '../../src/collect/said-once.ts'
import { MAX_CONNECTION_HOSTS } from '../../src/protocol/message.ts'
import { MetricSetTable } from '../../src/protocol/metric-set-table.ts'
import { NameLists } from '../../src/protocol/names.ts'

const NOW = 1_800_000_000
const hashOf = (key: string) => new Bun.CryptoHasher('sha256').update(key).digest('hex')

test('each host of a connection keeps the key that was sent for it, in whichever order they report', () => {
  const said = new SaidOnce()
  for (const host of ['a', 'b', 'c']) said.recall(host, `key of ${host}`, null, NOW)
  for (const host of ['b', 'a', 'a', 'c', 'b', 'keyless', 'a', 'keyless'])
    expect([host, said.recall(host, null, null, NOW).keyHash]).toEqual([
      host,
      host === 'keyless' ? null : hashOf(`key of ${host}`),
    ])
  said.recall('a', 'another key', null, NOW)
  said.recall('b', null, null, NOW)
  expect(said.recall('a', null, null, NOW).keyHash).toBe(hashOf('another key'))
})

test('as many hosts are remembered as a connection may have, and the last of them always', () => {
  const said = new SaidOnce()
  const count = MAX_CONNECTION_HOSTS
  for (let i = 0; i < count; i++) said.recall(`host${i}`, `key${i}`, null, NOW)
  const find = (i: number) => said.recall(`host${i}`, null, null, NOW).keyHash
  for (let round = 0; round < 2; round++)
    for (const i of [0, 1, count - 1, 5, count - 1]) expect([i, find(i)]).toEqual([i, hashOf(`key${i}`)])
  said.recall('one more', 'its key', null, NOW)
  said.recall('and another', 'its key', null, NOW)
  expect(find(0)).toBeNull()
  expect(said.recall('and another', null, null, NOW).keyHash).toBe(hashOf('its key'))
})

test('a connection finds each of its lists of names by its number, and the newest of a number', () => {
  const lists = new NameLists()
  const table = new MetricSetTable()
  expect(table.find(-1)).toBeUndefined()
  for (const layout of [7, 0, 3]) expect(table.set(layout, lists.intern([`m${layout}`]))).toBe(true)
  table.set(7, lists.intern(['new.a']))
  table.set(3, lists.intern(['new.b']))
  expect([7, 0, 3, 1].map((layout) => table.find(layout)?.metrics)).toEqual([
    ['new.a'],
    ['m0'],
    ['new.b'],
    undefined,
  ])
})
