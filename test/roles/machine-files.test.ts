import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { loadConfig } from '../../src/config/load.ts'
import { openMachineFiles } from '../../src/roles/machine-files.ts'
import { aMachine } from '../config/machine.ts'
import { makeTempDir } from '../support/spawn.ts'

test('a folder without a machine in it is refused, with what is missing', () => {
  const empty = makeTempDir()
  const load = (set: string[]) => loadConfig({ set }, aMachine())
  expect(() => openMachineFiles(load([`agent.host_root=${empty}`]))).toThrow(
    `configuration: agent.host_root = "${empty}": expected the folder where the root of the machine is mounted`,
  )
  rmSync(empty, { recursive: true })
  if (process.platform === 'linux')
    expect(openMachineFiles(load(['agent.host_root=/'])).readText('/proc/stat')).toStartWith('cpu ')
})
