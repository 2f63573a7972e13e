/** What the numbers of a metric are. The text is what the API calls `unit`; empty for plain numbers. */
export const UNITS = [
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
  'state',
  '',
] as const

export type Unit = (typeof UNITS)[number]
