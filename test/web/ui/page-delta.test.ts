import { expect, test } from 'bun:test'
import { applyDelta, makeDelta } from '../../../src/web/ui/page-delta.ts'

const row = (name: string, value: string) => `<tr><td>${name}</td><td>${value}</td></tr>`
const page = (...rows: string[]) => `<!doctype html><table>${rows.join('')}</table>`
const web01 = row('web01', '1.0%')
const web02 = row('web02', '2.0%')
const web03 = row('web03', '3.0%')

test.each([
  ['nothing changed', page(web01, web02), page(web01, web02)],
  ['a value changed', page(web01, web02), page(web01, row('web02', '9.9%'))],
  ['a row came before the others', page(web01, web02), page(web03, web01, web02)],
  ['a row went', page(web01, web02, web03), page(web01, web03)],
  ['rows changed places', page(web01, web02, web03), page(web03, web02, web01)],
  ['all changed', page(web01), '<p>Something else</p>'],
  ['there was nothing', '', page(web01)],
  ['there is nothing', page(web01), ''],
  ['text has no tags', 'a < b', 'a < c <'],
  [
    'a name is that of a property',
    page(row('__proto__', '1')),
    page(row('constructor', '1'), row('__proto__', '2')),
  ],
])('what a browser puts together is what was sent: %s', (_, old, fresh) => {
  const delta = makeDelta(old, fresh)
  expect(applyDelta(old, JSON.parse(JSON.stringify(delta)))).toBe(fresh)
})

test('what did not change is one range, and a value costs little more than itself', () => {
  const many = Array.from({ length: 100 }, (_, i) => row(`host${i}`, `${i}.0%`))
  expect(JSON.stringify(makeDelta(page(...many), page(...many))).length).toBeLessThan(20)
  const changed = many.with(50, row('host50', '99.9%'))
  expect(JSON.stringify(makeDelta(page(...many), page(...changed))).length).toBeLessThan(60)
})

test('any page comes out of any other', () => {
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const make = () =>
    Array.from({ length: random(40) }, () => ['<a>', '</a>', '<b>', 'x', 'y', '<'][random(6)]).join('')
  for (let i = 0; i < 2000; i++) {
    const [old, fresh] = [make(), make()]
    expect(applyDelta(old, makeDelta(old, fresh))).toBe(fresh)
  }
})
