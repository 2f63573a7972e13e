import { expect, test } from 'bun:test'
import { type ReceivedBatch, readBatch } from '../../src/protocol/batch.ts'
import { encodeBatch } from '../../src/protocol/encode.ts'
import { MAX_TIME_AHEAD } from '../../src/protocol/field.ts'
import { parseObject } from '../../src/protocol/json.ts'
import { MetricSetTable } from '../../src/protocol/metric-set-table.ts'
import { NameLists } from '../../src/protocol/names.ts'
import { PlainBatchReader } from '../../src/protocol/plain-batch.ts'
import { randomOf } from '../storage/random.ts'

const NOW = 1_800_000_000
const METRICS = ['perf.a', 'perf.b', 'perf.c']

function makeReader() {
  const lists = new NameLists()
  const layouts = new MetricSetTable()
  layouts.set(1, lists.intern(METRICS))
  layouts.set(2, lists.intern(['perf.a', 'not a name']))
  const reader = new PlainBatchReader(lists.hosts)
  return { lists, layouts, reader }
}
const { lists, layouts, reader } = makeReader()

const isPlain = (text: string, host = '') => {
  const bytes = Buffer.from(`..${text}..`)
  return reader.read(bytes, 2, bytes.length - 2, { layouts, host, latest: NOW + MAX_TIME_AHEAD })
}

/** What the reader has taken from the text, as `readBatch` says it; null where it leaves the text alone. */
function readPlain(text: string): Omit<ReceivedBatch, 'refused'> | null {
  if (!isPlain(text)) return null
  const { id, host, clock, frames, waiting } = reader
  const numbers = reader.numbers && { frames: reader.numbers, others: [], waiting, lost: [] }
  const rest = {
    key: null,
    formerNames: [],
    facts: null,
    events: [],
    open: null,
    isGreeting: false,
    queue: null,
  }
  return { ...rest, id, host, clock, frames, numbers, later: 0 }
}

function readAny(text: string) {
  const { refused, ...batch } = readBatch(parseObject(text), layouts, lists, NOW)
  return { batch, refused: refused.total }
}

const LINE = `{"v":1,"id":7,"host":"web-01.lan","clock":${NOW},"layout":1,"frames":[[${NOW - 60},1.5,null,-20]],"numbers":41}`

test('the batch that an agent sends each minute is plain', () => {
  const batch = {
    ...{ id: 7, host: 'web01', clock: NOW, metrics: METRICS, events: [] },
    frames: [[NOW, 12.25, 3, null]],
    numbers: { frames: [9, 9], events: [], waiting: 9, lost: [] },
  }
  const text = String(encodeBatch(batch, 1, false)).trimEnd()
  expect(readPlain(text)).toEqual(readAny(text).batch)
  expect(readPlain(LINE)).toEqual(readAny(LINE).batch)
})

test('so is what an agent sends of its backlog', () => {
  const frames = Array.from({ length: 900 }, (_, i) => [NOW - 60_000 + 60 * i, i / 4, null, -i])
  const batch = {
    ...{ id: 8, host: 'web01', clock: NOW, metrics: METRICS, events: [], frames },
    numbers: { frames: [100, 999], events: [], waiting: 7, lost: [] },
  }
  const encoded = encodeBatch(batch, 1, false)
  if (typeof encoded === 'string') throw new Error('the backlog is not packed')
  const text = Buffer.from(Bun.zstdDecompressSync(encoded.slice(encoded.indexOf(10) + 1))).toString()
  expect(readPlain(text)).toEqual(readAny(text).batch)
  expect(reader.frames).toHaveLength(900)
  const tooMany = text.replace(']],"numbers"', `${`],[${NOW},1,2,3`.repeat(101)}]],"numbers"`)
  expect(isPlain(tooMany.replace('[100,999]', '[100,1100]'))).toBe(false)
  reader.forget()
  expect(reader.frames).toEqual([])
})

test('the host is the one that is written, whichever was the last', () => {
  for (const last of ['', 'web-01.lan', 'web-01.la', 'web-01.lanx', 'web-02.lan'])
    expect([last, isPlain(LINE, last), reader.host]).toEqual([last, true, 'web-01.lan'])
  expect(isPlain(LINE.replace('web-01.lan', ''), '')).toBe(false)
})

