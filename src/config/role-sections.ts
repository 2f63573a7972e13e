import { CHANNEL_SECTIONS } from '../events/channels/index.ts'
import type { Config } from './schema.ts'

type ConfigSectionName = Exclude<keyof Config, 'dataDir'>

const CHANNELS = Object.keys(CHANNEL_SECTIONS) as (keyof typeof CHANNEL_SECTIONS)[]

/** Sections of the file that a part of the program reads; the others are for other parts. */
const SECTIONS_OF = {
  server: ['database', 'web', ...CHANNELS, 'log'],
  collect: ['database', 'collect', 'log'],
  events: ['database', 'events', ...CHANNELS, 'retention', 'log'],
  agent: ['agent', 'log'],
} satisfies Record<string, readonly ConfigSectionName[]>

/**
 * Whether a setting (`web.port`) counts for any of these parts. Settings at the top of the file count for
 * all.
 */
export function countsFor(key: string, parts: readonly (keyof typeof SECTIONS_OF)[]): boolean {
  const [section = '', rest] = key.split('.')
  return rest === undefined || parts.some((part) => SECTIONS_OF[part].some((one) => one === section))
}
