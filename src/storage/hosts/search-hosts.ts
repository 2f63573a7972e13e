import type { Reader } from '../database/database.ts'
import type { HostName } from '../ports/store.ts'
import { foldCase } from './host-facts.ts'

/** At most `limit` hosts with the text in name or address: names that begin with it come first. */
export async function findHostNames(reader: Reader, text: string, limit: number): Promise<HostName[]> {
  const sought = foldCase(text.trim())
  if (sought === '' || sought.includes('\n')) return []
  // The search text begins with the name, which a line break ends.
  const rows = await reader.query<{ name: string; ip: string; last_seen: number }>(
    `SELECT name, ip, last_seen FROM host
        WHERE INSTR(search_text, ?) BETWEEN 1 AND INSTR(search_text, ?) OR INSTR(LOWER(ip), ?) > 0
        ORDER BY CASE INSTR(search_text, ?) WHEN 1 THEN 0 ELSE
            CASE WHEN INSTR(search_text, ?) BETWEEN 1 AND INSTR(search_text, ?) THEN 1 ELSE 2 END END,
          LENGTH(name), name LIMIT ?`,
    [sought, '\n', sought, sought, sought, '\n', limit],
  )
  return rows.map(({ name, ip, last_seen: lastSeen }) => ({ name, ip, lastSeen }))
}

/** At most `limit` names of metrics that have each of the words, of which eight count. */
export async function findMetricNames(
  reader: Reader,
  words: readonly string[],
  limit: number,
): Promise<string[]> {
  const patterns = words.slice(0, 8).map((word) => `%${word.toLowerCase().replace(/[!%_]/g, '!$&')}%`)
  const where = patterns.map(() => `LOWER(name) LIKE ? ESCAPE '!'`).join(' AND ')
  const rows = await reader.query<{ name: string }>(
    `SELECT name FROM metric ${where === '' ? '' : `WHERE ${where}`} ORDER BY name LIMIT ?`,
    [...patterns, limit],
  )
  return rows.map(({ name }) => name)
}
