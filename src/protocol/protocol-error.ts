/** Why a message is refused as a whole; a counter each. */
export type MessageFault =
  | 'malformed'
  | 'oversized'
  | 'passphrase'
  | 'key'
  | 'version'
  | 'limit'
  | 'layout'
  | 'csv'

/**
 * A message that is refused as a whole. The text goes to the sender and to the log; it never repeats what was
 * sent.
 */
export class ProtocolError extends Error {
  constructor(
    readonly fault: MessageFault,
    message: string,
    /** Id of the batch when the connection can go on after it; null when it can't. */
    readonly id: number | null = null,
    readonly retry = false,
  ) {
    super(message)
  }
}
