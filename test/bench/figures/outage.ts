import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'
import { type OutageTimes, sendOutage } from '../outage-load.ts'
import { residentMiB } from '../process.ts'

const TIMES = 3
/** Until then memory has to be what it was, within a fifth. */
const REST_SECONDS = 600
const NEARLY = 1.2
const LOOK_SECONDS = 5

/** `total` is what it takes until all is acknowledged, beside what it took before or beside the time that it makes up for. */
const CASES = [
  {
    name: '2000 agents back after 2 hours, 60 metrics',
    load: { agents: 2000, metrics: 60, backlog: 120 },
    total: { peer: 40.7, peerName: 'before', bound: 1 },
  },
  {
    name: '1000 agents back after 24 hours, 12 metrics (17 million samples)',
    load: { agents: 1000, metrics: 12, backlog: 1440 },
    total: { peer: 86_400, peerName: 'a day', bound: null },
  },
] as const

/** 200 MB. */
const MOST_MIB = 200 / 1.048576

type Run = OutageTimes & { readonly most: number }

type Load = { readonly agents: number; readonly metrics: number; readonly backlog: number }

/** Resident memory in MiB before an outage, and `seconds` after its last acknowledgement. */
type Rest = { readonly before: number; readonly after: number; readonly seconds: number }

/** Agents that come back all at once, with what waits: how long fresh samples wait behind it, and what it takes. */
export const outage: Benchmark = {
  name: 'outage',
  async run(): Promise<Figure[]> {
    const cases: {
      readonly figures: readonly Figure[]
      readonly rest: Promise<Rest>
      readonly name: string
    }[] = []
    for (const { name, load, total } of CASES) {
      const runs: Run[] = []
      for (let i = 1; i < TIMES; i++) {
        const { run, stop } = await measure(load)
        runs.push(run)
        await stop()
      }
      // The wait is for one server alone, and the next case runs meanwhile.
      const { run, awaitRest } = await measure(load)
      runs.push(run)
      cases.push({ name, rest: awaitRest(), figures: describeRuns(name, runs, total) })
    }
    const figures: Figure[] = []
    for (const { name, figures: own, rest } of cases) figures.push(...own, describeRest(name, await rest))
    return figures
  },
}

const describeRuns = (
  name: string,
  runs: readonly Run[],
  total: Pick<Figure, 'peer' | 'peerName' | 'bound'>,
): Figure[] => [
  figureOf(
    `${name}: longest wait of a fresh sample`,
    's',
    medianOf(runs, (run) => run.longestFresh),
    5,
  ),
  {
    ...total,
    name: `${name}: until all is acknowledged`,
    unit: 's',
    ours: medianOf(runs, (run) => run.seconds),
    note: `${Math.round(medianOf(runs, (run) => run.frames))} frames`,
  },
  figureOf(
    `${name}: highest resident memory`,
    'MiB',
    medianOf(runs, (run) => run.most),
    MOST_MIB,
  ),
]

const describeRest = (name: string, { before, after, seconds }: Rest): Figure => ({
  name: `${name}: resident memory when it is back, within 10 minutes`,
  unit: 'MiB',
  ours: after,
  peer: before,
  peerName: 'before',
  bound: NEARLY,
  note: `after ${seconds} s, in one run`,
})

const figureOf = (name: string, unit: string, ours: number, peer: number): Figure => ({
  name,
  unit,
  ours,
  peer,
  peerName: 'goal',
  bound: 1,
})

/** Either `stop` or `awaitRest` has to be called: both end the server. */
async function measure(load: Load) {
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
  const stop = async () => {
    await collect.stop()
    deleteFolder(folder)
  }
  return {
    run: { ...times, most },
    stop,
    /** Until memory is what it was, or the time for that is over. */
    async awaitRest(): Promise<Rest> {
      let after = residentMiB(collect.pid)
      let seconds = 0
      while (after > NEARLY * before && seconds < REST_SECONDS) {
        await Bun.sleep(LOOK_SECONDS * 1000)
        seconds += LOOK_SECONDS
        after = residentMiB(collect.pid)
      }
      await stop()
      return { before, after, seconds }
    },
  }
}
