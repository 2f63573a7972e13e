import { statfsSync } from 'node:fs'
import { license } from '../../package.json'
import type { Config } from '../config/schema.ts'
import { SECTIONS } from '../config/schema.ts'
import { SETTINGS, type Setting } from '../config/settings.ts'
import type { AboutSite, GuideSection } from '../web/about-site.ts'
import { findPassphrase } from './first-start.ts'
import { collectLicences } from './licences.ts' with { type: 'macro' }

const LICENCES = collectLicences()

/** What the website tells of this installation, from the same declarations that everything else is made of. */
export function describeSite(config: Config, agents: { readonly plain: number | null }): Partial<AboutSite> {
  return {
    sections: listSections(),
    licences: LICENCES,
    licence: license,
    enrolment: {
      readPassphrase: () => config.collect.passphrase ?? findPassphrase(config.dataDir),
      plainPort: agents.plain,
    },
    retention: config.retention,
    readFreeBytes: () => readFreeBytes(config.dataDir),
  }
}

/** Every setting as the configuration declares it, by its section. */
export function listSections(): GuideSection[] {
  const sections = [...new Set(SETTINGS.map(({ section }) => section))]
  return sections.map((name) => ({
    name,
    doc: name === null ? '' : SECTIONS[name].doc,
    settings: SETTINGS.filter(({ section }) => section === name).map(describeSetting),
  }))
}

function describeSetting({ key, field }: Setting) {
  const { doc, example, secret } = field
  return { key, doc, value: example, hasDefault: hasDefault(field), isSecret: secret }
}

function hasDefault({ default: value }: Setting['field']): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function readFreeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    // Some network filesystems don't say; the page then leaves it out.
    return null
  }
}
