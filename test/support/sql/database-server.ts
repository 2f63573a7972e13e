import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const USER = 'monitor'
/** Characters that have a meaning in a URL. */
export const PASSWORD = 'pass:wo@rd/#%?'

/** A MariaDB, or a MySQL, of a test's own, in a folder of its own. */
export type Mariadb = {
  readonly dir: string
  readonly socket: string
  readonly port: number
  /** Makes an empty database and returns its URL, by TCP unless `socket` is given. */
  createDatabase(name?: string): Promise<string>
  urlOf(database: string, by?: 'tcp' | 'socket'): string
  /** Runs statements as the server's root, and returns what they print. */
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

/** What differs between the servers. */
export type DatabaseServer = {
  readonly name: string
  readonly dir: string
  /** The path of the socket, outside of any chroot. */
  readonly socket: string
  readonly port: number
  readonly patienceMs: number
  /** Starts the program; `flush` is its `innodb-flush-log-at-trx-commit`. */
  launch(flush: number): Bun.Subprocess
  /** Whether it takes connections. */
  answers(): boolean
  /** Runs statements as the server's root, and returns what they print. */
  run(sql: string): string
}

/** Starts the server and makes the account of the tests. */
export async function operateServer(server: DatabaseServer): Promise<Mariadb> {
  const { name, dir, socket, port, run } = server
  let child: Bun.Subprocess | null = null
  let databases = 0
  let flush = 1

  async function start() {
    child = server.launch(flush)
    const end = performance.now() + server.patienceMs
    while (!server.answers()) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`${name} did not start: ${readFileSync(join(dir, 'db.log'), 'utf8').slice(-2000)}`)
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
    async createDatabase(database = `test${++databases}`) {
      run(
        `CREATE DATABASE ${database}; GRANT ALL ON ${database}.* TO ${USER}@'%'; GRANT ALL ON ${database}.* TO ${USER}@localhost;`,
      )
      return urlOf(database)
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
const createAccount = () =>
  ['%', 'localhost'].map((host) => `CREATE USER ${USER}@'${host}' IDENTIFIED BY '${PASSWORD}';`).join(' ')

/** Resolves when no thread of the process runs any more, until it gets `SIGCONT`. */
async function freezeProcess(child: Bun.Subprocess | null): Promise<void> {
  child?.kill('SIGSTOP')
  const tasks = `/proc/${child?.pid}/task`
  const isStopped = (task: string) => {
    try {
      return /\) T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8'))
    } catch {
      // The thread has ended meanwhile.
      return true
    }
  }
  while (!readdirSync(tasks).every(isStopped)) await Bun.sleep(10)
}
