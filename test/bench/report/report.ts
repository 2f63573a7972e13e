import type { Figure } from '../figure.ts'
import { findReason } from './reasons.ts'
import { show } from './show.ts'

/** The figures of each benchmark as it ran last, and where. */
export type LastRun = Readonly<Record<string, BenchmarkRun>>

export type BenchmarkRun = {
  /** Day of the run, processors, system. */
  readonly where: string
  readonly figures: readonly Figure[]
}

export const LAST_RUN = `${import.meta.dir}/../last-run.json`
export const README = `${import.meta.dir}/../README.md`

const BEGIN = '<!-- npm run bench -- --markdown -->'
const END = '<!-- end of the figures -->'

export async function readLastRun(): Promise<LastRun> {
  const file = Bun.file(LAST_RUN)
  return (await file.exists()) ? ((await file.json()) as LastRun) : {}
}

/** Keeps the figures of one benchmark; those of others stay as they were. */
export async function keepRun(name: string, run: BenchmarkRun): Promise<void> {
  const all = { ...(await readLastRun()), [name]: run }
  await Bun.write(LAST_RUN, `${JSON.stringify(all, null, 2)}\n`)
}

/** The table of `README.md` beside this file, one row a figure, and which of the benchmarks have no row. */
export function writeTable(run: LastRun, benchmarks: readonly string[]): string {
  const rows = Object.entries(run).flatMap(([name, { figures }]) =>
    figures.map((figure) =>
      [name, ...writeRow(name, figure)].map((cell) => ` ${cell.replaceAll('|', '/')} `).join('|'),
    ),
  )
  const places = [...new Set(Object.values(run).map(({ where }) => where))]
  return [
    '| benchmark | what | ours | beside it | ratio | goal |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `|${row}|`),
    '',
    `Run on: ${places.join('; ')}.`,
    ...describeMissing(benchmarks.filter((name) => !(name in run))),
  ].join('\n')
}

const describeMissing = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : ['', `Not in the table, because no run of them was kept: ${names.join(', ')}.`]

function writeRow(benchmark: string, { name, unit, ours, peer, peerName, bound, note }: Figure): string[] {
  const ratio = ours / peer
  const goal = bound === null ? '' : `≤ ${show(bound * peer)} ${unit}`
  return [
    note === undefined ? name : `${name} (${note})`,
    `${show(ours)} ${unit}`,
    `${peerName} ${show(peer)} ${unit}`,
    show(ratio),
    bound === null || ratio <= bound ? goal : describeMiss(benchmark, name, goal),
  ]
}

function describeMiss(benchmark: string, name: string, goal: string): string {
  const reason = findReason(benchmark, name)
  return reason === null ? `missed: ${goal}` : `missed: ${goal}. ${reason}`
}

/** The README with the table in its place. Throws when the place is not there. */
export function putTable(readme: string, table: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`test/bench/README.md has no place between ${BEGIN} and ${END}`)
  return `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`
}
