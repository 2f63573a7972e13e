import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

export type PluginOutput = {
  /** The plugin's message: its first line without the performance data. */
  readonly text: string
  /** Performance data, each with the label as the end of its metric's name. */
  readonly values: readonly ProbeSample[]
}

/** A plugin that yields more is cut off here. */
const MAX_VALUES = 50

/**
 * Reads what a plugin wrote, as the guidelines for Nagios plugins have it: `text | performance data` in the
 * first line, then lines of text, and after another `|` performance data to the end.
 */
export function readPluginOutput(output: string): PluginOutput {
  const [first = '', ...lines] = output.split(/\r?\n/)
  const [text = '', ...inFirst] = first.split('|')
  const rest = lines.join('\n')
  const bar = rest.indexOf('|')
  const data = `${inFirst.join('|')} ${bar < 0 ? '' : rest.slice(bar + 1)}`
  return { text: text.trim(), values: readPerformanceData(data) }
}

/** `'label with blanks'=value[unit];warn;crit;min;max`; a quote within the label is doubled. */
const ENTRY =
  /(?:'((?:[^']|'')+)'|([^\s='|]+))=(-?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?)([a-zA-Zµ%]*)(?=[;\s]|$)/g

/**
 * Values are taken as the plugin writes them, whatever their unit; `U`, which stands for unknown, is not a
 * value.
 */
function readPerformanceData(data: string): ProbeSample[] {
  const values = new Map<string, number>()
  for (const [, quoted, plain, number = ''] of data.matchAll(ENTRY)) {
    if (values.size >= MAX_VALUES) break
    const label = toMetricPart((quoted?.replaceAll("''", "'") ?? plain ?? '').trim())
    const value = Number(number.replace(',', '.'))
    if (label !== '' && Number.isFinite(value) && !values.has(label)) values.set(label, value)
  }
  return [...values].map(([metric, value]) => ({ metric, value }))
}
