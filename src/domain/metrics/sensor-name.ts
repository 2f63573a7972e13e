/** What people call the sensors of a chip, by the label that the chip gives them. */
type Chip = { readonly names: RegExp; say(label: string, owner: string): string }

const CHIPS: readonly Chip[] = [
  { names: /^coretemp$/, say: (label) => `CPU ${label.replace(/^(physical|package) id\b/, 'package')}` },
  {
    names: /^(k10temp|zenpower)$/,
    say: (label) => label.replace(/^t(ctl|die)$/, 'CPU').replace(/^tccd(\d+)$/, 'CPU die $1'),
  },
  { names: /^(x86 pkg temp|cpu thermal|soc thermal)$/, say: () => 'CPU' },
  { names: /^acpitz$/, say: (label) => `ACPI thermal zone ${label.replace(/^temp/, '')}`.trimEnd() },
  { names: /^pch /, say: () => 'chipset' },
  { names: /^iwlwifi/, say: () => 'Wi-Fi adapter' },
  { names: /^(amdgpu|radeon|nouveau)$/, say: (label) => `GPU ${plainLabel(label)}`.trimEnd() },
  { names: /^(nvme|drivetemp)$/, say: (label) => `drive ${plainLabel(label)}`.trimEnd() },
  {
    names: /^(nvme\d+(c\d+)?n\d+|sd[a-z]+)$/,
    say: (label, drive) => `drive ${drive} ${plainLabel(label)}`.trimEnd(),
  },
]

/** A drive or GPU has one main sensor, which needs no name. */
const plainLabel = (label: string) => label.replace(/^(composite|temp1|edge)$/, '')

/**
 * What people call a temperature sensor, by the name that it has in metrics: `CPU package 0` for
 * `coretemp.package-id-0`, `drive sda` for `sda.temp1`. A sensor of an unknown chip keeps its name.
 */
export function describeSensor(name: string): string {
  const [owner = '', ...more] = name.toLowerCase().replace(/[-_]+/g, ' ').split('.')
  const chip = CHIPS.find(({ names }) => names.test(owner))
  if (chip === undefined) return name
  // The agent numbers sensors that would have the same name.
  const copy = /^\d+$/.test(more.at(-1) ?? '') ? more.pop() : undefined
  const said = chip.say(more.join(' '), owner)
  return copy === undefined ? said : `${said} (${copy})`
}
