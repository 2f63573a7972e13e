import { expect, test } from 'bun:test'
import { pickPage } from '../../../src/storage/hosts/sort-by-metric.ts'
import { randomOf } from '../random.ts'

test('a page of places by value is that of sorting all of them, equal values in their order', () => {
  const random = randomOf(4)
  for (let round = 0; round < 300; round++) {
    const values = Float64Array.from({ length: Math.floor(random() * 60) }, () =>
      random() < 0.1 ? Number.POSITIVE_INFINITY : Math.floor(random() * 8) - 3,
    )
    for (const isDescending of [false, true]) {
      const sorted = [...values.keys()].sort((a, b) => {
        const [one = 0, other = 0] = [values[a], values[b]]
        return one === other ? a - b : one < other === isDescending ? 1 : -1
      })
      const offset = Math.floor(random() * 70)
      const limit = Math.floor(random() * 20)
      expect(pickPage(values, { isDescending, offset, limit })).toEqual(sorted.slice(offset, offset + limit))
    }
  }
})
