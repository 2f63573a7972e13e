import { measureExporter } from '../exporter.ts'
import { type Benchmark, type Cost, type Figure, inTurn, medianOf, type Peers } from '../figure.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'
import { processorSeconds, residentMiB } from '../process.ts'
import { measureZabbix } from '../zabbix.ts'

const CYCLES = 60
const IDLE_SECONDS = 30

/**
 * The agent on this machine, sampling each second with every probe, beside one scrape of
 * prometheus-node-exporter, and beside zabbix-agent2.
 */
export const agent: Benchmark = {
  name: 'agent',
  async run(peers: Peers): Promise<Figure[]> {
    const { ours, peer } = await inTurn(3, measureAgent, async () => ({
      exporter: await measureExporter(peers.exporter),
      zabbix: await measureZabbix(peers.zabbix),
    }))
    const idle = await measureIdleProgram()
    const cycle = medianOf(ours, (run) => run.cycle)
    const memoryMiB = medianOf(ours, (run) => run.memoryMiB)
    return [
      {
        name: 'processor time of a cycle, sampled, queued, sent and acknowledged',
        unit: 'ms',
        ours: cycle,
        peer: medianOf(peer, ({ exporter }) => exporter.cycle),
        peerName: 'one scrape of prometheus-node-exporter',
        bound: 0.2,
        note: `both once a second, the exporter with gzip; the idle program takes ${idle.perSecond.toFixed(2)} ms a second by itself`,
      },
      {
        name: 'processor time of a cycle, sampled, queued, sent and acknowledged',
        unit: 'ms',
        ours: cycle,
        peer: medianOf(peer, ({ zabbix }) => zabbix.cycle),
        peerName: 'zabbix-agent2, active, the same things each second',
        bound: null,
      },
      {
        name: 'resident memory of the agent',
        unit: 'MiB',
        ours: memoryMiB,
        peer: idle.memoryMiB,
        peerName: 'an idle compiled program with SQLite open',
        bound: 1.25,
      },
      ...(['exporter', 'zabbix'] as const).map((which) => ({
        name: 'resident memory of the agent',
        unit: 'MiB',
        ours: memoryMiB,
        peer: medianOf(peer, (costs) => costs[which].memoryMiB),
        peerName: which === 'exporter' ? 'prometheus-node-exporter' : 'zabbix-agent2',
        bound: null,
      })),
    ]
  },
}

async function measureAgent(): Promise<Cost> {
  const folder = makeFolder()
  const collect = await startOurs(['collect'], folder)
  const agentFolder = makeFolder()
  const settings = [
    `agent.server=127.0.0.1:${collect.collect}`,
    `agent.passphrase=${PASSPHRASE}`,
    'agent.interval=1s',
  ]
  const agent = await startOurs(['agent'], agentFolder, settings)
  await Bun.sleep(10_000)
  const before = processorSeconds(agent.pid)
  await Bun.sleep(CYCLES * 1000)
  const cycle = ((processorSeconds(agent.pid) - before) / CYCLES) * 1000
  const memoryMiB = residentMiB(agent.pid)
  await agent.stop()
  await collect.stop()
  deleteFolder(folder)
  deleteFolder(agentFolder)
  return { cycle, memoryMiB }
}

/** What the smallest thing that the agent could be takes. */
async function measureIdleProgram(): Promise<{ memoryMiB: number; perSecond: number }> {
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
  const before = processorSeconds(child.pid)
  await Bun.sleep(IDLE_SECONDS * 1000)
  const perSecond = ((processorSeconds(child.pid) - before) / IDLE_SECONDS) * 1000
  const memoryMiB = residentMiB(child.pid)
  child.kill()
  await child.exited
  deleteFolder(folder)
  return { memoryMiB, perSecond }
}
