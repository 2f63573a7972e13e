// The values of all lines of a page: written into the page where there is one drawing, else asked for once the
// cursor moves over one.
import { longestStep, usualStep } from '../../charts/plot.ts'
import { BASE_PATH } from '../base-path.ts'
import { findAll } from '../dom.ts'
import { board, readTimes } from './times.ts'

/** Rows of each line that are asked for. */
const POINTS = 600

/** A row is a time and a value, or a time, least, mean and greatest. */
export type ChartRow = readonly number[]
type Line = { readonly rows: readonly ChartRow[]; readonly usual: number }
type WrittenLine = { readonly key: string; readonly rows: readonly ChartRow[] }
type SeriesAnswer = {
  readonly series: readonly {
    readonly host: string
    readonly metric: string
    readonly points: readonly ChartRow[]
  }[]
}

let lines: ReadonlyMap<string, Line> | null = null
let asked = ''

const toLine = (rows: readonly ChartRow[]): Line => ({
  rows,
  usual: usualStep(rows.map(([time]) => time ?? 0)),
})

/** Makes the values of the time that is shown known; calls `whenKnown` when that took a question to the server. */
export async function loadRows(whenKnown: () => void) {
  const shown = readTimes()
  if (!shown) return
  const written = board()?.dataset.chartRows
  if (written !== undefined) {
    if (written === asked) return
    asked = written
    const list: readonly WrittenLine[] = JSON.parse(written)
    lines = new Map(list.map(({ key, rows }) => [key, toLine(rows)]))
    return
  }
  const time = { from: String(shown.from), to: String(shown.to), points: String(POINTS) }
  const names = findAll('[data-cursor-value]', HTMLElement).map((place) => place.dataset.cursorValue ?? '')
  const mine = JSON.stringify([time, names])
  if (mine === asked) return
  asked = mine
  try {
    const answers = await Promise.all(splitNames(names).map((some) => askSeries(time, some)))
    if (mine !== asked) return
    const found = answers.flat()
    lines = new Map(found.map(({ host, metric, points }) => [`${host}:${metric}`, toLine(points)]))
    whenKnown()
  } catch {
    // Then the cursor shows the time alone.
  }
}

/**
 * The longest address that servers and proxies accept, in characters, and the most lines that our server
 * accepts in one request.
 */
const MOST_CHARACTERS = 4000
const MOST_LINES = 100

/** Names in as many questions as they need. */
function splitNames(names: readonly string[]): string[][] {
  const questions: string[][] = []
  let room = 0
  for (const name of names) {
    const last = questions.at(-1)
    const length = encodeURIComponent(name).length + '&series='.length
    if (last === undefined || last.length === MOST_LINES || length > room) {
      questions.push([name])
      room = MOST_CHARACTERS - length
    } else {
      last.push(name)
      room -= length
    }
  }
  return questions
}

/** Throws where the server does not answer. */
async function askSeries(time: Readonly<Record<string, string>>, names: readonly string[]) {
  const query = new URLSearchParams(time)
  for (const name of names) query.append('series', name)
  const response = await fetch(`${BASE_PATH}/api/v1/series?${query}`)
  if (!response.ok) throw new Error(`the series were answered with ${response.status}`)
  const { series }: SeriesAnswer = await response.json()
  return series
}

/**
 * The row of a line nearest to a time; where the line is `isStepped`, the one that holds then, as it is drawn.
 * Null in a gap, undefined while nothing is known.
 */
export function findRow(key: string | null, time: number, isStepped: boolean): ChartRow | null | undefined {
  if (!lines) return undefined
  const line = key === null ? [...lines.values()][0] : lines.get(key)
  if (!line) return null
  const { rows, usual } = line
  const timeOf = (i: number) => rows[i]?.[0] ?? Number.POSITIVE_INFINITY
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (timeOf(middle) <= time) low = middle
    else high = middle - 1
  }
  if (isStepped) {
    const [held, next] = [timeOf(low), timeOf(low + 1)]
    const holds = next - held <= longestStep(usual) ? next - held : usual
    return time >= held && time - held <= holds ? (rows[low] ?? null) : null
  }
  const nearest = timeOf(low + 1) - time < Math.abs(time - timeOf(low)) ? low + 1 : low
  return Math.abs(timeOf(nearest) - time) <= usual ? (rows[nearest] ?? null) : null
}
