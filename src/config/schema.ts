import { CHANNEL_SECTIONS } from '../events/channels/index.ts'
import { type Fields, path, type ValuesOf } from './fields/fields.ts'
import { agent } from './sections/agent.ts'
import { collect } from './sections/collect.ts'
import { database } from './sections/database.ts'
import { events } from './sections/events.ts'
import { log } from './sections/log.ts'
import { notifications } from './sections/notifications.ts'
import { retention } from './sections/retention.ts'
import { web } from './sections/web.ts'

type ConfigSection = { readonly doc: string; readonly fields: Fields }

/** Settings at the top of the file, before any section. */
export const TOP = {
  dataDir: path({
    default: 'monitor-data',
    doc: 'Data directory: database, queue of the agent, passphrase. Made when it is missing, for its owner alone.',
  }),
} satisfies Fields

/** Every setting of every role, each declared here or by its channel, and nowhere else. */
export const SECTIONS = {
  database,
  web,
  collect,
  agent,
  events,
  notifications,
  ...CHANNEL_SECTIONS,
  retention,
  log,
} satisfies Record<string, ConfigSection>

type SectionValues = { readonly [S in keyof typeof SECTIONS]: ValuesOf<(typeof SECTIONS)[S]['fields']> }

/** Every setting with its value. Durations are seconds, sizes are bytes. */
export type Config = ValuesOf<typeof TOP> & SectionValues
