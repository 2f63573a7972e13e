import { expect, test } from 'bun:test'
import { benchmarks } from '../figures/index.ts'
import { REASONS } from './reasons.ts'
import { putTable, README, readLastRun, writeTable } from './report.ts'

const NAMES = benchmarks.map(({ name }) => name)

test('the README has the figures of the last run, row by row', async () => {
  const [readme, run] = [await Bun.file(README).text(), await readLastRun()]
  expect(Object.keys(run).length).toBeGreaterThan(0)
  expect(Object.keys(run).filter((name) => !benchmarks.some((one) => one.name === name))).toEqual([])
  expect(readme, 'npm run bench -- --markdown').toBe(putTable(readme, writeTable(run, NAMES)))
})

test('what stands in the way is said of rows that are there', async () => {
  const run = await readLastRun()
  for (const { benchmark, row } of REASONS) {
    expect(benchmarks.map(({ name }) => name)).toContain(benchmark)
    const names = run[benchmark]?.figures.map(({ name }) => name)
    if (names !== undefined)
      expect(
        names.filter((name) => row.test(name)),
        String(row),
      ).not.toEqual([])
  }
})

test('a figure that misses its goal is marked', () => {
  const figure = { name: 'a', unit: 'ms', ours: 3, peer: 2, peerName: 'b', bound: 1.2 }
  const table = writeTable(
    { one: { where: 'here', figures: [figure, { ...figure, bound: 2, note: 'c|d' }] } },
    ['one', 'two', 'three'],
  )
  expect(table).toContain('| one | a | 3.00 ms | b 2.00 ms | 1.50 | missed: ≤ 2.40 ms |')
  expect(table).toContain('| one | a (c/d) | 3.00 ms | b 2.00 ms | 1.50 | ≤ 4.00 ms |')
  expect(table).toContain('Run on: here.')
  expect(table).toEndWith('Not in the table, because no run of them was kept: two, three.')
  const known = { ...figure, name: 'graph of five years' }
  expect(writeTable({ pages: { where: 'here', figures: [known] } }, [])).toContain(
    'missed: ≤ 2.40 ms. Profile: ',
  )
})

test('the plan for a million hosts starts from the figures of the last run', async () => {
  const text = await Bun.file(`${import.meta.dir}/../../../src/storage/README.md`).text()
  const plan = text.slice(text.indexOf('## Plan'))
  const rows = [...plan.matchAll(/^\| `(\w+)` \| (.+) \| ([\d.,]+) (.+) \|$/gm)]
  expect(rows.length).toBeGreaterThanOrEqual(5)
  const run = await readLastRun()
  for (const [, benchmark = '', row = '', figure = '', unit] of rows) {
    const found = run[benchmark]?.figures.filter(({ name }) => name.endsWith(row)) ?? []
    expect(
      found.map((one) => one.unit),
      row,
    ).toEqual([unit ?? ''])
    const ratio = Number(figure.replaceAll(',', '')) / (found[0]?.ours ?? Number.NaN)
    expect(Math.abs(Math.log(ratio)), `${row}: ${figure}, but now ${found[0]?.ours}`).toBeLessThan(
      Math.log(1.5),
    )
  }
})
