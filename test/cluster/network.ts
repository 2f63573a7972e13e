import { spawnSync } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'

const TOOLS = ['/usr/bin/unshare', '/usr/bin/nsenter', '/usr/bin/setpriv']
const INSIDE = 'MONITOR_CLUSTER_NETWORK'
const PREFIX = '10.213.0'
const BRIDGE = 'cluster'
const PATIENCE_MS = 10_000

/** Machines for the nodes of a database, as namespaces of the network with a cable each to one switch. */
export type Network = {
  /** By node. */
  readonly addresses: readonly string[]
  /** What to put before a command so that it runs on the machine of a node. */
  at(node: number): readonly string[]
  /** Pulls the cable of a node: what is sent to it and what it sends is lost without an answer. */
  cut(node: number): void
  mend(node: number): void
  remove(): Promise<void>
}

/**
 * Runs this program again in a network of its own, of which the rest of the machine sees nothing, and ends
 * with its exit code. Returns where it runs in there, and false where the kernel or the account does not
 * allow one.
 */
export async function enterOwnNetwork(): Promise<boolean> {
  if (process.env[INSIDE] !== undefined) return true
  const isPossible =
    [...TOOLS, '/usr/sbin/ip'].every((file) => existsSync(file)) &&
    spawnSync('unshare', ['--net', 'ip', 'link', 'add', BRIDGE, 'type', 'bridge']).status === 0
  if (!isPossible) return false
  const child = Bun.spawn(
    ['setpriv', '--pdeathsig', 'TERM', 'unshare', '--net', process.execPath, ...process.argv.slice(1)],
    { stdio: ['inherit', 'inherit', 'inherit'], env: { ...process.env, [INSIDE]: 'yes' } },
  )
  process.exit(await child.exited)
}

/** Only for a program in a network of its own. */
export async function openNetwork(count: number): Promise<Network> {
  ip('link set lo up')
  ip(`link add ${BRIDGE} type bridge`)
  ip(`addr add ${PREFIX}.254/24 dev ${BRIDGE}`)
  ip(`link set ${BRIDGE} up`)
  // A namespace lives as long as a process in it.
  const holders = Array.from({ length: count }, () =>
    Bun.spawn(['unshare', '--net', 'sleep', 'infinity'], { stdio: ['ignore', 'ignore', 'inherit'] }),
  )
  const at = (node: number) => ['nsenter', `--net=/proc/${holders[node]?.pid}/ns/net`]
  const addresses = holders.map((_, node) => `${PREFIX}.${node + 1}`)
  for (const [node, { pid }] of holders.entries()) {
    await isApart(pid)
    ip(`link add cable${node} type veth peer name eth0 netns ${pid}`)
    ip(`link set cable${node} master ${BRIDGE} up`)
    for (const words of ['link set lo up', `addr add ${addresses[node]}/24 dev eth0`, 'link set eth0 up'])
      run([...at(node), 'ip', ...words.split(' ')])
  }
  return {
    addresses,
    at,
    cut: (node) => ip(`link set cable${node} nomaster`),
    mend: (node) => ip(`link set cable${node} master ${BRIDGE}`),
    async remove() {
      for (const holder of holders) holder.kill('SIGKILL')
      await Promise.all(holders.map((holder) => holder.exited))
    },
  }
}

async function isApart(pid: number) {
  const end = performance.now() + PATIENCE_MS
  const ours = readlinkSync('/proc/self/ns/net')
  while (readlinkSync(`/proc/${pid}/ns/net`) === ours) {
    if (performance.now() > end) throw new Error('there is no other namespace of the network')
    await Bun.sleep(10)
  }
}

const ip = (words: string) => run(['ip', ...words.split(' ')])

function run([program = '', ...words]: readonly string[]) {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`)
}
