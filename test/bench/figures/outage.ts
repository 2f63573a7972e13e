import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'
import { type OutageTimes, sendOutage } from '../outage-load.ts'
import { residentMiB } from '../process.ts'

const TIMES = 3
/** Until then memory has to be what it was, within a fifth. */
const REST_SECONDS = 600
const NEARLY = 1.2
const LOOK_SECONDS = 10

const CASES = [
  { name: '2000 agents back after 2 hours, 60 metrics', agents: 2000, metrics: 60, backlog: 120 },
  {
    name: '1000 agents back after 24 hours, 12 metrics (17 million samples)',
    agents: 1000,
    metrics: 12,
    backlog: 1440,
  },
] as const

type Run = OutageTimes & {
  readonly before: number
  readonly most: number
  readonly after: number
  /** Seconds after the last acknowledgement at which `after` was read. */
  readonly afterSeconds: number
}

/** Agents that come back all at once, with what waits: how long fresh samples wait behind it, and what it takes. */
export const outage: Benchmark = {
  name: 'outage',
  async run(): Promise<Figure[]> {
    const figures: Figure[] = []
    for (const { name, ...load } of CASES) {
      const runs: Run[] = []
      for (let i = 0; i < TIMES; i++) runs.push(await measure(load))
      figures.push(
        figureOf(
          `${name}: longest wait of a fresh sample`,
          's',
          medianOf(runs, (run) => run.longestFresh),
          5,
        ),
        {
          ...figureOf(
            `${name}: until all is acknowledged`,
            's',
            medianOf(runs, (run) => run.seconds),
            40,
          ),
          bound: null,
          note: `${Math.round(medianOf(runs, (run) => run.frames))} frames`,
        },
        figureOf(
          `${name}: highest resident memory`,
          'MiB',
          medianOf(runs, (run) => run.most),
          200,
        ),
        {
          name: `${name}: resident memory when it is back, within 10 minutes`,
          unit: 'MiB',
          ours: medianOf(runs, (run) => run.after),
          peer: medianOf(runs, (run) => run.before),
          peerName: 'before',
          bound: NEARLY,
          note: `after ${medianOf(runs, (run) => run.afterSeconds)} s`,
        },
      )
    }
    return figures
  },
}

const figureOf = (name: string, unit: string, ours: number, peer: number): Figure => ({
  name,
  unit,
  ours,
  peer,
  peerName: 'goal',
  bound: 1,
})

async function measure(load: {
  readonly agents: number
  readonly metrics: number
  readonly backlog: number
}): Promise<Run> {
  const folder = makeFolder()
  const now = Math.floor(Date.now() / 60_000) * 60 - 3600
  const collect = await startOurs(['collect'], folder, ['collect.max_new_hosts=1000000'])
  const place = { port: collect.collect, passphrase: PASSPHRASE }
  // A usual minute: what these agents take of themselves is no part of the question.
  await sendOutage({ ...place, ...load, backlog: 1, now: now - load.backlog * 60 - 600 })
  await Bun.sleep(10_000)
  const before = residentMiB(collect.pid)
  const times = await sendOutage({ ...place, ...load, now })
  const most = collect.memoryMiB()
  let after = most
  let afterSeconds = 0
  while (after > NEARLY * before && afterSeconds < REST_SECONDS) {
    await Bun.sleep(LOOK_SECONDS * 1000)
    afterSeconds += LOOK_SECONDS
    after = residentMiB(collect.pid)
  }
  await collect.stop()
  deleteFolder(folder)
  return { ...times, before, most, after, afterSeconds }
}
