import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceManager, ServiceState, ServiceStatus } from '../service-manager.ts'
import { type MachineParts, THIS_MACHINE, writeAtOnce, writeDropIns } from './systemd-drop-ins.ts'
import { readUnitArguments, writeUnit } from './systemd-unit.ts'

/** Runs `systemctl` with these words; resolves with its exit code and what it wrote. */
export type RunSystemctl = (...words: string[]) => Promise<{ code: number; output: string }>

export type SystemdOptions = {
  readonly run: RunSystemctl
  /** Where units of the machine's administrator are. */
  readonly unitFolder?: string
  /**
   * Whether systemd runs this machine now; else services are registered for its next start, as in the making
   * of an image.
   */
  readonly isBooted?: boolean
  readonly machine?: MachineParts
}

/** Whether systemd is at work here: its folder is there from its start on, see sd_booted(3). */
export const isSystemdBooted = () => existsSync('/run/systemd/system')

/** Services as units of systemd. */
export function openSystemd({
  run,
  unitFolder = '/etc/systemd/system',
  isBooted = isSystemdBooted(),
  machine = THIS_MACHINE,
}: SystemdOptions): ServiceManager {
  const fileOf = (name: string) => join(unitFolder, `${name}.service`)

  async function call(...words: string[]) {
    const { code, output } = await run(...words)
    if (code !== 0) throw new Error(`systemctl ${words.join(' ')} ended with ${code}: ${output.trim()}`)
  }

  async function act(verb: 'start' | 'stop' | 'restart' | 'reload', name: string) {
    if (!existsSync(fileOf(name))) throw new Error(`${name} is not installed: monitor service install`)
    if (!isBooted) throw new Error(`can't ${verb} ${name}: systemd does not run this machine`)
    await call(verb, `${name}.service`)
  }

  return {
    title: 'systemd',
    isAtWork: isBooted,
    async install(spec) {
      const file = fileOf(spec.name)
      writeAtOnce(unitFolder, file, writeUnit(spec))
      writeDropIns(`${file}.d`, spec, machine)
      if (isBooted) await call('daemon-reload')
      await call('enable', `${spec.name}.service`)
    },
    async readArguments(name) {
      const file = fileOf(name)
      return existsSync(file) ? readUnitArguments(readFileSync(file, 'utf8')) : null
    },
    async uninstall(name) {
      const file = fileOf(name)
      if (!existsSync(file)) return
      if (isBooted) await call('stop', `${name}.service`)
      await call('disable', `${name}.service`)
      rmSync(file, { force: true })
      writeDropIns(`${file}.d`, null, machine)
      if (isBooted) {
        await call('daemon-reload')
        // systemd remembers a failed service under its name; when it does not, that is not a failure.
        await run('reset-failed', `${name}.service`)
      }
    },
    start: (name) => act('start', name),
    stop: (name) => act('stop', name),
    restart: (name) => act('restart', name),
    reload: (name) => act('reload', name),
    async status(name) {
      if (!existsSync(fileOf(name))) return { state: 'not installed', pid: null, starts: false, detail: '' }
      if (!isBooted)
        return { state: 'stopped', pid: null, starts: true, detail: 'systemd does not run this machine' }
      const { code, output } = await run('show', `${name}.service`, `--property=${PROPERTIES.join(',')}`)
      if (code !== 0) throw new Error(`systemctl show ended with ${code}: ${output.trim()}`)
      return parseShow(output)
    },
  }
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'UnitFileState',
  'Result',
  'StatusText',
  'NRestarts',
]

const STATES: Readonly<Record<string, ServiceState>> = {
  active: 'running',
  reloading: 'running',
  activating: 'starting',
  deactivating: 'stopping',
  inactive: 'stopped',
  failed: 'failed',
}

/** The output of `systemctl show` for a unit, `Name=value` a line. */
export function parseShow(text: string): ServiceStatus {
  const found = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
  const get = (name: string) => found.get(name) ?? ''
  if (get('LoadState') === 'not-found')
    return { state: 'not installed', pid: null, starts: false, detail: '' }
  const pid = Number(get('MainPID'))
  const restarts = Number(get('NRestarts'))
  const details = [
    get('SubState') === 'auto-restart' ? 'waits to be started again' : '',
    get('Result') === 'success' || get('Result') === '' ? '' : `last result: ${get('Result')}`,
    restarts > 0 ? `restarts: ${restarts}` : '',
    get('StatusText'),
  ]
  return {
    state: STATES[get('ActiveState')] ?? 'stopped',
    pid: pid > 0 ? pid : null,
    starts: get('UnitFileState').startsWith('enabled'),
    detail: details.filter(Boolean).join('; '),
  }
}
