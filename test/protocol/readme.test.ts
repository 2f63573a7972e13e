import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBatch } from '../../src/protocol/batch.ts'
import { encodeBatch } from '../../src/protocol/encode.ts'
import { parseObject } from '../../src/protocol/json.ts'
import { LegacyPacket, readLegacyHead } from '../../src/protocol/legacy/legacy.ts'
import { MetricSetTable } from '../../src/protocol/metric-set-table.ts'
import { NameLists } from '../../src/protocol/names.ts'
import type { BatchNumbers } from '../../src/protocol/numbering.ts'
import { readPackedHeader } from '../../src/protocol/packing.ts'

const README = readFileSync(join(import.meta.dir, '..', '..', 'src', 'protocol', 'README.md'), 'utf8')
const NOW = 1_800_000_200

/** The lines of the example with that word behind its fence. */
function example(word: string): string[] {
  const [, text = ''] = new RegExp(`\`\`\`json ${word}\\n([\\s\\S]*?)\`\`\``).exec(README) ?? []
  return text.trim().split('\n')
}

test('the examples of our dialect are batches', () => {
  const metricSets = new MetricSetTable()
  const names = new NameLists()
  const batches = example('ours').map((line) => readBatch(parseObject(line), metricSets, names, NOW))
  expect(batches.map(({ id, host, frames, events }) => [id, host, frames.length, events.length])).toEqual([
    [1, 'web01', 0, 0],
    [2, 'web01', 2, 0],
    [3, 'web01', 1, 1],
  ])
  expect(batches[0]?.facts?.processors).toBe(4)
  expect(batches[2]?.frames[0]?.metrics).toEqual(['perf.processor.percent.used', 'perf.memory.percent.used'])
})

test('the examples of numbers are read as they are explained', () => {
  const metricSets = new MetricSetTable()
  const names = new NameLists()
  const [greeting, batch, single] = example('numbered').map((line) =>
    readBatch(parseObject(line), metricSets, names, NOW),
  )
  expect(greeting?.queue?.uptime).toBe(12)
  expect(greeting?.queue?.known).toEqual({ newest: 18, unconfirmed: [{ first: 4, last: 18 }] })
  expect(batch?.refused.total).toBe(0)
  expect(batch?.numbers).toEqual({
    frames: [17, 18],
    others: [],
    waiting: 17,
    lost: [
      { first: 4, last: 16, reason: 'size', from: 1_799_999_280, to: 1_800_000_120, count: 13 },
      { first: 0, last: 0, reason: 'off', from: 1_799_990_000, to: 1_799_999_220, count: 154 },
    ],
  })
  expect(single?.numbers).toEqual({ frames: [19], others: [], waiting: 19, lost: [] })
})

test('numbers come back as they were sent, whatever form they have on the wire', () => {
  const metrics = ['perf.processor.percent.used']
  const readNumbersOf = (numbers: BatchNumbers, count: number) => {
    const frames = Array.from({ length: count }, (_, i) => [NOW - 600 + i, 1])
    const line = encodeBatch({ id: 1, host: 'web01', metrics, frames, events: [], numbers }, 0, true)
    return readBatch(parseObject(String(line)), new MetricSetTable(), new NameLists(), NOW).numbers
  }
  const rest = { events: [], lost: [] }
  for (const [frames, waiting, expected] of [
    [[19, 19], 19, [19]],
    [[19, 19], 4, [19]],
    [[19, 19], 0, [19]],
    [[19, 21], 19, [19, 20, 21]],
    [[1, 1, 19, 19], 1, [1, 19]],
    [[], 7, []],
  ] as const)
    expect(readNumbersOf({ frames, waiting, ...rest }, expected.length)).toEqual({
      ...{ frames: [...expected], waiting, others: [], lost: [] },
    })
})

test('numbers that do not fit are refused, and nothing is concluded from them', () => {
  for (const numbers of [0, -1, 1.5, '7', [7], [7, 8], {}, null]) {
    const batch = { v: 1, id: 1, host: 'web01', layout: 0, metrics: ['a'], frames: [[NOW, 1]], numbers }
    const read = readBatch(parseObject(JSON.stringify(batch)), new MetricSetTable(), new NameLists(), NOW)
    expect(read.frames).toHaveLength(1)
    expect(read.numbers).toMatchObject({ frames: [], waiting: 0 })
    expect([...read.refused.counts.keys()]).toEqual(['number'])
  }
})

test('the example of a header is one', () =>
  expect(readPackedHeader(parseObject(example('header')[0] ?? ''))).toEqual({
    encoding: 'zstd',
    bytes: 161,
    size: 417,
  }))

test("the example of the original's dialect is a packet", () => {
  const fields = parseObject(example('original').join('\n'))
  expect(readLegacyHead(fields, NOW)).toMatchObject({ host: 'web01', passphrase: 'open sesame' })
  const packet = new LegacyPacket(new NameLists(), NOW)
  packet.addFields(fields)
  const { frames, events } = packet.takePart()
  expect([frames.length, events.length]).toEqual([1, 1])
  expect(frames[0]?.values).toEqual([12])
})
