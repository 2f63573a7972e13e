// Runs one ping check and prints what it found, for the test that starts it in a network of its own.
import { runCheck } from './harness.ts'

const [target = '', ipVersion = 'any'] = process.argv.slice(2)
const { values, reason } = await runCheck({
  kind: 'ping',
  target,
  timeout: 1,
  ipVersion: ipVersion === '6' ? '6' : 'any',
})
console.log(JSON.stringify({ values, reason }))
