import { arch, cpus, loadavg, release } from 'node:os'
import { type Figure, type Peers, printFigures } from './figure.ts'
import { benchmarks } from './figures/index.ts'
import { PROGRAM } from './ours.ts'
import { keepRun, putTable, README, readLastRun, writeTable } from './report/report.ts'

/**
 * `npm run bench [NAME …]`: all benchmarks or those named. Prints medians and ratios, and keeps them in
 * `last-run.json`; it never fails because of a figure, and one that breaks off keeps none of the others from running.
 * `npm run bench -- --markdown` runs nothing: it writes the last run into `README.md` beside this file. `--short` does less
 * of what takes minutes, and keeps nothing. The peers come from Debian's packages and are installed when this runs as root.
 */
const PACKAGES = [
  { name: 'victoria-metrics', program: 'victoria-metrics', key: 'victoria' },
  { name: 'prometheus-node-exporter', program: 'prometheus-node-exporter', key: 'exporter' },
  { name: 'zabbix-agent2', program: 'zabbix_agent2', key: 'zabbix' },
] as const

function findPeers(): Peers {
  const found = { victoria: '', exporter: '', zabbix: '' }
  for (const { name, program: executable, key } of PACKAGES) {
    let program = Bun.which(executable)
    if (program === null && process.getuid?.() === 0) {
      const install = (...words: string[]) =>
        Bun.spawnSync(['apt-get', ...words, '-y', '-qq'], {
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        })
      if (install('install', '--no-install-recommends', name).exitCode !== 0) {
        install('update')
        install('install', '--no-install-recommends', name)
      }
      program = Bun.which(executable)
    }
    if (program === null)
      throw new Error(`${name} is not here: install Debian's package of that name, then run this again`)
    found[key] = program
  }
  return found
}

if (process.argv.includes('--markdown')) {
  const table = writeTable(
    await readLastRun(),
    benchmarks.map(({ name }) => name),
  )
  await Bun.write(README, putTable(await Bun.file(README).text(), table))
  process.exit(0)
}
const isShort = process.argv.includes('--short')
const wanted = process.argv.slice(2).filter((word) => word !== '--short')
const unknown = wanted.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name))
if (unknown.length > 0) {
  console.error(
    `no benchmark of the name ${unknown.join(', ')}; there are: ${benchmarks.map(({ name }) => name).join(', ')}`,
  )
  process.exit(64)
}
if (!(await Bun.file(PROGRAM).exists())) {
  console.error('dist/monitor is missing: npm run build first')
  process.exit(1)
}
const peers = findPeers()
const machine = `${cpus().length} processors (${cpus()[0]?.model}), ${arch()}, Linux ${release()}, Bun ${Bun.version}`
console.log(machine)
for (const benchmark of benchmarks) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue
  let figures: Figure[]
  try {
    figures = await benchmark.run(peers, { isShort })
  } catch (error) {
    // The others run for an hour with nobody there.
    console.error(`${benchmark.name} was given up:`, error)
    process.exitCode = 1
    continue
  }
  printFigures(benchmark.name, figures)
  if (isShort) continue
  const day = new Date().toISOString().slice(0, 10)
  const others = loadavg()[0] ?? 0
  const where = `${machine}, ${day}${others > cpus().length + 1 ? ', others at work' : ''}`
  await keepRun(benchmark.name, { where, figures })
}
