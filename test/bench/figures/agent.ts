import { mkdirSync } from 'node:fs'
import { idOf, startDockerServer } from '../../agent/containers/docker-server.ts'
import { measureExporter } from '../exporter.ts'
import {
  type Benchmark,
  type BenchmarkOptions,
  type Cost,
  type Figure,
  inTurn,
  medianOf,
  type Peers,
} from '../figure.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'
import { residentMiB, spendFor } from '../process.ts'
import { measureZabbix } from '../zabbix.ts'

/** The whole takes three quarters of an hour: with a minute between cycles 21 minutes. */
const RUNS = 5
const IDLE_SECONDS = 30
const CONTAINERS = 20
const CHECKS = 20

/** How an agent, or an exporter, is measured: so many cycles, so far apart, after some that are not counted. */
export type Pace = { readonly seconds: number; readonly cycles: number; readonly warmUp: number }

/**
 * The second cycle and the third take two to five times as long as those after the fifth: they run for the first time
 * what needs a reading before. A machine runs an agent for weeks.
 */
const EACH_SECOND: Pace = { seconds: 1, cycles: 60, warmUp: 20 }
const EACH_MINUTE: Pace = { seconds: 60, cycles: 3, warmUp: 6 }

/**
 * The agent on this machine with every probe, beside one scrape of prometheus-node-exporter at the same pace, and
 * beside zabbix-agent2; the same with containers and checks.
 */
export const agent: Benchmark = {
  name: 'agent',
  async run(peers: Peers, { isShort }: BenchmarkOptions): Promise<Figure[]> {
    const idle = await measureIdleProgram()
    const figures: Figure[] = []
    for (const pace of [EACH_SECOND, EACH_MINUTE])
      figures.push(...(await comparePace(peers, pace, idle, isShort ? 1 : RUNS)))
    return figures
  },
}

type Compared = Readonly<Record<'plain' | 'full' | 'exporter' | 'zabbix', readonly Cost[]>>

type Sides = Readonly<Record<'plain' | 'full' | 'exporter', (runs: number) => Promise<readonly Cost[]>>>

async function compareInTurn(peers: Peers, sides: Sides, runs: number): Promise<Compared> {
  const { ours, peer } = await inTurn(
    runs,
    async () => ({ plain: await sides.plain(1), full: await sides.full(1) }),
    async () => ({ exporter: await sides.exporter(1), zabbix: await measureZabbix(peers.zabbix) }),
  )
  return {
    plain: ours.flatMap(({ plain }) => plain),
    full: ours.flatMap(({ full }) => full),
    exporter: peer.flatMap(({ exporter }) => exporter),
    zabbix: peer.flatMap(({ zabbix }) => zabbix ?? []),
  }
}

/** What works for some milliseconds a minute does not disturb the others, and in turn it would take an hour. */
async function compareAtOnce(sides: Sides, runs: number): Promise<Compared> {
  const [plain, full, exporter] = await Promise.all([
    sides.plain(runs),
    sides.full(runs),
    sides.exporter(runs),
  ])
  return { plain, full, exporter, zabbix: [] }
}

async function comparePace(peers: Peers, pace: Pace, idle: Idle, runs: number): Promise<Figure[]> {
  const sides = {
    plain: (count: number) => measureAgent(pace, count),
    full: (count: number) => measureBusyAgent(pace, count),
    exporter: (count: number) => measureExporter(peers.exporter, pace, count),
  }
  const { plain, full, exporter, zabbix } =
    pace.seconds === 1 ? await compareInTurn(peers, sides, runs) : await compareAtOnce(sides, runs)
  const often = pace.seconds === 1 ? 'once a second' : 'once a minute'
  const scrape = medianOf(exporter, ({ cycle }) => cycle)
  const peerName = 'one scrape of prometheus-node-exporter'
  const note = `both ${often}, the exporter with gzip; the idle program takes ${idle.perSecond.toFixed(2)} ms a second by itself`
  const memoryMiB = medianOf(plain, (cost) => cost.memoryMiB)
  const figures: Figure[] = [
    {
      name: `processor time of a cycle ${often}, sampled, queued, sent and acknowledged`,
      unit: 'ms',
      ours: medianOf(plain, ({ cycle }) => cycle),
      peer: scrape,
      peerName,
      bound: 0.25,
      note,
    },
    {
      name: `the same with ${CONTAINERS} containers and ${CHECKS} checks`,
      unit: 'ms',
      ours: medianOf(full, ({ cycle }) => cycle),
      peer: scrape,
      peerName,
      bound: 0.6,
      note: 'checks once a minute, as without a setting; containers in each cycle, what they use each ten seconds',
    },
    {
      name: `resident memory of the agent ${often}`,
      unit: 'MiB',
      ours: memoryMiB,
      peer: idle.memoryMiB,
      peerName: 'an idle compiled program with SQLite open',
      bound: 1.25,
    },
    {
      name: `resident memory of the agent ${often}`,
      unit: 'MiB',
      ours: memoryMiB,
      peer: medianOf(exporter, (cost) => cost.memoryMiB),
      peerName: 'prometheus-node-exporter',
      bound: null,
    },
  ]
  if (pace.seconds > 1) return figures
  figures.push(
    {
      name: `processor time of a cycle ${often}`,
      unit: 'ms',
      ours: medianOf(plain, ({ cycle }) => cycle),
      peer: medianOf(zabbix, ({ cycle }) => cycle),
      peerName: 'zabbix-agent2, active, the same things each second',
      bound: null,
    },
    {
      name: `resident memory of the agent ${often}`,
      unit: 'MiB',
      ours: memoryMiB,
      peer: medianOf(zabbix, (cost) => cost.memoryMiB),
      peerName: 'zabbix-agent2',
      bound: null,
    },
  )
  return figures
}

