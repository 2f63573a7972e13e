import type { Config } from '../../../config/schema.ts'
import { findChannel, WITHOUT_SETTINGS } from '../../../events/channels/index.ts'
import type { Store } from '../../../storage/ports/store.ts'

/** What the settings of a channel lack so that it can send: a list of one sentence, or an empty one. */
export function listMissing(channel: string, config: Config): readonly string[] {
  const missing = findChannel(channel)?.findMissing?.({ ...WITHOUT_SETTINGS, ...config }) ?? null
  return missing === null ? [] : [missing]
}

export const listHostNames = async ({ hosts }: Store): Promise<readonly string[]> =>
  (await hosts.listSpans()).map(({ name }) => name)
