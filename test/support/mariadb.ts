import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MARIADBD = '/usr/sbin/mariadbd'
const INSTALL = '/usr/bin/mariadb-install-db'
/** Who the server runs as when the tests run as root, which it refuses to. */
export const SERVICE_USER = 'mysql'
const PATIENCE_MS = 30_000

export const HAS_MARIADB = existsSync(MARIADBD) && existsSync(INSTALL)
export const USER = 'monitor'
/** Full of what has a meaning in an address. */
export const PASSWORD = 'pass:wo@rd/#%?'

export type MariadbOptions = {
  /** Further options of the server, as `--name=value`. */
  readonly options?: readonly string[]
}

/** A MariaDB of a test's own, in a folder of its own. */
export type Mariadb = {
  readonly dir: string
  readonly socket: string
  readonly port: number
  /** Makes an empty database and gives its url, by TCP unless `socket` is said. */
  createDatabase(name?: string): Promise<string>
  urlOf(database: string, by?: 'tcp' | 'socket'): string
  /** Runs statements as the server's root, and gives what they print. */
  run(sql: string): string
  /**
   * Whether a commit waits for the disk, as it does by default, or for the operating system alone, which is
   * quicker.
   */
  setDurable(isDurable: boolean): void
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGCONT'): void
  /** Resolves when no thread of it runs any more, until `SIGCONT`. */
  freeze(): Promise<void>
  /** Resolves when the process is gone. */
  ended(): Promise<void>
  /** Starts it anew after it ended, and waits until it takes connections. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
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
    // Others make theirs at the same time, and names of temporary tables are not unique.
    { encoding: 'utf8', env: { ...process.env, TMPDIR: dir } },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`)
  const socket = join(dir, 'db.sock')
  const port = await findFreePort()
  let child: Bun.Subprocess | null = null
  let databases = 0
  let flush = 1

  function run(sql: string): string {
    const { status, stdout, stderr } = spawnSync(
      'mariadb',
      ['--no-defaults', `--socket=${socket}`, '--user=root', '--batch', '--skip-column-names'],
      { input: sql, encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`${sql.slice(0, 200)}: ${stderr}`)
    return stdout
  }

  async function start() {
    child = Bun.spawn(
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
    )
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const { status } = spawnSync(
        'mariadb-admin',
        ['--no-defaults', `--socket=${socket}`, '--user=root', 'ping'],
        {
          stdio: 'ignore',
        },
      )
      if (status === 0) return
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`mariadbd did not start: ${readFileSync(join(dir, 'db.log'), 'utf8').slice(-2000)}`)
      await Bun.sleep(50)
    }
  }

  const urlOf = (database: string, by: 'tcp' | 'socket' = 'tcp') =>
    `mysql://${USER}:${encodeURIComponent(PASSWORD)}@${by === 'tcp' ? `127.0.0.1:${port}` : encodeURIComponent(socket)}/${database}`

  await start()
  run(createAccount())

  return {
    dir,
    socket,
    port,
    urlOf,
    run,
    start,
    async createDatabase(name = `test${++databases}`) {
      run(
        `CREATE DATABASE ${name}; GRANT ALL ON ${name}.* TO ${USER}@'%'; GRANT ALL ON ${name}.* TO ${USER}@localhost;`,
      )
      return urlOf(name)
    },
    setDurable(isDurable) {
      flush = isDurable ? 1 : 2
      run(`SET GLOBAL innodb_flush_log_at_trx_commit = ${flush}`)
    },
    kill: (signal) => child?.kill(signal),
    freeze: () => freezeProcess(child),
    async ended() {
      await child?.exited
    },
    async remove() {
      child?.kill('SIGKILL')
      await child?.exited
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Statements that make the account of `urlOf`, which then needs a grant for each database. */
export const createAccount = () =>
  ['%', 'localhost'].map((host) => `CREATE USER ${USER}@'${host}' IDENTIFIED BY '${PASSWORD}';`).join(' ')

/** Resolves when no thread of the process runs any more, until it gets `SIGCONT`. */
export async function freezeProcess(child: Bun.Subprocess | null): Promise<void> {
  child?.kill('SIGSTOP')
  const tasks = `/proc/${child?.pid}/task`
  const isStopped = (task: string) => /\) T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8'))
  while (!readdirSync(tasks).every(isStopped)) await Bun.sleep(10)
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
