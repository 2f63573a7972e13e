import { expect, test } from 'bun:test'
import { watchResidentGrowth } from '../../src/roles/memory-tuning.ts'

const MB = 1_000_000

/** The numbers of the cycles after which pages are given back, of these megabytes after each cycle. */
function countReleases(megabytes: readonly number[]): number[] {
  let now = 0
  const growth = watchResidentGrowth(() => now)
  return megabytes.flatMap((size, cycle) => {
    now = size * MB
    if (!growth.isTooMuch()) return []
    growth.noteRelease()
    return [cycle]
  })
}

test('pages are given back when something seldom has needed many', () => {
  expect(countReleases([22, 22, 22.4, 22.4, 22.6, 26, 22.1, 22.1])).toEqual([5])
})

test('what each cycle needs is no growth, however much it is', () => {
  expect(countReleases([22, 25, 22, 25, 25, 30, 30, 30, 30, 30, 30])).toEqual([3, 6])
  expect(countReleases([30, 30, 30, 30, 30, 30, 30, 30, 30, 30])).toEqual([])
})

test('growth that is slow counts as well, and some cycles lie between two times', () => {
  expect(countReleases([20, 20.5, 21, 21.5, 22, 22.5, 23, 23.5, 24, 24.5])).toEqual([4, 9])
  expect(countReleases([20, 24, 28, 32, 20, 24, 28, 32])).toEqual([2, 5])
})
