/**
 * `npm run test:cluster`: three Galera nodes, HAProxy, two collect engines, two event engines and a fleet of
 * agents; each of them is killed in turn under load, one node of the database is frozen and one cut off from
 * the network as well. At the end every sample whose storage was acknowledged to an agent is there, once, on every
 * node, and every event led to its notifications.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { toPairs } from '../storage/reports.ts'
import { startHttpReceiver } from '../support/http-receiver.ts'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'
import { findFreePort, USER } from '../support/sql/mariadb.ts'
import { FLEET_METRIC, type Fleet, startFleet } from './fleet.ts'
import { type Galera, NODES, startGalera } from './galera.ts'
import { startHaproxy } from './haproxy.ts'
import { enterOwnNetwork, type Network, openNetwork } from './network.ts'

const NEEDED = [
  '/usr/sbin/mariadbd',
  '/usr/lib/galera/libgalera_smm.so',
  '/usr/sbin/haproxy',
  '/usr/bin/rsync',
]
const PASSPHRASE = 'of the cluster test'
const AGENTS = 30
const EVERY_MS = 150
/** Nodes in the order in which each process tries them: writes go through different ones. */
const ORDERS: Readonly<Record<string, readonly number[]>> = {
  collect1: [0, 1, 2],
  collect2: [1, 2, 0],
  events1: [2, 0, 1],
  events2: [0, 2, 1],
}

const missing = NEEDED.filter((file) => !existsSync(file))
if (missing.length > 0) {
  console.error(
    `The cluster test needs Debian's mariadb-server, galera-4, haproxy and rsync: ${missing.join(', ')} missing.`,
  )
  process.exit(1)
}

const hasNetwork = await enterOwnNetwork()
const began = performance.now()
const say = (text: string) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
const folder = makeTempDir()
const receiver = startHttpReceiver()
const programs = new Map<string, RunningMonitor>()
const endings: (() => Promise<void>)[] = []
let passed = 0
let failed = 0

function expectThat(what: string, isSo: boolean) {
  if (isSo) passed++
  else failed++
  say(`${isSo ? 'ok' : 'FAILED'}: ${what}`)
}

