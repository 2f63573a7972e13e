import { median } from './process.ts'
import { show } from './report/show.ts'

/**
 * One line of the report. `ours` and `peer` are medians in the same unit; the ratio is ours to the peer's.
 */
export type Figure = {
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly peer: number
  /** The title of the second column. */
  readonly peerName: string
  /** The greatest ratio that the product promises itself; null for a figure that is only printed. */
  readonly bound: number | null
  /** What a reader must know to judge the number. */
  readonly note?: string
}

/** The places of the programs that are run beside ours. */
export type Peers = { readonly victoria: string; readonly exporter: string; readonly zabbix: string }

/** The cost of one cycle of a monitoring program in milliseconds of processor time, and its memory. */
export type Cost = { readonly cycle: number; readonly memoryMiB: number }

/** One benchmark: a file of this kind and a line in `figures/index.ts`. */
export type Benchmark = {
  readonly name: string
  run(peers: Peers, options: BenchmarkOptions): Promise<Figure[]>
}

/** `isShort` asks for less of everything, where a benchmark has it: to see that it runs, not for its figures. */
export type BenchmarkOptions = { readonly isShort: boolean }

/** Runs `ours` and `peer` in turn, `times` times; the results of each. */
export async function inTurn<Ours, Peer>(
  times: number,
  ours: () => Promise<Ours>,
  peer: () => Promise<Peer>,
): Promise<{ ours: Ours[]; peer: Peer[] }> {
  const results = { ours: [] as Ours[], peer: [] as Peer[] }
  for (let i = 0; i < times; i++) {
    results.ours.push(await ours())
    results.peer.push(await peer())
  }
  return results
}

/** The median of one number of each run. */
export function medianOf<Run>(runs: readonly Run[], pick: (run: Run) => number): number {
  return median(runs.map(pick))
}

export function printFigures(title: string, figures: readonly Figure[]) {
  console.log(`\n${title}`)
  for (const figure of figures) {
    const ratio = figure.ours / figure.peer
    const verdict =
      figure.bound === null
        ? ''
        : ratio <= figure.bound
          ? `  within ${figure.bound}`
          : `  OVER ${figure.bound}`
    const numbers = `${show(figure.ours)} ${figure.unit} · ${figure.peerName} ${show(figure.peer)} ${figure.unit}`
    console.log(`  ${figure.name}: ${numbers} · ratio ${show(ratio)}${verdict}`)
    if (figure.note !== undefined) console.log(`    ${figure.note}`)
  }
}
