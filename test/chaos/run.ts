// npm run test:chaos -- --seed N --minutes M [--mariadb]
import { parseArgs } from 'node:util'
import { startMariadb } from '../support/sql/mariadb.ts'
import { runChaos } from './chaos.ts'
import { openDatabase } from './database.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '10' },
    mariadb: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const minutes = Number(values.minutes)
if (!Number.isInteger(seed) || !(minutes > 0))
  throw new Error('--seed is a whole number, --minutes one above 0')
console.log(`seed ${seed}, ${minutes} minutes, ${values.mariadb ? 'MariaDB' : 'SQLite'}`)
const mariadb = values.mariadb ? await startMariadb() : null
try {
  const database = mariadb === null ? {} : { database: await openDatabase(mariadb) }
  const { problems, samples, notifications, faults } = await runChaos({
    seed,
    minutes,
    ...database,
    say: console.log,
  })
  console.log(`${samples} samples and ${notifications} notifications compared`, faults)
  for (const problem of problems) console.log(`PROBLEM: ${problem}`)
  console.log(
    problems.length === 0 ? `seed ${seed}: nothing was lost` : `seed ${seed}: ${problems.length} problems`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  await mariadb?.remove()
}
