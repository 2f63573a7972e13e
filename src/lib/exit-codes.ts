/**
 * How the program ends; the numbers from 64 on are those of BSD's sysexits, that of an interrupt is the
 * shell's.
 */
export const EXIT = { ok: 0, failed: 1, usage: 64, config: 78, interrupted: 130 } as const

/** The command failed: reported in one line, without a stack. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly code: number = EXIT.failed,
  ) {
    super(message)
  }
}
