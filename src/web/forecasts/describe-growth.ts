import { NARROW_SPACE } from '../../domain/metrics/figure.ts'

/** `1.6 %` of what a disk grows a day, with as many digits as say something. */
export const describeGrowth = (percentADay: number): string =>
  `${percentADay >= 0.1 ? percentADay.toFixed(1) : percentADay.toFixed(2)}${NARROW_SPACE}%`
