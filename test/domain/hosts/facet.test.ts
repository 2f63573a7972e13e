import { expect, test } from 'bun:test'
import { facetKey, facetValue, groupFacets } from '../../../src/domain/hosts/facet.ts'
import { isGroupName } from '../../../src/domain/hosts/group.ts'
import { nameOrder } from '../../../src/domain/hosts/name-order.ts'

test('a group may name its facet', () => {
  expect(['site:ams1', 'web', 'büro:2.og'].map(facetKey)).toEqual(['site', '', 'büro'])
  expect(['site:ams1', 'web', 'büro:2.og'].map(facetValue)).toEqual(['ams1', 'web', '2.og'])
  expect([...groupFacets(['role:db', 'web', 'site:a', 'role:web'])]).toEqual([
    ['role', ['role:db', 'role:web']],
    ['site', ['site:a']],
    ['', ['web']],
  ])
})

test.each([
  ['site:ams1', true],
  ['site:', false],
  [':ams1', false],
  ['a:b:c', false],
  ['Site:a', false],
  ['site: a', false],
])('%p is a name of a group: %p', (name, isOne) => {
  expect(isGroupName(name)).toBe(isOne)
})

test('numbers in names are ordered by their value', () => {
  const names = [
    'web10',
    'web9',
    'web009',
    'web',
    'web1-b2',
    'web1-b10',
    'Web3',
    'web123456789012345678901234567890',
  ]
  const sorted = [...names].sort((a, b) =>
    nameOrder(a) < nameOrder(b) ? -1 : nameOrder(a) > nameOrder(b) ? 1 : 0,
  )
  expect(sorted.map((one) => one.toLowerCase())).toEqual([
    'web',
    'web1-b2',
    'web1-b10',
    'web3',
    'web9',
    'web009',
    'web10',
    'web123456789012345678901234567890',
  ])
  expect(nameOrder('9'.repeat(300)).length).toBeLessThanOrEqual(255)
})
