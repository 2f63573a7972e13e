// Runs under plain Node, before anything is installed: brings node_modules to what package-lock.json says, and does nothing
// when it is there already.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Installs what is missing; throws with npm's exit code when that fails. */
export function install() {
  if (isInstalled()) return
  console.error('Installing the packages of package-lock.json ...')
  // The shell is for Windows, where npm is a batch file.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm ci failed with exit code ${status}`)
  linkBun()
  findBun()
}

/** Where npm is told to run no install scripts, Bun's own would leave a stub; what it does is wanted here. */
function linkBun() {
  const folder = join(ROOT, 'node_modules', 'bun')
  if (statSync(join(folder, 'bin', 'bun.exe')).size > 1_000_000) return
  spawnSync(process.execPath, ['install.js'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

/** Bun's executable: what its install script linked or, where scripts are not allowed, what its package brings. */
export function findBun() {
  const scope = join(ROOT, 'node_modules', '@oven')
  const brought = existsSync(scope) ? readdirSync(scope).filter((name) => name.startsWith('bun-')) : []
  const candidates = [
    join(ROOT, 'node_modules', 'bun', 'bin', 'bun.exe'),
    ...brought.flatMap((name) => ['bun', 'bun.exe'].map((file) => join(scope, name, 'bin', file))),
  ]
  // The file that waits for the install script is a small one.
  const found = candidates.find((file) => existsSync(file) && statSync(file).size > 1_000_000)
  if (found === undefined) throw new Error('the package "bun" brought no executable for this machine')
  return found
}

/** npm notes what it installed; that is to be what the lock file wants, optional packages of other systems left out. */
function isInstalled() {
  const wanted = readPackages(join(ROOT, 'package-lock.json'))
  const there = readPackages(join(ROOT, 'node_modules', '.package-lock.json'))
  if (wanted === null || there === null) return false
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === '') continue
    const found = there[path]
    if (found === undefined ? !optional : found.version !== version || found.integrity !== integrity)
      return false
    if (found !== undefined && !existsSync(join(ROOT, path))) return false
  }
  return true
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return null
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    install()
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}
