import { isMetricName, MAX_METRIC_NAME } from '../../domain/sample.ts'
import { createUniqueNames, type RenamedPart, toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

export type Exposition = {
  readonly samples: readonly ProbeSample[]
  /** Series whose labels differ only in characters that a metric's name can't hold; the later one has a suffix. */
  readonly renamed: readonly RenamedPart[]
}

/**
 * Each of these begins where the one before ended. A single expression for the whole line would try all ways to divide
 * it: a line of 100 KB held the agent for 25 s.
 */
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const BLANKS = /\s*/y
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"/y
const LABEL_END = /"\s*(?:,\s*|(?=\}))/y

/**
 * Reads the text format of Prometheus, as programs write it for the text file collector of node_exporter.
 * Labels become parts of the name, sorted by their own names: `md_disks{state="spare",device="md0"}` is
 * `md_disks.device:md0.state:spare`. Throws with the line's number for text in another format. Values that
 * are not finite numbers are left out.
 */
export function readExposition(text: string): Exposition {
  const names = createUniqueNames()
  const known = new Set<string>()
  const samples: ProbeSample[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    try {
      const { name, labels, value } = readSeries(line)
      const metric = ['perf.text', name, ...labels.map(toPart)].join('.')
      if (!isMetricName(metric))
        throw new Error(`the name and its labels are longer than ${MAX_METRIC_NAME} characters`)
      const identity = JSON.stringify([name, ...labels])
      if (known.has(identity)) throw new Error(`${metric} is there twice`)
      known.add(identity)
      const claimed = names.claim(metric)
      if (Number.isFinite(value) && isMetricName(claimed)) samples.push({ metric: claimed, value })
    } catch (error) {
      throw new Error(`line ${i + 1}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { samples, renamed: names.renamed }
}

type Label = readonly [name: string, value: string]

/** Together, so that a value keeps its first character: `+Inf` and `-Inf`, `/` and nothing stay apart. */
const toPart = ([name, value]: Label) => toMetricPart(`${name}:${value}`)

function readSeries(line: string): { name: string; labels: readonly Label[]; value: number } {
  const name = matchAt(NAME, line, 0)?.[0] ?? ''
  let at = skipBlanks(line, name.length)
  const labels: Label[] = []
  if (name !== '' && line[at] === '{') {
    at = skipBlanks(line, at + 1)
    while (line[at] !== '}') {
      const [begin, label] = matchAt(LABEL, line, at) ?? []
      const from = at + (begin?.length ?? 0)
      const to = findQuote(line, from)
      const end = matchAt(LABEL_END, line, to)
      if (label === undefined || end === null)
        throw new Error('the labels are not label="value", separated by commas')
      const text = line.slice(from, to)
      labels.push([label, text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))])
      at = to + end[0].length
    }
    at++
  }
  const [number, time, ...more] = line.slice(at).trim().split(/\s+/)
  if (name === '' || !number || more.length > 0) throw new Error('expected a name, labels and a value')
  const value = readNumber(number)
  if (value === null) throw new Error(`${JSON.stringify(number.slice(0, 40))} is no number`)
  if (time !== undefined) throw new Error('a value with a time of its own is not taken')
  return { name, labels: labels.sort(([a], [b]) => (a < b ? -1 : 1)), value }
}

/** Where the quote is that ends a label's value; the end of the line where there is none. */
function findQuote(line: string, from: number): number {
  let at = from
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return at
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at
  return expression.exec(text)
}

const skipBlanks = (text: string, at: number) => at + (matchAt(BLANKS, text, at)?.[0].length ?? 0)

/** As Go reads it, which defines the format. */
function readNumber(text: string): number | null {
  if (/^[+-]?inf(?:inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
