import { isDeepStrictEqual } from 'node:util'
import type { Rule } from '../../domain/notifications/rule.ts'
import { HttpError, type WebContext } from '../http/route.ts'

/** Attempts at most, because others may change the rule in between. */
const TRIES = 5

/** Enables or disables a rule and leaves all else of it as it is stored; null when there is none. */
export async function enableRule(
  { store: { rules } }: Pick<WebContext, 'store'>,
  id: number,
  enabled: boolean,
): Promise<Rule | null> {
  for (let i = 0; i < TRIES; i++) {
    const found = await rules.find(id)
    if (!found) return null
    const changed = { ...found, enabled }
    const result = await rules.update(changed, (stored) => isDeepStrictEqual(stored, found))
    if (result === 'updated') return changed
  }
  throw new HttpError(409, 'Others change this rule at the same time. Try again.')
}
