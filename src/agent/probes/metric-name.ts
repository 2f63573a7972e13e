/** Turns any name the system gives (device, interface, sensor) into a part of a metric's name; empty when nothing is left. */
export function toMetricPart(name: string): string {
  if (PLAIN.test(name)) return name
  return name
    .replace(/\/+/g, '.')
    .replace(/[^\p{L}\p{N}._:@+~#%()-]/gu, '_')
    .replace(/^\.+|\.+$/g, '')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^\p{L}\p{N}_]/u, '_')
    .slice(0, MAX_PART)
}

/** Leaves room for what stands before and behind it in the longest legal name. */
const MAX_PART = 200

/** Nearly every name there is; asked first because it is asked in every cycle. */
const PLAIN = /^[A-Za-z0-9_]{1,200}$/
