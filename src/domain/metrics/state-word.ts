import { CONTAINER_STATUS, POOL_STATUS } from './declared/statuses.ts'
import { metricSubject, stateWords } from './metric.ts'

/** The state of a thing in a word, as `Running`, `Exited` or `Rebuilding`. */
export type StateWord = { readonly words: string; readonly isGood: boolean }

type Values = Readonly<Record<string, number>>

/**
 * What the metric of a state says in words, by `value`, and by the other values of its host: the engine's own word for a
 * container, the state of a pool, the disks that an array lacks. Agents before these values were sent have the words of
 * the metric alone.
 */
export function describeState(metric: string, value: number, latest: Values): StateWord {
  const isGood = value >= 0.5
  const { good, bad } = stateWords(metric)
  const plain = { words: isGood ? good : bad, isGood }
  const thing = metricSubject(metric)
  if (thing === null || thing.figure !== 'state') return plain
  const of = (figure: string) => latest[`perf.${thing.kind}.${thing.subject}.${figure}`]
  if (thing.kind === 'container') return describeContainer(plain, of('status'), of('healthy'))
  if (thing.kind === 'raid') return describeArray(plain, of('disks.missing'), of('rebuild.percent'))
  if (thing.kind === 'pool') return { ...plain, words: wordOf(POOL_STATUS, of('status')) ?? plain.words }
  return plain
}

/** Unhealthy is wrong however well it runs. */
function describeContainer(
  plain: StateWord,
  status: number | undefined,
  healthy: number | undefined,
): StateWord {
  const words = wordOf(CONTAINER_STATUS, status)
  const isIll = healthy !== undefined && healthy < 0.5
  if (isIll && (words === null || words === 'Running')) return { words: 'Unhealthy', isGood: false }
  // A container that is as it should be and does not run has ended with code 0.
  const hasEnded = plain.isGood && (words === 'Exited' || words === 'Stopped')
  return { ...plain, words: hasEnded ? 'Finished' : (words ?? plain.words) }
}

/** An array that does not run lacks no disk that it knows of. */
function describeArray(
  plain: StateWord,
  missing: number | undefined,
  rebuilt: number | undefined,
): StateWord {
  if (plain.isGood) return plain
  return { ...plain, words: missing === 0 ? 'Inactive' : rebuilt === undefined ? plain.words : 'Rebuilding' }
}

function wordOf(statuses: readonly string[], value: number | undefined): string | null {
  const word = value === undefined || value === 0 ? undefined : statuses[value]
  return word === undefined ? null : word.charAt(0).toUpperCase() + word.slice(1)
}
