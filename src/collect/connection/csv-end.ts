import { isWholeCsvLine } from '../../protocol/legacy/legacy-csv.ts'
import type { ProtocolDecoder } from '../protocol-decoder.ts'
import type { ReceiveBuffer } from './receive-buffer.ts'

/** An unterminated line of CSV is complete when nothing has followed it for this many times `csvQuietMs`. */
const OPEN_LINE_QUIETS = 4
const LINE_END = Buffer.from('\n')

/** Finds the end of a packet of CSV, which nothing marks but that no more bytes follow. */
export class CsvEnd {
  /** The whole packet seems to have arrived. */
  hasCome = false
  readonly #decoder: Pick<ProtocolDecoder, 'isReadingLines'>
  readonly #buffer: Pick<ReceiveBuffer, 'isEmpty' | 'read'>
  readonly #csvQuietMs: number

  constructor(
    decoder: Pick<ProtocolDecoder, 'isReadingLines'>,
    buffer: Pick<ReceiveBuffer, 'isEmpty' | 'read'>,
    csvQuietMs: number,
  ) {
    this.#decoder = decoder
    this.#buffer = buffer
    this.#csvQuietMs = csvQuietMs
  }

  /** True when only complete lines have arrived. */
  get isDue(): boolean {
    return this.#decoder.isReadingLines && this.#buffer.isEmpty
  }

  /** As above, when nothing has followed for `quietMs`, which has to be long enough. */
  isDueAfter(quietMs: number, consume: (line: Buffer) => void): boolean {
    if (!this.#decoder.isReadingLines) return false
    if (quietMs >= OPEN_LINE_QUIETS * this.#csvQuietMs) this.#takeOpenLine(consume)
    return quietMs >= this.#csvQuietMs && this.isDue
  }

  /**
   * Some agents may not end their last line: one that is complete without its end is taken after a longer
   * wait.
   */
  #takeOpenLine(consume: (line: Buffer) => void): void {
    this.#buffer.read((bytes) => {
      if (!isWholeCsvLine(bytes.toString())) return 0
      consume(Buffer.concat([bytes, LINE_END]))
      return bytes.length
    })
  }
}
