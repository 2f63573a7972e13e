// Makes the folder from which tests run MySQL: a small Debian of its own, because the Debian that they run on has MariaDB
// alone. Done once, by `npm test`; later runs find it. Says loudly where it can't be made.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The root of that Debian. */
export const MYSQL_ROOT = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'monitor-tests',
  'mysql-sid',
)
const MYSQLD = '/usr/sbin/mysqld'
/** The one release of Debian that has MySQL. */
const RELEASE = 'sid'
const DEBOOTSTRAP = '/usr/sbin/debootstrap'
const LIMIT_MS = 8 * 60_000

/** Why MySQL can't be run here; null when it can. */
export function findMysqlObstacle(): string | null {
  if (existsSync(join(MYSQL_ROOT, MYSQLD)))
    return process.getuid?.() === 0 ? null : 'changing the root takes root'
  return `${MYSQL_ROOT} is missing, which npm test makes as root`
}

/** Resolves with why there is none; null when there is. */
async function makeRoot(): Promise<string | null> {
  if (findMysqlObstacle() === null) return null
  if (process.getuid?.() !== 0) return 'making it takes root'
  if (!existsSync(DEBOOTSTRAP)) return `${DEBOOTSTRAP}, Debian package "debootstrap", is missing`
  const partial = `${MYSQL_ROOT}.${process.pid}`
  mkdirSync(dirname(MYSQL_ROOT), { recursive: true })
  try {
    const child = Bun.spawn([DEBOOTSTRAP, '--variant=minbase', '--include=mysql-server', RELEASE, partial], {
      stdout: 'pipe',
      stderr: 'ignore',
      timeout: LIMIT_MS,
    })
    const said = await new Response(child.stdout).text()
    if ((await child.exited) !== 0 || !existsSync(join(partial, MYSQLD)))
      return `debootstrap failed: ${said.trim().split('\n').at(-1)}`
    for (const folder of ['var/cache/apt/archives', 'var/lib/apt/lists'])
      rmSync(join(partial, folder), { recursive: true, force: true })
    rmSync(MYSQL_ROOT, { recursive: true, force: true })
    renameSync(partial, MYSQL_ROOT)
    return null
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const obstacle = await makeRoot()
  if (obstacle !== null) console.log(`NOT TESTED HERE: storage on MySQL (${obstacle})`)
}
