/** The units of metrics, as the API writes `unit`; empty for plain numbers. */
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
