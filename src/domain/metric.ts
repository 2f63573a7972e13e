/** What the numbers of a metric are. The text is what the API calls `unit`; empty for plain numbers. */
export type Unit = '%' | 'B' | 'B/s' | '/s' | 's' | '°C' | 'state' | ''

/** Endings that tell the unit; the first that fits counts. */
const UNITS: readonly (readonly [RegExp, Unit])[] = [
  // Before all others: the name of a service or process in front of it may end in anything.
  [/\.state$/, 'state'],
  [/\.percent(\.|$)/, '%'],
  [/^perf\.(network|disk)\..*bytes\.[a-z]+$/, 'B/s'],
  [/^perf\.filesystem\..*bytes\.(read|written)$/, 'B/s'],
  [/\.bytes(\.|$)/, 'B'],
  [/^perf\.network\..*(errors|drops|packets)\.[a-z]+$/, '/s'],
  [/^perf\.(disk|filesystem)\..*operations\.[a-z]+$/, '/s'],
  [/\.seconds$/, 's'],
  [/\.celsius$|^perf\.temperature\./, '°C'],
]

export function metricUnit(metric: string): Unit {
  return UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? ''
}

/** The name in words, as event messages have it: `perf.memory.percent.used` is `Memory percent used`. */
export function metricTitle(metric: string): string {
  const words = metric.replace(/^perf\./, '').replace(FILESYSTEM_OR_SUCH, (_, kind, subject, rest) => {
    return `${kind} ${subject} ${rest.replaceAll('.', ' ')}`
  })
  const text = words === metric.replace(/^perf\./, '') ? words.replaceAll('.', ' ') : words
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Kinds whose second part is the name of a thing, which may hold dots itself and keeps them. */
const FILESYSTEM_OR_SUCH =
  /^(filesystem|disk|network|service|process|temperature)\.(.+?)\.((?:inodes\.)?percent\.[a-z]+|bytes\.[a-z]+|errors\.[a-z]+|drops\.[a-z]+|packets\.[a-z]+|operations\.[a-z]+|state|celsius)$/

/** The thing that a metric is about, where its kind has many: `dev.sda1` of `perf.filesystem.dev.sda1.percent.used`. */
export function metricSubject(metric: string): { kind: string; subject: string; figure: string } | null {
  const match = FILESYSTEM_OR_SUCH.exec(metric.replace(/^perf\./, ''))
  if (!match) return null
  const [, kind = '', subject = '', figure = ''] = match
  return { kind, subject, figure }
}