type Setup = {
  readonly settings?: readonly string[]
  readonly config?: string
  /** A command that becomes the agent. */
  readonly prefix?: readonly string[]
}

/** So many runs, one after the other, of the same process. */
export async function measureAgent(
  pace: Pace,
  runs: number,
  { settings = [], config = '', prefix = [] }: Setup = {},
): Promise<readonly Cost[]> {
  const folder = makeFolder()
  const collect = await startOurs(['collect'], folder)
  const agentFolder = makeFolder()
  await Bun.write(`${agentFolder}/bench.toml`, config)
  const agent = await startOurs(
    ['agent', '--config', `${agentFolder}/bench.toml`],
    agentFolder,
    [
      `agent.server=127.0.0.1:${collect.collect}`,
      `agent.passphrase=${PASSPHRASE}`,
      `agent.interval=${pace.seconds}s`,
      ...settings,
    ],
    prefix,
  )
  const costs = await measureRuns(agent.pid, pace, runs)
  await agent.stop()
  await collect.stop()
  deleteFolder(folder)
  deleteFolder(agentFolder)
  return costs
}

async function measureRuns(pid: number, { seconds, cycles, warmUp }: Pace, runs: number): Promise<Cost[]> {
  await Bun.sleep(warmUp * seconds * 1000)
  const costs: Cost[] = []
  for (let i = 0; i < runs; i++) {
    const cycle = ((await spendFor(pid, cycles * seconds * 1000)) / cycles) * 1000
    costs.push({ cycle, memoryMiB: residentMiB(pid) })
  }
  return costs
}

/**
 * Gives a program a /run of its own, in which our engine stands in the place of Docker. So a benchmark that is killed
 * leaves no dead socket behind, which would hide the containers from the next one, and a real engine is not read.
 */
const WITH_OWN_RUN = `
mount --bind /run "$1" && mount -t tmpfs tmpfs /run || exit 1
for entry in "$1"/*; do ln -s "$entry" /run/; done
rm -f /run/podman && ln -sfn "$2" /run/docker.sock || exit 1
shift 2
exec "$@"`

/** With an engine of containers that answers as Docker does, and checks of a website on this machine. */
export async function measureBusyAgent(pace: Pace, runs: number): Promise<readonly Cost[]> {
  const unshare = ['unshare', '--mount', '--propagation', 'private']
  if (Bun.spawnSync([...unshare, 'true']).exitCode !== 0)
    throw new Error('only root can give the agent an engine of containers in the place of Docker')
  const folder = makeFolder()
  mkdirSync(`${folder}/run`)
  const engine = startDockerServer(`${folder}/engine.sock`)
  engine.containers = Array.from({ length: CONTAINERS }, (_, i) => ({
    id: idOf(i),
    names: [`/service-${i}`],
    status: 'running' as const,
    processor: 5_000_000_000,
    received: 1_000_000,
    sent: 1_000_000,
  }))
  const website = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('ok') })
  const target = `127.0.0.1:${website.port}`
  const checks = Array.from({ length: CHECKS }, (_, i) =>
    i % 2 === 0
      ? `[[agent.check]]\nname = "c${i}"\nkind = "http"\ntarget = "http://${target}/"\n`
      : `[[agent.check]]\nname = "c${i}"\nkind = "tcp"\ntarget = "${target}"\n`,
  )
  try {
    const costs = await measureAgent(pace, runs, {
      settings: ['agent.containers=true'],
      config: checks.join('\n'),
      prefix: [...unshare, 'sh', '-c', WITH_OWN_RUN, 'sh', `${folder}/run`, engine.socket],
    })
    const lists = engine.requests.filter((request) => request.startsWith('GET /containers/json')).length
    if (lists < pace.cycles) throw new Error(`the agent has asked for its containers ${lists} times only`)
    return costs
  } finally {
    website.stop(true)
    engine.close()
    deleteFolder(folder)
  }
}

type Idle = { readonly memoryMiB: number; readonly perSecond: number }

/** What the smallest thing that the agent could be takes. */
async function measureIdleProgram(): Promise<Idle> {
  const folder = makeFolder()
  await Bun.write(
    `${folder}/idle.ts`,
    `import { Database } from 'bun:sqlite'
     const database = new Database(process.argv[2], { create: true })
     database.run('PRAGMA journal_mode = WAL')
     database.run('CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)')
     setInterval(() => {}, 60_000)`,
  )
  const build = Bun.spawn(
    [process.execPath, 'build', '--compile', '--minify', `${folder}/idle.ts`, '--outfile', `${folder}/idle`],
    {
      stdout: 'ignore',
      stderr: 'pipe',
    },
  )
  if ((await build.exited) !== 0) throw new Error(await new Response(build.stderr).text())
  const child = Bun.spawn([`${folder}/idle`, `${folder}/idle.db`], { stdout: 'ignore', stderr: 'ignore' })
  await Bun.sleep(10_000)
  const perSecond = ((await spendFor(child.pid, IDLE_SECONDS * 1000)) / IDLE_SECONDS) * 1000
  const memoryMiB = residentMiB(child.pid)
  child.kill()
  await child.exited
  deleteFolder(folder)
  return { memoryMiB, perSecond }
}
