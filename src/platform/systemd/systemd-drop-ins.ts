import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceSpec } from '../service-manager.ts'

/** Facts of a machine that decide which rights a service needs beyond its unit. */
export type MachineParts = {
  hasGroup(name: string): boolean
  /** The driver of NVIDIA is loaded. */
  hasNvidia(): boolean
}

export const THIS_MACHINE: MachineParts = {
  // systemd starts no unit with a group that is not there.
  hasGroup: (name) =>
    readOrNothing('/etc/group')
      .split('\n')
      .some((line) => line.startsWith(`${name}:`)),
  hasNvidia: () => existsSync('/proc/driver/nvidia/version'),
}

/** Beside a unit, a right of its own that it has for one purpose. */
type DropIn = { readonly name: string; readonly lines: readonly string[] }

const HEAD = '# Written by `monitor service install`, and anew by each upgrade.'

function listDropIns({ watchesContainers, watchesMachine }: ServiceSpec, machine: MachineParts): DropIn[] {
  const dropIns: DropIn[] = []
  if (watchesContainers && machine.hasGroup('docker'))
    dropIns.push({
      name: 'containers',
      lines: [
        '# agent.containers is on. Whoever may use the socket of Docker is root in effect.',
        '[Service]',
        'SupplementaryGroups=docker',
      ],
    })
  if (watchesMachine && machine.hasNvidia())
    dropIns.push({
      name: 'nvidia',
      lines: ['# Figures of the graphics processors.', '[Service]', 'DeviceAllow=char-nvidia* rw'],
    })
  return dropIns
}

const ALL = ['containers', 'nvidia']

/**
 * Writes what a service needs beside its unit into `folder` (`monitor-agent.service.d`), and removes what was
 * written before and is not needed any more. Files of others stay. Without a service all go.
 */
export function writeDropIns(folder: string, spec: ServiceSpec | null, machine: MachineParts): void {
  const wanted = new Map((spec === null ? [] : listDropIns(spec, machine)).map((one) => [one.name, one]))
  for (const name of ALL) {
    const file = join(folder, `${name}.conf`)
    const before = readOrNothing(file)
    if (before !== '' && !before.startsWith(HEAD)) continue
    const dropIn = wanted.get(name)
    if (dropIn === undefined) rmSync(file, { force: true })
    else writeAtOnce(folder, file, `${[HEAD, ...dropIn.lines].join('\n')}\n`)
  }
  try {
    rmdirSync(folder)
  } catch {
    // It does not exist, or contains an administrator's own settings.
  }
}

/** systemd never sees half of it. */
export function writeAtOnce(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  if (readOrNothing(file) === text) return
  const draft = `${file}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o644 })
  renameSync(draft, file)
}

const readOrNothing = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
