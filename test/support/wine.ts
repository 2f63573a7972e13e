import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..')

/** Debian's packages `wine64` and `wine`, and `gcc-mingw-w64-x86-64`. */
const WINE = '/usr/bin/wine'
const WINESERVER = '/usr/bin/wineserver'
export const MINGW = '/usr/bin/x86_64-w64-mingw32-gcc'

/** The compiled program for Windows, which `node .ci/test.mjs` builds where there is Wine. */
export const WINDOWS_PROGRAM = join(ROOT, 'dist', 'monitor-windows-x64.exe')

/** Why no test can run under Wine here; null when it can. */
export function findWineObstacle(): string | null {
  const missing = [WINE, WINESERVER, MINGW, WINDOWS_PROGRAM].filter((file) => !existsSync(file))
  return missing.length === 0 ? null : `not there: ${missing.join(', ')}`
}

/** Bun for Windows, out of the package that the build fetched. */
export function findWindowsBun(): string {
  const cache = join(ROOT, 'node_modules', '.cache', 'bun-executables')
  return join(cache, `bun-windows-x64-${Bun.version}`, 'package', 'bin', 'bun.exe')
}

export type Wine = {
  /** All of it lies below this folder, which is removed in the end. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** The command line that starts a Windows program. */
  command(program: string): string[]
  /** Runs it to its end. */
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ code: number; stdout: string; stderr: string }>
  /** Ends every Windows program of this Wine, and removes all of it. */
  close(): Promise<void>
}

const silent = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' } as const

/** A fresh Windows without a screen, in a folder of its own. Takes some seconds. */
export async function openWine(): Promise<Wine> {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-wine-'))
  const prefix = join(folder, 'prefix')
  mkdirSync(prefix)
  const env: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(
        (entry): entry is [string, string] =>
          entry[1] !== undefined && !/^(MONITOR_|DISPLAY$)/.test(entry[0]),
      ),
    ),
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    // Otherwise Wine would download .NET and a browser.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  }

  async function run(words: readonly string[], extra: Readonly<Record<string, string>> = {}) {
    const child = Bun.spawn([...words], {
      cwd: folder,
      env: { ...env, ...extra },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { code, stdout, stderr }
  }

  /**
   * Its output goes nowhere: the services that Wine starts along with a program would hold it open for as
   * long as they run.
   */
  async function need(words: readonly string[]) {
    const code = await Bun.spawn([...words], { ...silent, cwd: folder, env }).exited
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`)
  }

  let idle: Bun.Subprocess | null = null
  const close = async () => {
    idle?.kill()
    await run([WINESERVER, '-k'])
    await run([WINESERVER, '-w'])
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    await need([WINE, 'wineboot', '--init'])
    // Its service manager lingers, and two at once would each know other services.
    await need([WINESERVER, '-w'])
    const source = join(import.meta.dir, '..', 'fixtures', 'win32', 'bcryptprimitives.c')
    const library = join(prefix, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll')
    await need([MINGW, '-shared', '-O1', '-o', library, source, '-ladvapi32'])
    // With its last program Wine ends its service manager, and begins anew with the next one.
    const words = [WINE, 'cmd', '/c', 'ping -n 3600 127.0.0.1']
    idle = Bun.spawn(words, { ...silent, cwd: folder, env })
    await need([WINE, 'cmd', '/c', 'exit'])
  } catch (error) {
    await close()
    throw error
  }
  return {
    folder,
    env,
    command: (program) => [WINE, program],
    run: (program, args, extra) => run([WINE, program, ...args], extra),
    close,
  }
}

/** `/tmp/x` as a Windows program finds it: all of this machine is its drive Z. */
export const toWindowsPath = (path: string) => `Z:${path.replaceAll('/', '\\')}`
