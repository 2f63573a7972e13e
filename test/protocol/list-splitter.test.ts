import { expect, test } from 'bun:test'
import { type ListName, ListSplitter } from '../../src/protocol/list-splitter.ts'
import { NameLists } from '../../src/protocol/names.ts'
import { ObjectScanner } from '../../src/protocol/object-scanner.ts'

/** A small generator of our own, so that a failure comes again. */
function createRandom(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('a packet taken apart in any segmentation is the packet again when put together', () => {
  const random = createRandom(7)
  const texts = ['a', 'ü', '"', '\\', '\\"data":[', '{', ']', ',', '"data":[{', '\n']
  const text = () => Array.from({ length: random(5) }, () => texts[random(texts.length)]).join('')
  for (let round = 0; round < 200; round++) {
    const rows = () => Array.from({ length: random(6) }, () => ({ time: random(9), [text()]: [text()] }))
    const packet = {
      [`x${text()}`]: text(),
      data: rows(),
      name: text(),
      other: [1, [text()]],
      events: rows(),
      z: {},
    }
    const bytes = Buffer.from(JSON.stringify(packet, null, random(3)))
    const lists: Record<ListName, unknown[]> = { data: [], events: [] }
    const splitter = new ListSplitter((list, json) => lists[list].push(...JSON.parse(json)))
    const scanner = new ObjectScanner()
    let end = -1
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(bytes.length, at + 1 + random(12))
      end = scanner.scan(bytes, at, next)
      splitter.feed(bytes.subarray(at, next))
      at = next
    }
    expect(end).toBe(bytes.length)
    expect(splitter.isComplete).toBe(true)
    expect({ ...JSON.parse(splitter.head()), ...lists }).toEqual(packet)
  }
})

test('long lists are handed on in slabs, and the head is known before their end', () => {
  const slabs: string[] = []
  const splitter = new ListSplitter((_, json) => slabs.push(json))
  splitter.feed(Buffer.from('{"name":"web01","data":['))
  const row = Buffer.from(`{"time":1,"a":"${'x'.repeat(1000)}"},`)
  for (let i = 0; i < 1000; i++) splitter.feed(row)
  expect(slabs.length).toBeGreaterThan(2)
  expect(JSON.parse(splitter.head())).toEqual({ name: 'web01', data: [] })
  expect(splitter.held).toBeLessThan(1024 * 1024)
})

test.each([
  ['a row without end', `{"data":[{"a":"${'x'.repeat(5_000_000)}`],
  ['a head without end', `{"a":"${'x'.repeat(100_000)}`],
  ['brackets without end', `{"a":${'['.repeat(20)}`],
])('refuses %s', (_, text) => {
  expect(() => new ListSplitter(() => {}).feed(Buffer.from(text))).toThrow()
})

test('a list of names is one object for all who send it, and a bad list can not pass for a good one', () => {
  const lists = new NameLists()
  expect(lists.intern(['a\nb'])).toMatchObject({ metrics: [], refused: [0] })
  const good = lists.intern(['a', 'b'])
  expect(lists.intern(['a', 'b'])).toBe(good)
  expect(lists.intern(['a\nb'])).toMatchObject({ metrics: [], refused: [0] })
  const partly = lists.intern(['a', 'x y', 'b', 'a'])
  expect(partly.metrics).toBe(good.metrics)
  expect(partly).toMatchObject({ columns: [0, 2], refused: [1, 3], width: 4 })
})
