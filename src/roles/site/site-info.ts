import { statfsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { license } from '../../../package.json'
import type { Config } from '../../config/schema.ts'
import { SECTIONS } from '../../config/schema.ts'
import { SETTINGS, type Setting } from '../../config/settings.ts'
import { METRICS } from '../../domain/metrics/catalogue.ts'
import { NO_PASSPHRASE } from '../../domain/users/passphrase.ts'
import { findDefaultInterfaces } from '../../platform/default-route.ts'
import { findAddress } from '../../platform/machine.ts'
import { openProcFs } from '../../platform/proc.ts'
import { isService } from '../../service/supervisor.ts'
import { sqliteFile } from '../../storage/database/open.ts'
import type { Enrolment, GuideCommand, GuideSection, SiteInfo } from '../../web/http/site-info.ts'
import type { Command, Option } from '../command.ts'
import { writeEnrolmentCode } from '../setup/enrolment-code.ts'
import { findPassphrase } from '../setup/first-start.ts'
import { collectLicences } from './licences.ts' with { type: 'macro' }

const LICENCES = collectLicences()

/** Facts of this installation for the website, from the same declarations as everything else. */
export function describeSite(
  config: Config,
  agents: { readonly plain: number | null; readonly tls?: number | null },
  commands: readonly Command[],
): Partial<SiteInfo> {
  return {
    sections: listSections(),
    commands: commands.map(describeCommand),
    metrics: METRICS,
    licences: LICENCES,
    licence: license,
    isService: isService(),
    enrolment: {
      readPassphrase: () => config.collect.passphrase ?? findPassphrase(config.dataDir),
      takesPassphrase: config.collect.passphrase !== NO_PASSPHRASE,
      plainPort: agents.plain,
      ...writeCodes(config, agents.tls ?? agents.plain),
    },
    retention: config.retention,
    findMachineAddress: () => findAddress(findDefaultInterfaces(openProcFs()), networkInterfaces()),
    readFreeBytes: () => readFreeBytes(config.database.url, config.dataDir),
  }
}

/** Left out where agents can't come over TLS. */
function writeCodes(config: Config, port: number | null): Pick<Enrolment, 'writeCode'> {
  if (port === null) return {}
  return {
    writeCode(server, secret, releases) {
      const host = server.includes(':') ? `[${server}]` : server
      return writeEnrolmentCode(config, `${host}:${port}`, secret, releases)
    },
  }
}

/** As it is typed, arguments in capitals, with what may be added. */
export function describeCommand({ name, doc, arguments: wanted = [], options = {} }: Command): GuideCommand {
  const places = wanted.map((one) => {
    const word = one.choices?.join('|') ?? one.name.toUpperCase()
    return one.optional === true ? `[${word}]` : word
  })
  return {
    usage: ['monitor', name, ...places].join(' '),
    doc,
    options: Object.entries(options).map(([key, option]) => ({
      usage: writeOption(key, option),
      doc: option.needed === true ? `${option.doc} (needed)` : option.doc,
    })),
  }
}

function writeOption(key: string, { kind, choices }: Option): string {
  return kind === 'flag' ? `--${key}` : `--${key} ${choices?.join('|') ?? 'TEXT'}`
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

/** For a database on a server it is left out: that is another machine's disk. */
export function readFreeBytes(url: string, dataDir: string): number | null {
  if (!url.startsWith('sqlite:')) return null
  try {
    const { bavail, bsize } = statfsSync(dirname(sqliteFile(url, dataDir)))
    return bavail * bsize
  } catch {
    // Some network filesystems don't report it; the page then leaves it out.
    return null
  }
}
