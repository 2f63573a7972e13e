/**
 * What stands in the way of a goal that was missed, by a pattern of the name of its row: said in the table as long as the
 * row misses it. Each was found with a profile (`bun --cpu-prof`) or by measuring a part alone.
 */
export const REASONS: readonly { readonly row: RegExp; readonly reason: string }[] = []

export const findReason = (name: string): string | null =>
  REASONS.find(({ row }) => row.test(name))?.reason ?? null
