import type { ValuesOf } from '../../config/fields/fields.ts'
import type { Channel } from './channel.ts'
import { log } from './log.ts'
import { mail } from './mail.ts'
import { ntfy } from './ntfy.ts'
import { slack } from './slack.ts'
import { telegram } from './telegram.ts'
import { webhook } from './webhook.ts'

/** Every channel. */
const ALL = [log, mail, webhook, slack, ntfy, telegram] as const

type Defined = (typeof ALL)[number]

/** The settings of each channel, by its name. */
export type ChannelSettings = { readonly [C in Defined as C['name']]: ValuesOf<C['fields']> }

type Sections = {
  readonly [C in Defined as keyof C['fields'] extends never ? never : C['name']]: {
    readonly doc: string
    readonly fields: C['fields']
  }
}

export const CHANNELS: readonly Channel<ChannelSettings>[] = ALL

/** The sections of the configuration that channels declare: those of channels with a setting. */
export const CHANNEL_SECTIONS = Object.fromEntries(
  ALL.filter(({ fields }) => Object.keys(fields).length > 0).map(({ name, doc, fields }) => [
    name,
    { doc, fields },
  ]),
) as Sections

/** The settings of channels that have none. */
export const WITHOUT_SETTINGS = Object.fromEntries(
  ALL.filter(({ fields }) => Object.keys(fields).length === 0).map(({ name }) => [name, {}]),
) as Omit<ChannelSettings, keyof Sections>

/** Null when there is no channel with this name. */
export function findChannel(name: string): Channel<ChannelSettings> | null {
  return CHANNELS.find((channel) => channel.name === name) ?? null
}
