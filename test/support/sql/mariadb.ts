import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mariadb, operateServer } from './database-server.ts'

export { type Mariadb, PASSWORD, USER } from './database-server.ts'

const MARIADBD = '/usr/sbin/mariadbd'
const INSTALL = '/usr/bin/mariadb-install-db'
/** The account of the server when the tests run as root, as which it refuses to run. */
export const SERVICE_USER = 'mysql'
const PATIENCE_MS = 30_000

export const HAS_MARIADB = existsSync(MARIADBD) && existsSync(INSTALL)
export type MariadbOptions = {
  /** Further options of the server, as `--name=value`. */
  readonly options?: readonly string[]
}

/** Makes the folder, the server's own tables and an account, and starts the server. */
export async function startMariadb({ options = [] }: MariadbOptions = {}): Promise<Mariadb> {
  // Sockets have short names, and the server's user must get there.
  const dir = mkdtempSync(join(tmpdir(), 'monitor-db-'))
  const account = findServiceUser()
  if (account) chownSync(dir, account.uid, account.gid)
  const data = join(dir, 'data')
  mkdirSync(data)
  if (account) chownSync(data, account.uid, account.gid)
  const asUser = account ? [`--user=${SERVICE_USER}`] : []
  const made = spawnSync(
    INSTALL,
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asUser,
    ],
    // Other tests may do the same at the same time, and names of temporary tables are not unique.
    { encoding: 'utf8', env: { ...process.env, TMPDIR: dir } },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`)
  const socket = join(dir, 'db.sock')
  const port = await findFreePort()

  function run(sql: string): string {
    const { status, stdout, stderr } = spawnSync(
      'mariadb',
      [
        '--no-defaults',
        `--socket=${socket}`,
        '--user=root',
        '--batch',
        '--skip-column-names',
        // Else the client reads its input in the encoding of the locale.
        '--default-character-set=utf8mb4',
      ],
      { input: sql, encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`${sql.slice(0, 200)}: ${stderr}`)
    return stdout
  }

  return operateServer({
    name: 'mariadbd',
    dir,
    socket,
    port,
    patienceMs: PATIENCE_MS,
    run,
    launch: (flush) =>
      Bun.spawn(
        [
          MARIADBD,
          '--no-defaults',
          ...asUser,
          `--datadir=${data}`,
          `--socket=${socket}`,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          `--pid-file=${join(dir, 'db.pid')}`,
          `--log-error=${join(dir, 'db.log')}`,
          `--innodb-flush-log-at-trx-commit=${flush}`,
          '--innodb-buffer-pool-size=64M',
          '--skip-name-resolve',
          ...options,
        ],
        { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
      ),
    answers: () =>
      spawnSync('mariadb-admin', ['--no-defaults', `--socket=${socket}`, '--user=root', 'ping'], {
        stdio: 'ignore',
      }).status === 0,
  })
}

/** The account to run as; null when it has to be this one. */
export function findServiceUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${SERVICE_USER}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) }
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