const settings = (galera: Galera, machine: string, ports: Readonly<Record<string, number>>) => [
  ...['--data-dir', join(folder, machine)],
  ...Object.entries({
    'database.url': galera.urlOf('monitor', ORDERS[machine] ?? [0, 1, 2]),
    'database.timeout': '8s',
    'collect.address': '127.0.0.1',
    'collect.port': ports[machine] ?? 0,
    'collect.tls_port': 'off',
    'collect.passphrase': PASSPHRASE,
    'events.interval': '2s',
  }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
]

async function start(galera: Galera, machine: string, ports: Readonly<Record<string, number>>) {
  const role = machine.startsWith('collect') ? 'collect' : 'events'
  programs.set(machine, await startMonitor([role, ...settings(galera, machine, ports)], { cwd: folder }))
}

async function kill(machine: string) {
  const program = programs.get(machine)
  program?.signal('SIGKILL')
  await program?.exited
}

/** Says how many samples were acknowledged meanwhile. */
async function watch(fleet: Fleet, what: string, act: () => Promise<void>, thenSeconds: number) {
  const before = fleet.acknowledged()
  const from = performance.now()
  await act()
  await Bun.sleep(thenSeconds * 1000)
  const count = fleet.acknowledged() - before
  const seconds = (performance.now() - from) / 1000
  expectThat(
    `${what}: ${count} packets acknowledged meanwhile (${(count / seconds).toFixed(0)} a second)`,
    count > 0,
  )
}

/** The node that most of the processes talk to. */
function findBusiest(galera: Galera): number {
  const count = (node: number) =>
    Number(galera.run(node, `SELECT COUNT(*) FROM information_schema.processlist WHERE user = '${USER}'`))
  return NODES.toSorted((a, b) => count(b) - count(a))[0] ?? 0
}

async function cutOff(galera: Galera, network: Network, fleet: Fleet) {
  const node = findBusiest(galera)
  const status = (asked: number) =>
    galera.run(asked, `SHOW STATUS LIKE 'wsrep_cluster_status'`).split('\t')[1]?.trim()
  await watch(
    fleet,
    `database node ${node}, the busiest, is cut off from the network for 20 s`,
    async () => {
      network.cut(node)
      await Bun.sleep(20_000)
      const statuses = NODES.map(status)
      network.mend(node)
      expectThat(
        `the node that was cut off stood aside, the others went on: ${statuses.join(', ')}`,
        statuses.every((is, i) => (is === 'Primary') === (i !== node)),
      )
      await galera.whole()
    },
    5,
  )
}

async function main(galera: Galera, network: Network | null) {
  say('three nodes are one database')
  const ports = { collect1: await findFreePort(), collect2: await findFreePort() }
  const machines = Object.keys(ORDERS)
  await Promise.all(machines.map((machine) => start(galera, machine, ports)))
  const rule = ['rule', 'add', '--name', 'all', '--channel', 'webhook', '--target', `${receiver.url}/hook`]
  const added = await runMonitor([...rule, ...settings(galera, 'shell', ports)], { cwd: folder })
  expectThat(
    `two collect engines and two event engines run, made the schema together ${added.stderr}`,
    added.code === 0,
  )
  const haproxy = await startHaproxy(folder, Object.values(ports))
  endings.push(haproxy.stop)
  const fleet = startFleet(haproxy.port, PASSPHRASE, AGENTS, EVERY_MS)
  await watch(fleet, 'all is well', async () => {}, 8)
  for (const machine of machines)
    await watch(
      fleet,
      `${machine} is killed`,
      async () => {
        await kill(machine)
        await Bun.sleep(3000)
        await start(galera, machine, ports)
      },
      3,
    )
  for (const node of NODES)
    await watch(
      fleet,
      `database node ${node} is killed`,
      async () => {
        await galera.signal(node, 'SIGKILL')
        await Bun.sleep(8000)
        await galera.start(node)
      },
      3,
    )
  await watch(
    fleet,
    'database node 1 is frozen for 20 s',
    async () => {
      await galera.signal(1, 'SIGSTOP')
      await Bun.sleep(20_000)
      await galera.signal(1, 'SIGCONT')
      await galera.whole()
    },
    5,
  )
  if (network) await cutOff(galera, network, fleet)
  else say('SKIPPED: no node is cut off, that takes root, iproute2 and namespaces of the network')
  await fleet.stop()
  say(
    `${fleet.acknowledged()} packets were acknowledged to the fleet, ${sum(fleet.agents.map((agent) => agent.repeated))} sent again`,
  )
  await checkSamples(galera, fleet)
  await checkNotifications(fleet)
}

async function checkSamples(galera: Galera, fleet: Fleet) {
  const log = createLog({ level: 'error', format: 'text' })
  for (const node of NODES) {
    const url = galera.urlOf('monitor', [node])
    const store = await openStore(url, { dataDir: folder, clock: systemClock, log })
    let lost = 0
    let more = 0
    for (const { host, acknowledged } of fleet.agents) {
      const stored = new Map(
        toPairs(await store.samples.range(host, FLEET_METRIC, 0, Number.MAX_SAFE_INTEGER)),
      )
      for (const [time, value] of acknowledged) if (stored.get(time) !== value) lost++
      more += stored.size - acknowledged.size
    }
    const { samples } = await store.maintenance.stats()
    const acknowledged = fleet.acknowledged()
    expectThat(
      `node ${node}: ${acknowledged} samples acknowledged, ${samples} stored, ${lost} lost, ${more} more than were acknowledged`,
      lost === 0 && more === 0 && samples === acknowledged,
    )
    if (node === 0) {
      await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 1000)
      const problems = await store.maintenance.check()
      expectThat(`sound after compaction ${problems.join('; ')}`, problems.length === 0)
    }
    await store.close()
  }
}

type NotificationBody = { id: string; events: { id: number; status: string }[] }

async function checkNotifications(fleet: Fleet) {
  const wanted = sum(fleet.agents.map((agent) => agent.events.length))
  /** Keys of the notifications, by the change that each reports. */
  const keys = new Map<string, Set<string>>()
  const count = () => {
    keys.clear()
    for (const { body } of receiver.requests) {
      const { id: key, events } = JSON.parse(body) as NotificationBody
      for (const { id, status } of events) {
        const change = `${status} ${id}`
        keys.set(change, (keys.get(change) ?? new Set()).add(key))
      }
    }
    return [...keys.keys()].filter((change) => change.startsWith('closed')).length
  }
  for (let i = 0; i < 120 && count() < wanted; i++) await Bun.sleep(500)
  const closings = count()
  const twice = [...keys.values()].filter((set) => set.size > 1).length
  expectThat(
    `${wanted} events were over, ${closings} closings notified, ${twice} notified again under another key`,
    closings === wanted && twice === 0,
  )
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

const network = hasNetwork ? await openNetwork(NODES.length) : null
const galera = await startGalera(network)
try {
  await main(galera, network)
} catch (error) {
  failed++
  console.error(error)
  for (const [machine, program] of programs) console.error(`--- ${machine}\n${program.stderr().slice(-3000)}`)
} finally {
  for (const machine of programs.keys()) await kill(machine)
  for (const end of endings) await end()
  await galera.remove()
  await network?.remove()
  await receiver.stop()
  rmSync(folder, { recursive: true, force: true })
}
say(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
