import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, findServiceUser, PASSWORD, SERVICE_USER, USER } from '../support/sql/mariadb.ts'
import type { Network } from './network.ts'

const PROVIDER = '/usr/lib/galera/libgalera_smm.so'
const PATIENCE_MS = 90_000
/** So long a group is the same before it counts as whole. */
const STEADY_MS = 6000
/** Numbers of the nodes. */
export const NODES: readonly number[] = [0, 1, 2]

type NodePorts = { readonly sql: number; readonly group: number; readonly ist: number; readonly sst: number }

/** Three MariaDB servers that are one database: on loopback, or each on a machine of a network. */
export type Galera = {
  /** With the nodes in the order in which they are to be tried. */
  urlOf(database: string, order: readonly number[]): string
  run(node: number, sql: string): string
  signal(node: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Starts a node that ended, and waits until it has caught up. */
  start(node: number): Promise<void>
  /** Waits until all nodes see the same whole group, and go on seeing it. */
  whole(): Promise<void>
  remove(): Promise<void>
}

export async function startGalera(network: Network | null): Promise<Galera> {
  const addressOf = (node: number) => network?.addresses[node] ?? '127.0.0.1'
  const dir = mkdtempSync(join(tmpdir(), 'monitor-galera-'))
  const account = findServiceUser()
  const own = (path: string) => account && chownSync(path, account.uid, account.gid)
  own(dir)
  const asUser = account ? [`--user=${SERVICE_USER}`] : []
  const ports: NodePorts[] = []
  for (let i = 0; i < 3; i++)
    ports.push({
      sql: await findFreePort(),
      group: await findFreePort(),
      ist: await findFreePort(),
      sst: await findFreePort(),
    })
  const group = `gcomm://${ports.map(({ group }, node) => `${addressOf(node)}:${group}`).join(',')}`
  const children: (Bun.Subprocess | null)[] = [null, null, null]
  const folder = (node: number) => join(dir, `node${node}`)
  const socket = (node: number) => join(dir, `node${node}.sock`)
  for (let node = 0; node < 3; node++) {
    mkdirSync(folder(node))
    own(folder(node))
  }
  const made = spawnSync(
    '/usr/bin/mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${folder(0)}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asUser,
    ],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`)

  function run(node: number, sql: string): string {
    const { status, stdout, stderr } = spawnSync(
      'mariadb',
      [
        '--no-defaults',
        `--socket=${socket(node)}`,
        '--user=root',
        '--batch',
        '--skip-column-names',
        '--connect-timeout=2',
      ],
      { input: sql, encoding: 'utf8', timeout: 10_000 },
    )
    if (status !== 0) throw new Error(`${sql.slice(0, 200)}: ${stderr}`)
    return stdout
  }

  function launch(node: number, ...more: string[]) {
    const port = ports[node]
    if (!port) throw new Error(`there is no node ${node}`)
    const address = addressOf(node)
    children[node] = Bun.spawn(
      [
        ...(network?.at(node) ?? []),
        '/usr/sbin/mariadbd',
        '--no-defaults',
        ...asUser,
        `--datadir=${folder(node)}`,
        `--socket=${socket(node)}`,
        `--port=${port.sql}`,
        `--bind-address=${address}`,
        `--pid-file=${join(dir, `node${node}.pid`)}`,
        `--log-error=${join(dir, `node${node}.log`)}`,
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=64M',
        '--innodb-flush-log-at-trx-commit=1',
        '--innodb-autoinc-lock-mode=2',
        '--binlog-format=ROW',
        '--wsrep-on=ON',
        `--wsrep-provider=${PROVIDER}`,
        '--wsrep-cluster-name=monitor',
        `--wsrep-cluster-address=${group}`,
        `--wsrep-node-name=node${node}`,
        `--wsrep-node-address=${address}:${port.group}`,
        `--wsrep-sst-receive-address=${address}:${port.sst}`,
        '--wsrep-sst-method=rsync',
        `--wsrep-provider-options=gmcast.listen_addr=tcp://${address}:${port.group};ist.recv_addr=${address}:${port.ist};gcache.size=64M`,
        ...more,
      ],
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    )
  }

  async function synced(node: number) {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        if (run(node, `SHOW STATUS LIKE 'wsrep_local_state_comment'`).includes('Synced')) return
      } catch {
        // Not up yet.
      }
      if (performance.now() > end || children[node]?.exitCode !== null)
        throw new Error(
          `node ${node} did not join: ${readFileSync(join(dir, `node${node}.log`), 'utf8').slice(-3000)}`,
        )
      await Bun.sleep(200)
    }
  }

  /** What a node says of the group: how many it sees, in which configuration, and whether it takes part. */
  const viewOf = (node: number) =>
    run(
      node,
      `SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_conf_id', 'wsrep_cluster_status',
        'wsrep_local_state_comment')`,
    )

  /**
   * A node that was frozen says `Synced` until it notices that the others went on without it. So all of them
   * have to see the same whole group, and go on seeing it.
   */
  async function whole() {
    const end = performance.now() + PATIENCE_MS
    let steadySince: number | null = null
    let viewBefore = ''
    for (;;) {
      const views = NODES.map((node) => {
        try {
          return viewOf(node)
        } catch {
          return ''
        }
      })
      const [view = ''] = views
      const isWhole =
        views.every((one) => one === view) &&
        /wsrep_cluster_size\s+3\b/.test(view) &&
        /\bPrimary\b/.test(view) &&
        /\bSynced\b/.test(view)
      if (!isWhole || view !== viewBefore) steadySince = null
      viewBefore = view
      steadySince ??= isWhole ? performance.now() : null
      if (steadySince !== null && performance.now() - steadySince > STEADY_MS) return
      if (performance.now() > end) throw new Error(`the group did not become whole: ${views.join(' | ')}`)
      await Bun.sleep(500)
    }
  }

  launch(0, '--wsrep-new-cluster')
  await synced(0)
  run(
    0,
    `CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}'; CREATE DATABASE monitor; GRANT ALL ON monitor.* TO ${USER}@'%'`,
  )
  for (const node of [1, 2]) {
    launch(node)
    await synced(node)
  }

  return {
    urlOf(database, order) {
      const hosts = order.map((node) => `${addressOf(node)}:${ports[node]?.sql}`).join(',')
      return `mysql://${USER}:${encodeURIComponent(PASSWORD)}@${hosts}/${database}`
    },
    run,
    async signal(node, name) {
      children[node]?.kill(name)
      if (name === 'SIGKILL') await children[node]?.exited
    },
    async start(node) {
      launch(node)
      await synced(node)
    },
    whole,
    async remove() {
      for (const child of children) child?.kill('SIGKILL')
      await Promise.all(children.map((child) => child?.exited))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
