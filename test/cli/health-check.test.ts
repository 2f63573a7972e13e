import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DELIVERY_STATUS_FILE, type DeliveryStatus } from '../../src/agent/sending/delivery-status.ts'
import { checkRole } from '../../src/cli/health-check.ts'
import { loadConfig } from '../../src/config/load.ts'
import { aMachine } from '../config/machine.ts'
import { makeTempDir } from '../support/spawn.ts'

const NOW = 1_800_000_000
let dataDir = ''
beforeAll(() => {
  dataDir = makeTempDir()
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

/** What is said of an agent with an interval of 60 s, `later` seconds after it wrote this. */
function check(status: Partial<DeliveryStatus>, later = 0) {
  const whole = { time: NOW, running: 7200, acknowledgedAgo: 30, waiting: 0, failure: null, ...status }
  writeFileSync(join(dataDir, DELIVERY_STATUS_FILE), JSON.stringify(whole))
  const { config } = loadConfig({ dataDir, set: ['agent.interval=60s'] }, aMachine())
  return checkRole('agent', config, (NOW + later) * 1000)
}

const CASES: readonly [
  what: string,
  status: Partial<DeliveryStatus>,
  later: number,
  sound: boolean,
  words: string,
][] = [
  ['acknowledged lately', {}, 10, true, 'last acknowledged 40s ago; 0 waiting'],
  ['three intervals to the second', { acknowledgedAgo: 180 }, 0, true, 'last acknowledged 3m ago; 0 waiting'],
  [
    'a second more, with a queue and a reason',
    { acknowledgedAgo: 181, waiting: 3, failure: 'a:8888: connection refused' },
    0,
    false,
    'last acknowledged 3m1s ago; 3 waiting; last error: a:8888: connection refused',
  ],
  [
    'nothing acknowledged and no reason known',
    { acknowledgedAgo: 400, waiting: 6 },
    0,
    false,
    'last acknowledged 6m40s ago; 6 waiting',
  ],
  [
    'a failure that is younger than three intervals',
    { failure: 'a:8888: reset' },
    0,
    true,
    'last acknowledged 30s ago; 0 waiting; last error: a:8888: reset',
  ],
  [
    'just started',
    { running: 5, acknowledgedAgo: null, waiting: 1 },
    0,
    true,
    'nothing acknowledged yet; 1 waiting',
  ],
  [
    'just started again after a day away',
    { running: 5, acknowledgedAgo: 86_400, waiting: 1 },
    0,
    true,
    'last acknowledged 1d ago; 1 waiting',
  ],
  [
    'just started, and refused',
    { running: 5, acknowledgedAgo: null, failure: 'a:8888: wrong passphrase' },
    0,
    false,
    'nothing acknowledged yet; 0 waiting; last error: a:8888: wrong passphrase',
  ],
  [
    'never acknowledged',
    { running: 300, acknowledgedAgo: null, waiting: 5 },
    0,
    false,
    'nothing acknowledged yet; 5 waiting',
  ],
  [
    'the agent has stopped',
    { acknowledgedAgo: 1 },
    190,
    false,
    'the agent has not run for 3m10s; last acknowledged 3m11s ago; 0 waiting',
  ],
]

for (const [what, status, later, isSound, words] of CASES)
  test(`the health of an agent: ${what}`, async () => {
    expect(await check(status, later)).toEqual({ isSound, words })
  })

test('the health of an agent that never ran, or whose file is damaged', async () => {
  const { config } = loadConfig({ dataDir }, aMachine())
  const file = join(dataDir, DELIVERY_STATUS_FILE)
  writeFileSync(file, '{"time":')
  expect(await checkRole('agent', config, NOW * 1000)).toEqual({
    isSound: false,
    words: `${file} can't be read`,
  })
  rmSync(join(dataDir, DELIVERY_STATUS_FILE))
  expect((await checkRole('agent', config, NOW * 1000)).words).toStartWith('the agent has not run yet')
})
