import type { MetricFamily } from '../../domain/metrics/metric-family.ts'

/** One setting, as the configuration declares it. */
export type GuideSetting = {
  /** `web.session_expiry`. */
  readonly key: string
  readonly doc: string
  /** The value as a file has it: the default, or an example where there is no default. */
  readonly value: string
  readonly hasDefault: boolean
  readonly isSecret: boolean
}

export type GuideSection = {
  /** Null for the settings at the top of the file. */
  readonly name: string | null
  readonly doc: string
  readonly settings: readonly GuideSetting[]
}

/** A command of the shell. */
export type GuideCommand = {
  /** `monitor user add NAME`. */
  readonly usage: string
  readonly doc: string
  readonly options: readonly { readonly usage: string; readonly doc: string }[]
}

export type Licence = {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/** The settings that a new agent needs to join. */
export type Enrolment = {
  /**
   * Asked for each time that the page is shown, and shown to administrators only; null when it is kept
   * elsewhere.
   */
  readPassphrase(): string | null
  /** False when agents join by enrolment codes alone. */
  readonly takesPassphrase: boolean
  /** Port without TLS; null when it is closed. */
  readonly plainPort: number | null
  /** The enrolment code that holds the secret, for agents that reach the server by this name. */
  readonly writeCode?: (server: string, secret: string, releases: string | null) => string
}

/** Facts about the product and this installation that pages show. Passed in where the server is composed. */
export type SiteInfo = {
  readonly sections: readonly GuideSection[]
  readonly commands: readonly GuideCommand[]
  /** All that agents report and events are about. */
  readonly metrics: readonly MetricFamily[]
  readonly licences: readonly Licence[]
  /** Of the product itself. */
  readonly licence: string
  readonly enrolment: Enrolment | null
  /** Whether systemd or Windows runs the server as a service, which its administrator then changes by `monitor service`. */
  readonly isService: boolean
  /** Seconds that things are kept. */
  readonly retention: { readonly samples: number; readonly events: number; readonly hosts: number } | null
  /** Free bytes of the database's filesystem; null when they are not known. */
  readFreeBytes(): number | null
  /** The address of this machine by which others reach it; empty when it has none but those of itself. */
  findMachineAddress(): string
}

export const NO_SITE_INFO: SiteInfo = {
  sections: [],
  commands: [],
  metrics: [],
  licences: [],
  licence: '',
  enrolment: null,
  isService: false,
  retention: null,
  readFreeBytes: () => null,
  findMachineAddress: () => '',
}

/** Where the guide explains a setting. */
export const settingAnchor = (key: string) => `setting-${key.replaceAll('.', '-')}`
