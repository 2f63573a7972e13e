import { isWholeCsvLine } from '../../protocol/legacy/legacy-csv.ts'

/** An unterminated line of CSV is complete when nothing has followed it for this many times `csvQuietMs`. */
const OPEN_LINE_QUIETS = 4
const LINE_END = Buffer.from('\n')

/** Whether a last line that was not ended is to be taken as it is, after nothing has followed for `quietMs`. */
export const isOpenLineDue = (quietMs: number, csvQuietMs: number): boolean =>
  quietMs >= OPEN_LINE_QUIETS * csvQuietMs

/** The line that the bytes are, with the end that its agent has left out; null when it is no whole line of CSV. */
export function completeLine(bytes: Buffer): Buffer | null {
  return isWholeCsvLine(bytes.toString()) ? Buffer.concat([bytes, LINE_END]) : null
}
