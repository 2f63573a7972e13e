/** One metric, or all of a kind that has many, as whoever yields it declares it. */
export type MetricFamily = {
  /** A name, with `<word>` where the name of one of many things stands. */
  readonly name: string
  readonly doc: string
  /** Both unless given. */
  readonly systems?: 'Linux' | 'Windows'
  /** It comes only where there is something to say: things that were left out, say. */
  readonly isRare?: true
}

/** Tells whether a name is one of a family. */
export function isOfFamily(metric: string, { name }: MetricFamily): boolean {
  const pattern = name
    .split(/<[a-z]+>/)
    .map((part) => part.replaceAll('.', '\\.'))
    .join('.+')
  return new RegExp(`^${pattern}$`).test(metric)
}
