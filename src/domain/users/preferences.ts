import { isTimeZone } from '../time/time-zone.ts'

/** How one user wants to see the website. */
export type Preferences = {
  /** `system` follows the device. */
  readonly theme: 'system' | 'light' | 'dark'
  /** Time zone in which times are shown; null for that of the device. */
  readonly zone: string | null
  /** Language of dates, as `de-CH`; null for numbers alone (`2026-11-22 12:07`). */
  readonly dates: string | null
  /** Columns of the list of hosts, in their order; absent for the usual ones. */
  readonly hostColumns?: readonly string[]
}

/** Columns of the list of hosts that people choose from, in the order in which they stand. */
export const HOST_COLUMNS = [
  'events',
  'day',
  'ip',
  'domain',
  'groups',
  'platform',
  'uptime',
  'load',
  'processor',
  'memory',
  'disk',
  'network',
  'last_seen',
] as const
export type HostColumn = (typeof HOST_COLUMNS)[number]

/** Preferences of a user who has not chosen any. */
export const USUAL_HOST_COLUMNS: readonly HostColumn[] = [
  'events',
  'day',
  'ip',
  'platform',
  'processor',
  'memory',
  'disk',
  'network',
  'last_seen',
]

export const DEFAULT_PREFERENCES: Preferences = { theme: 'system', zone: null, dates: null }

export const THEMES = ['system', 'light', 'dark'] as const

/** Languages that are offered for dates, each in its own words. */
export const DATE_LANGUAGES: readonly (readonly [tag: string, name: string])[] = [
  ['cs', 'Čeština'],
  ['da', 'Dansk'],
  ['de', 'Deutsch'],
  ['en-GB', 'English (UK)'],
  ['en-US', 'English (US)'],
  ['es', 'Español'],
  ['fi', 'Suomi'],
  ['fr', 'Français'],
  ['it', 'Italiano'],
  ['ja', '日本語'],
  ['nb', 'Norsk bokmål'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['pt', 'Português'],
  ['sv', 'Svenska'],
  ['uk', 'Українська'],
  ['zh', '中文'],
]

/** Reads what was kept or sent; what makes no sense is as if it was never chosen. */
export function readPreferences(raw: Readonly<Record<string, unknown>>): Preferences {
  const { theme, zone, dates, hostColumns } = raw
  const columns = Array.isArray(hostColumns) ? HOST_COLUMNS.filter((key) => hostColumns.includes(key)) : null
  return {
    theme: THEMES.find((one) => one === theme) ?? DEFAULT_PREFERENCES.theme,
    zone: typeof zone === 'string' && zone !== '' && zone.length <= 64 && isTimeZone(zone) ? zone : null,
    dates: DATE_LANGUAGES.find(([tag]) => tag === dates)?.[0] ?? null,
    ...(columns !== null && { hostColumns: columns }),
  }
}
