import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

export type PluginOutput = {
  /** The plugin's message: its first line without the performance data. */
  readonly text: string
  /** Performance data, each with the label as the end of its metric's name. */
  readonly values: readonly ProbeSample[]
  /** How many further values were left out because there are too many. */
  readonly omitted: number
}

/** Further ones are counted. */
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
  return { text: text.trim(), ...readPerformanceData(data) }
}

/**
 * `'label with blanks'=value[unit];warn;crit;min;max`; a quote within the label is doubled. The guidelines know few units,
 * and plugins write others, such as `°C` and `B/s`; what begins like a number and goes on with digits is none. A label
 * begins where one can: searched for from each of its characters, a long text without an end would take time by its square.
 */
const ENTRY = new RegExp(
  [
    String.raw`(?:(?<!')'((?:[^']|'')+)'|(?<![^\s='|])([^\s='|]+))=`,
    String.raw`([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?)(?:(?!x)[^\d;,.:\s-][^\d;\s]*)?(?=[;\s]|$)`,
  ].join(''),
  'g',
)

/**
 * Values are taken as the plugin writes them, whatever their unit; `U`, which stands for unknown, is not a
 * value.
 */
function readPerformanceData(data: string): Pick<PluginOutput, 'values' | 'omitted'> {
  const values = new Map<string, number>()
  let omitted = 0
  for (const [, quoted, plain, number = ''] of data.matchAll(ENTRY)) {
    const label = toMetricPart((quoted?.replaceAll("''", "'") ?? plain ?? '').trim())
    const value = Number(number.replace(',', '.'))
    if (label === '' || !Number.isFinite(value) || values.has(label)) continue
    if (values.size < MAX_VALUES) values.set(label, value)
    else omitted++
  }
  return { values: [...values].map(([metric, value]) => ({ metric, value })), omitted }
}
