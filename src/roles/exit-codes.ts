/** How the program ends; the numbers from 64 on are those of BSD's sysexits. */
export const EXIT = { ok: 0, failed: 1, usage: 64, config: 78 } as const

/** The command can't do what was asked: told in one line, without a stack. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly code: number = EXIT.failed,
  ) {
    super(message)
  }
}
