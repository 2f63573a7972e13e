/**
 * Most samples are decimals with few digits behind the point. As `integer / 10^scale` they are short and
 * their differences small. The division gives back the very same double: both sides of it are exact, and IEEE
 * division rounds to the nearest, which is what reading the decimal gave in the first place.
 */
export const POWERS: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

/** Integers beyond this keep no room for differences and zigzag in a double. */
export const MAX_INTEGER = 2 ** 49

/**
 * True when `value` is exactly `Math.round(value * power) / power` with a small enough integer; never for -0.
 */
export function isDecimal(value: number, power: number): boolean {
  const integer = Math.round(value * power)
  return (
    integer / power === value && integer <= MAX_INTEGER && integer >= -MAX_INTEGER && !Object.is(value, -0)
  )
}

/** 0, -1, 1, -2, … becomes 0, 1, 2, 3, … */
export function zigzag(integer: number): number {
  return integer < 0 ? -2 * integer - 1 : 2 * integer
}

export function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2
}