test('numbers are those that JSON has', () => {
  const numbers = [
    '0',
    '-0',
    '0.1',
    '-0.30',
    '1.005',
    '123456789012345',
    '0.00000000000001',
    '99999.9999999999',
  ]
  for (const number of [...numbers, '2147483648', '-4294967296', '8.20', '1234567.1234567'])
    expect([number, readPlain(LINE.replace('-20', number))?.frames[0]?.values[2]]).toEqual([
      number,
      JSON.parse(number),
    ])
})

test('whatever is written in another way is left to the reader of everything', () => {
  const changes: readonly (readonly [string, string])[] = [
    ...([',"id"', ',"host"', ',"layout"', '"frames":', '[[', ']]', ',"numbers"'] as const).map(
      (part) => [part, ` ${part}`] as const,
    ),
    ...[
      '01',
      '1.',
      '.5',
      '1e3',
      '+1',
      '"1"',
      'NaN',
      'true',
      '[1]',
      '1234567890123456',
      '0.1234567890123456',
      '-',
      '--1',
    ].map((value) => ['-20', value] as const),
    ...['Web01', 'wéb01', '', '-web', 'web 01', 'web\\u0030', 'w'.repeat(254)].map(
      (host) => ['web-01.lan', host] as const,
    ),
    ...[
      '0',
      '-1',
      '1.5',
      '041',
      '[41,42]',
      '[41]',
      '[41,41,50,50]',
      '[41,41',
      '"41"',
      '1234567890123456',
    ].map((number) => ['41}', `${number}}`] as const),
    ...[String(NOW + MAX_TIME_AHEAD + 1), '1', `${NOW}.5`, `"${NOW}"`].map(
      (time) => [String(NOW - 60), time] as const,
    ),
    ['"layout":1', '"layout":2'],
    ['"layout":1', '"layout":3'],
    ['"v":1', '"v":2'],
    ['"id":7', '"id":-7'],
    ['"id":7', '"id":7,"id":8'],
    ['1.5,null,-20', 'null,null,null'],
    ['1.5,null,-20', '1.5,null'],
    ['1.5,null,-20', '1.5,null,-20,4'],
    [']]', '],[1,2]]'],
    ['41}', '41,"waiting":0}'],
    ['41}', '41,"waiting":3,"lost":[]}'],
    ['41}', '41,"eventNumbers":[42,42]}'],
    ['41}', '41}\r'],
    ['41}', '41'],
    ['41}', '41}}'],
  ]
  for (const [part, other] of changes) {
    const text = LINE.replace(part, other)
    expect([text, text !== LINE, isPlain(text)]).toEqual([text, true, false])
  }
})

test('what is taken is what the reader of everything takes, whatever came on the line', () => {
  const next = randomOf(11)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T
  const value = () =>
    pick([
      null,
      0,
      Math.floor(next() * 1e6),
      Math.round(next() * 1e5) / 100,
      -next(),
      next() * 1e12,
      Math.round(next() * 1e4) / 10,
    ])
  let plain = 0
  for (let i = 0; i < 20_000; i++) {
    const rows = pick([1, 1, 1, 2, 5])
    const first = Math.floor(next() * 1e9)
    const line = JSON.stringify({
      ...{ v: 1, id: Math.floor(next() * 1e6), host: `web${Math.floor(next() * 9)}` },
      clock: pick([undefined, NOW, NOW - 3]),
      layout: 1,
      frames: Array.from({ length: rows }, () => [NOW - Math.floor(next() * 900), value(), value(), value()]),
      numbers: pick([undefined, rows === 1 ? first : [first, first + rows - 1], [first, first + rows - 1]]),
      waiting: pick([undefined, undefined, Math.floor(next() * 1e9)]),
    })
    const at = Math.floor(next() * line.length)
    const text =
      next() < 0.5
        ? line
        : line.slice(0, at) +
          pick(['', ' ', '0', '.', ',', '-', 'e', '"', '\\', '}']) +
          line.slice(at + pick([0, 1]))
    const read = readPlain(text)
    if (read === null) continue
    plain++
    const { batch, refused } = readAny(text)
    expect({ text, refused, read }).toEqual({ text, refused: 0, read: batch })
  }
  expect(plain).toBeGreaterThan(2000)
})

test('a name of a host is one string, however many names share its place', () => {
  const read = (host: string) => {
    if (!isPlain(LINE.replace('web-01.lan', host))) throw new Error(host)
    return reader.host
  }
  for (let i = 0; i < 20_000; i++) expect(read(`host-${i}`)).toBe(`host-${i}`)
})
