const FORBIDDEN = /[^\p{L}\p{N}._:@+~#%()-]/gu

/**
 * The name of a metric as our own agent would write it. Services and processes keep in the original's names
 * what Windows allows there (`perf.service.mssql$sqlexpress.state`); such a character becomes `_`.
 */
export function toLegacyMetric(name: string): string {
  return name.replace(FORBIDDEN, '_')
}
