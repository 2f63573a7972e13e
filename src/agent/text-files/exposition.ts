import { isMetricName, MAX_METRIC_NAME } from '../../domain/sample.ts'
import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*(\S+)(?:\s+(\S+))?$/
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y

/**
 * Reads the text format of Prometheus, as programs write it for the text file collector of node_exporter.
 * Labels become parts of the name, sorted by their own names: `md_disks{state="spare",device="md0"}` is
 * `md_disks.device:md0.state:spare`. Throws with the line's number for text in another format. Values that
 * are not finite numbers are left out.
 */
export function readExposition(text: string): ProbeSample[] {
  const found = new Map<string, number>()
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const wrong = (what: string) => new Error(`line ${i + 1}: ${what}`)
    const [, name, labels, number = '', time] = LINE.exec(line) ?? []
    if (name === undefined) throw wrong('expected a name, labels and a value')
    const value = readNumber(number)
    if (value === null) throw wrong(`${JSON.stringify(number.slice(0, 40))} is no number`)
    if (time !== undefined) throw wrong('a value with a time of its own is not taken')
    const parts = labels === undefined ? [] : readLabels(labels)
    if (parts === null) throw wrong('the labels are not label="value", separated by commas')
    const metric = `perf.text.${[name, ...parts].join('.')}`
    if (!isMetricName(metric))
      throw wrong(`the name and its labels are longer than ${MAX_METRIC_NAME} characters`)
    if (found.has(metric)) throw wrong(`${metric} is there twice`)
    found.set(metric, value)
  }
  return [...found].flatMap(([metric, value]) => (Number.isFinite(value) ? [{ metric, value }] : []))
}

function readNumber(text: string): number | null {
  if (/^[+-]?inf$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}

function readLabels(text: string): string[] | null {
  const labels: [string, string][] = []
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [whole, name, value] = LABEL.exec(text) ?? []
    if (whole === undefined || name === undefined || value === undefined)
      return text.trim() === '' ? [] : null
    labels.push([name, value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))])
    if (whole.length === 0) return null
  }
  return labels.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${toMetricPart(value)}`)
}
