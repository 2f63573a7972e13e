import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { deleteFolder, makeFolder, PASSPHRASE, PROGRAM, startOurs } from '../ours.ts'
import { processorSeconds } from '../process.ts'

const TIMES = 9

type Start = { readonly seconds: number; readonly processor: number }

/** The compiled program from its start to its work, on a folder that it has used before. */
export const ready: Benchmark = {
  name: 'ready',
  async run(): Promise<Figure[]> {
    const folder = makeFolder()
    const agentFolder = makeFolder()
    const server = [
      'server',
      '--data-dir',
      folder,
      ...set('web.port=0', 'collect.port=0', 'collect.tls_port=off'),
    ]
    await timeStart(server, /started role=server/)
    const servers: Start[] = []
    for (let i = 0; i < TIMES; i++) servers.push(await timeStart(server, /started role=server/))
    const collect = await startOurs(['collect'], folder)
    const agent = [
      'agent',
      '--data-dir',
      agentFolder,
      ...set(`agent.server=127.0.0.1:${collect.collect}`, `agent.passphrase=${PASSPHRASE}`),
    ]
    await timeStart(agent, /the server accepts samples/)
    const agents: Start[] = []
    for (let i = 0; i < TIMES; i++) agents.push(await timeStart(agent, /the server accepts samples/))
    await collect.stop()
    deleteFolder(folder)
    deleteFolder(agentFolder)
    return [
      ...figuresOf('start of the server until it is ready', servers, 0.3),
      ...figuresOf('start of the agent until its first sample is acknowledged', agents, 0.2),
    ]
  },
}

const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting])

const figuresOf = (name: string, runs: readonly Start[], goal: number): Figure[] =>
  (['seconds', 'processor'] as const).map((what) => ({
    name: what === 'seconds' ? name : `${name}, processor time`,
    unit: 's',
    ours: medianOf(runs, (run) => run[what]),
    peer: goal,
    peerName: 'goal',
    bound: 1,
  }))

/** Until the log has a line that fits; then the program is ended. */
async function timeStart(words: readonly string[], line: RegExp): Promise<Start> {
  const begun = performance.now()
  const child = Bun.spawn([PROGRAM, ...words], { stdout: 'ignore', stderr: 'pipe' })
  const decoder = new TextDecoder()
  let text = ''
  let start: Start | null = null
  for await (const bytes of child.stderr) {
    text += decoder.decode(bytes, { stream: true })
    if (start !== null || !line.test(text)) continue
    start = { seconds: (performance.now() - begun) / 1000, processor: processorSeconds(child.pid) }
    child.kill('SIGTERM')
  }
  await child.exited
  if (start === null) throw new Error(`the program ended before ${line}:\n${text}`)
  return start
}
