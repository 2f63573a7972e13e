/** Numbers that a seed decides, so that a run can be repeated. */
export type Random = {
  /** From 0 to below `n`, whole. */
  below(n: number): number
  pick<T>(list: readonly T[]): T
}

export function createRandom(seed: number): Random {
  let state = (seed * 7919 + 12345) % 2147483647
  const below = (n: number) => {
    state = (state * 48271) % 2147483647
    return state % n
  }
  return {
    below,
    pick<T>(list: readonly T[]): T {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
  }
}
