/** In the largest unit that divides it: `15 minutes`, `1 hour`, `90 seconds`. */
export function describeDuration(seconds: number): string {
  for (const [size, unit] of [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const)
    if (seconds >= size && seconds % size === 0) return count(seconds / size, unit)
  return count(seconds, 'second')
}

const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? '' : 's'}`
