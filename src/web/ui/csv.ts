import { yieldThread } from '../../lib/yield-thread.ts'

export type CsvCell = string | number | null

/** Other requests are served between batches of this many rows. */
const ROWS_AT_ONCE = 500

/**
 * Rows as a file that spreadsheets open (RFC 4180). Texts that they would take for a formula begin with an
 * apostrophe.
 */
export function writeCsv(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return writeCsvRows([head, ...rows])
}

export const writeCsvRows = (rows: readonly (readonly CsvCell[])[]) =>
  rows.map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')

function writeCell(cell: CsvCell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  const text =
    /^[\s\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(cell) || /^[\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The byte order mark at the start of a file makes spreadsheets read it as UTF-8. */
export const CSV_MARK = '\ufeff'

/** The headers of a download. */
export const csvHeaders = (name: string) => ({
  'content-type': 'text/csv; charset=utf-8; header=present',
  'content-disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}.csv"`,
})

/** A download. */
export async function csvResponse(
  name: string,
  head: readonly string[],
  rows: Iterable<readonly CsvCell[]>,
): Promise<Response> {
  const pieces = [CSV_MARK]
  let piece: (readonly CsvCell[])[] = [head]
  for (const row of rows) {
    piece.push(row)
    if (piece.length < ROWS_AT_ONCE) continue
    pieces.push(writeCsvRows(piece))
    piece = []
    await yieldThread()
  }
  pieces.push(writeCsvRows(piece))
  return new Response(pieces.join(''), { headers: csvHeaders(name) })
}
