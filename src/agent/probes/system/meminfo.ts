import { findLine } from '../text-lines.ts'

/** One amount of /proc/meminfo in bytes; null when there is no such line. */
export function findAmount(text: string, name: string): number | null {
  const found = /^ *(\d{1,15}) kB$/.exec(findLine(text, `${name}:`) ?? '')
  return found === null ? null : Number(found[1]) * 1024
}
