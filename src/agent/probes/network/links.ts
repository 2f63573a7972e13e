import { LINK_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, parseCount } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'

export type LinkReading = {
  /** The interfaces that were looked through for cards. */
  readonly names: string
  readonly cards: readonly string[]
  readonly links: readonly Link[]
}

type Link = {
  readonly name: string
  readonly isUp: boolean
  /** Megabits a second; null where the card does not say, as most of virtual machines. */
  readonly speed: number | null
}

/** What one machine reports at most. */
const MAX_CARDS = 32

/**
 * Link and speed of network cards. A socket without a cable is no trouble, so only cards count that have had a
 * link since they are there. Linux: /sys/class/net, since Linux 4.16.
 */
export const links = defineProbe<LinkReading>({
  name: 'links',
  metrics: LINK_METRICS,
  linux(proc, _context, previous) {
    const found = proc.list('/sys/class/net')
    const names = found.join(' ')
    const cards = previous?.names === names ? previous.cards : findCards(proc, found)
    return cards.length === 0 ? null : { names, cards, links: cards.flatMap((name) => readLink(proc, name)) }
  },
  samples({ links: found }) {
    const samples: ProbeSample[] = []
    for (const { name, isUp, speed } of found) {
      const part = `perf.link.${toMetricPart(name)}`
      addSample(samples, `${part}.state`, isUp ? 1 : 0)
      addSample(samples, `${part}.megabits`, isUp ? speed : null)
    }
    return samples
  },
})

const findCards = (proc: ProcFs, names: readonly string[]) =>
  names
    .filter((name) => proc.has(`/sys/class/net/${name}/device`))
    .sort()
    .slice(0, MAX_CARDS)

/** Reading the carrier of a card that is switched off fails; an administrator who switches it off means it. */
function readLink(proc: ProcFs, name: string): Link[] {
  const read = (file: string) => {
    try {
      return parseCount(proc.readTextIfThere(`/sys/class/net/${name}/${file}`)?.trim())
    } catch {
      return null
    }
  }
  const carrier = read('carrier')
  if (carrier === null || !(carrier === 1 || (read('carrier_up_count') ?? 0) > 0)) return []
  const speed = carrier === 1 ? read('speed') : null
  return [{ name, isUp: carrier === 1, speed: speed !== null && speed > 0 && speed < 1e7 ? speed : null }]
}
