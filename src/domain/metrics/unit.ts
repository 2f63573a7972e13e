/** The units of metrics whose values are numbers to read, as the API writes `unit`; empty for plain numbers. */
export const NUMBER_UNITS = [
  '%',
  'B',
  'B/s',
  '/s',
  's',
  'ms',
  'days',
  '°C',
  'W',
  'rpm',
  'Mbit/s',
  '',
] as const

export type NumberUnit = (typeof NUMBER_UNITS)[number]

/** Values of a state are said in words. */
export type Unit = NumberUnit | 'state'

/** What the values 0, 1 and so on of a metric are called; of a state the first is bad and the second is good. */
export type ValueWords = readonly string[]

/** How the values of a metric are written: as numbers in a unit, or in the metric's own words. */
export type ValueForm = NumberUnit | ValueWords

/** Tells numbers from words. */
export const isNumberForm = (form: ValueForm): form is NumberUnit => typeof form === 'string'
