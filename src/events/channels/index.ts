import type { Channel } from './channel.ts'
import { log } from './log.ts'
import { mail } from './mail.ts'
import { ntfy } from './ntfy.ts'
import { slack } from './slack.ts'
import { telegram } from './telegram.ts'
import { webhook } from './webhook.ts'

/** Every way to reach somebody. */
export const CHANNELS: readonly Channel[] = [log, mail, webhook, slack, ntfy, telegram]

/** Null when there is no channel of this name. */
export function findChannel(name: string): Channel | null {
  return CHANNELS.find((channel) => channel.name === name) ?? null
}
