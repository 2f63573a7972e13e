import { expect, test } from 'bun:test'
import { createLog } from '../../../src/lib/log.ts'
import { openCounterQuery, type Pdh, type RawCounter } from '../../../src/platform/win32/counters.ts'

const NO_OBJECT = 0xc0000bb8
const NO_INSTANCE = 0x800007d1

/** PDH with these counters; each read gives what the map says then: a value, or a status. */
function fakePdh(offered: Map<string, RawCounter | number>, opening: bigint | number = 1n) {
  const held = new Map<bigint, string>()
  const calls: string[] = []
  let next = 100n
  const pdh: Pdh = {
    openQuery() {
      calls.push('open')
      return opening
    },
    addCounter(_, path) {
      calls.push(`add ${path}`)
      if (!offered.has(path)) return NO_OBJECT
      held.set(next, path)
      return next++
    },
    collect: () => calls.push('collect'),
    readRaw: (counter) => offered.get(held.get(counter) ?? '') ?? NO_INSTANCE,
    removeCounter(counter) {
      calls.push(`remove ${held.get(counter)}`)
      held.delete(counter)
    },
    closeQuery: () => calls.push('close'),
  }
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line.slice(25)) })
  return { query: openCounterQuery(log, pdh), calls, lines, held }
}

const value = (first: bigint): RawCounter => ({ first, second: 7n })
const C = '\\LogicalDisk(C:)\\% Idle Time'
const D = '\\LogicalDisk(D:)\\% Idle Time'

test('opens one query, adds each counter once and looks once at each reading', () => {
  const { query, calls } = fakePdh(new Map([[C, value(1n)]]))
  expect(query.read([C]).get(C)).toEqual(value(1n))
  query.read([C])
  query.close()
  expect(calls).toEqual(['open', `add ${C}`, 'collect', 'collect', 'close'])
})

test('says once for each kind what Windows does not offer, and reads the rest', () => {
  const { query, lines } = fakePdh(new Map([[D, value(2n)]]))
  const usage = '\\Paging File(_Total)\\% Usage'
  for (let i = 0; i < 3; i++) expect([...query.read([C, D, usage]).values()]).toEqual([null, value(2n), null])
  expect(lines).toHaveLength(2)
  expect(lines[0]).toContain('counter="\\\\LogicalDisk(C:)\\\\% Idle Time" status=0xc0000bb8')
})

test('asks again after sixty looks, for somebody may have mended the counters', () => {
  const offered = new Map<string, RawCounter | number>()
  const { query, calls, lines } = fakePdh(offered)
  query.read([C])
  offered.set(C, value(3n))
  for (let i = 0; i < 59; i++) expect(query.read([C]).get(C)).toBeNull()
  expect(query.read([C]).get(C)).toEqual(value(3n))
  expect(calls.filter((call) => call === `add ${C}`)).toHaveLength(2)
  expect(lines).toHaveLength(1)
})

test('a drive that is gone is no longer counted, and one that is back is added anew', () => {
  const { query, calls, held } = fakePdh(
    new Map([
      [C, value(1n)],
      [D, value(2n)],
    ]),
  )
  query.read([C, D])
  query.read([C])
  expect([...held.values()]).toEqual([C])
  expect(query.read([C, D]).get(D)).toEqual(value(2n))
  expect(calls.filter((call) => call.startsWith('remove'))).toEqual([`remove ${D}`])
})

test('a counter that fails when it is read is given back', () => {
  const offered = new Map<string, RawCounter | number>([[C, NO_INSTANCE]])
  const { query, held, lines } = fakePdh(offered)
  expect(query.read([C]).get(C)).toBeNull()
  expect(held.size).toBe(0)
  expect(lines[0]).toContain('status=0x800007d1')
})

test('where no query can be opened, nothing is read and nothing is closed', () => {
  const { query, calls, lines } = fakePdh(new Map([[C, value(1n)]]), NO_OBJECT)
  expect(query.read([C]).get(C)).toBeNull()
  query.close()
  expect(calls).toEqual(['open'])
  expect(lines).toHaveLength(1)
})
