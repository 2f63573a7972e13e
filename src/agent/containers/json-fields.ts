/** A value somewhere within an answer; undefined where the path does not exist. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let at = value
  for (const key of path) at = isRecord(at) ? at[key] : undefined
  return at
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function digNumber(value: unknown, ...path: readonly string[]): number | null {
  const found = dig(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

export function digText(value: unknown, ...path: readonly string[]): string {
  const found = dig(value, ...path)
  return typeof found === 'string' ? found : ''
}
