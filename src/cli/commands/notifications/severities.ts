import { isSeverity, type Severity } from '../../../domain/event.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'

/** `1,2` of the command line. */
export function readSeverities(text: string): Severity[] {
  const numbers = text.split(',').map((part) => (/^\d$/.test(part.trim()) ? Number(part) : 0))
  const severities = numbers.filter(isSeverity)
  if (severities.length < numbers.length)
    throw new CommandError(
      '--severity takes numbers from 1 (critical) to 4 (information), as in 1,2',
      EXIT.usage,
    )
  return [...new Set(severities)].sort()
}
