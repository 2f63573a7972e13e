import { spawnSync } from 'node:child_process'
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MYSQL_ROOT } from '../../../.ci/mysql-root.ts'
import { type Mariadb, operateServer } from './database-server.ts'
import { findFreePort, type MariadbOptions } from './mariadb.ts'

const PATIENCE_MS = 60_000
/** A folder of the server's own tables, from which each test's begins. In the root. */
const TEMPLATE = '/srv/template'

/** Runs a program of the root in it. */
const inRoot = (words: readonly string[], input?: string) =>
  spawnSync('chroot', [MYSQL_ROOT, ...words], {
    encoding: 'utf8',
    env: environment(),
    ...(input !== undefined && { input }),
  })

/** The folder for temporary files of these tests is not in the root. */
const environment = () => ({ ...process.env, TMPDIR: '/tmp' })

/** The account of the server in the root. */
function findAccount(): { uid: number; gid: number } {
  const [, , uid, gid] =
    /^mysql:.*$/m.exec(readFileSync(join(MYSQL_ROOT, 'etc/passwd'), 'utf8'))?.[0].split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

function makeTemplate() {
  if (existsSync(join(MYSQL_ROOT, TEMPLATE, 'mysql.ibd'))) return
  rmSync(join(MYSQL_ROOT, TEMPLATE), { recursive: true, force: true })
  const made = inRoot([
    ...['/usr/sbin/mysqld', '--no-defaults', '--initialize-insecure', '--user=mysql'],
    `--datadir=${TEMPLATE}`,
  ])
  if (made.status !== 0) throw new Error(`mysqld --initialize failed: ${made.stdout}${made.stderr}`)
}

/**
 * Makes the folder, the server's own tables and an account, and starts the server from the root that `npm test`
 * makes. Files that options name (`--ssl-ca=/a/b.pem`) are taken along.
 */
export async function startMysql({ options = [] }: MariadbOptions = {}): Promise<Mariadb> {
  makeTemplate()
  const account = findAccount()
  const dir = mkdtempSync(join(MYSQL_ROOT, 'srv', 't'))
  const inside = `/srv/${basename(dir)}`
  chownSync(dir, account.uid, account.gid)
  spawnSync('cp', ['-a', join(MYSQL_ROOT, TEMPLATE), join(dir, 'data')])
  mkdirSync(join(dir, 'files'))
  const given = options.map((option) => {
    const [, name, file] = /^(--[\w-]+=)(\/.+)$/.exec(option) ?? []
    if (name === undefined || file === undefined) return option
    copyFileSync(file, join(dir, 'files', basename(file)))
    return `${name}${inside}/files/${basename(file)}`
  })
  spawnSync('chmod', ['-R', 'a+rX', join(dir, 'files')])
  const socket = join(dir, 'db.sock')
  const port = await findFreePort()

  function run(sql: string): string {
    const { status, stdout, stderr } = inRoot(
      [
        'mysql',
        '--no-defaults',
        `--socket=${inside}/db.sock`,
        '--user=root',
        '--batch',
        '--skip-column-names',
        // Else the client reads its input in the encoding of the locale.
        '--default-character-set=utf8mb4',
      ],
      sql,
    )
    if (status !== 0) throw new Error(`${sql.slice(0, 200)}: ${stderr}`)
    return stdout
  }

  return operateServer({
    name: 'mysqld',
    dir,
    socket,
    port,
    patienceMs: PATIENCE_MS,
    run,
    launch: (flush) =>
      Bun.spawn(
        [
          ...['chroot', MYSQL_ROOT, '/usr/sbin/mysqld', '--no-defaults', '--user=mysql'],
          `--datadir=${inside}/data`,
          `--socket=${inside}/db.sock`,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          '--mysqlx=OFF',
          `--pid-file=${inside}/db.pid`,
          `--log-error=${inside}/db.log`,
          `--innodb-flush-log-at-trx-commit=${flush}`,
          '--innodb-buffer-pool-size=64M',
          '--skip-name-resolve',
          // Processes are killed here, never the machine: what was written outlives them without waiting for the disk.
          '--innodb-flush-method=nosync',
          '--innodb-doublewrite=OFF',
          '--sync-binlog=0',
          // Its cost is measured elsewhere; here it would only slow the tests.
          ...(given.some((option) => option.startsWith('--log-bin')) ? [] : ['--skip-log-bin']),
          ...given,
        ],
        { env: environment(), stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
      ),
    answers: () =>
      inRoot(['mysqladmin', '--no-defaults', `--socket=${inside}/db.sock`, '-uroot', 'ping']).status === 0,
  })
}
