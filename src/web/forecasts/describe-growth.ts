import { NARROW_SPACE } from '../../domain/metrics/figure.ts'

/** A disk's growth a day, as `1.6 %`, with one decimal, or two below 0.1 %. */
export const describeGrowth = (percentADay: number): string =>
  `${percentADay >= 0.1 ? percentADay.toFixed(1) : percentADay.toFixed(2)}${NARROW_SPACE}%`
