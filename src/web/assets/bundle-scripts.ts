// Runs as a macro, when the program is built and when it is started from source: what it gives is part of the
// program.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files of `src/web/browser` that pages name; what several of them import becomes a part of its own. */
const ENTRIES = ['theme.ts', 'app.ts', 'charts.ts', 'kiosk.ts', 'host-map.ts']

/**
 * The scripts of the browser as they are served: name with a hash of the content, and text. The bundler is a
 * process of its own, because Bun refuses `Bun.build` within a macro.
 */
export function bundleScripts(): Record<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'monitor-scripts-'))
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        'build',
        ...ENTRIES,
        '--target=browser',
        '--format=esm',
        '--splitting',
        '--minify',
        '--entry-naming=[name]-[hash].[ext]',
        '--chunk-naming=part-[hash].[ext]',
        `--outdir=${out}`,
      ],
      { cwd: join(import.meta.dir, '..', 'browser'), encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`the scripts of the browser could not be bundled: ${stderr}`)
    return Object.fromEntries(readdirSync(out).map((file) => [file, readFileSync(join(out, file), 'utf8')]))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
