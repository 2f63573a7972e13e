import { expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchMounts } from '../../../src/platform/poll/mount-watch.ts'

const MOUNTINFO = '/proc/self/mountinfo'
const run = (...command: string[]) => Bun.spawnSync(command, { stderr: 'ignore' }).exitCode === 0

/** Only the administrator mounts. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'))
  const isMounted = run('mount', '-t', 'tmpfs', 'none', folder)
  if (isMounted) run('umount', folder)
  rmdirSync(folder)
  return isMounted
}

test.if(process.platform === 'linux' && canMount())('a mount and its end are each seen once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'))
  const watch = watchMounts(MOUNTINFO)
  try {
    expect([watch.hasChanged(), watch.hasChanged(), watch.hasChanged()]).toEqual([true, false, false])
    run('mount', '-t', 'tmpfs', 'none', folder)
    expect([watch.hasChanged(), watch.hasChanged()]).toEqual([true, false])
    run('umount', folder)
    // None takes from another what it has not seen.
    const other = watchMounts(MOUNTINFO)
    expect([other.hasChanged(), other.hasChanged()]).toEqual([true, false])
    expect([watch.hasChanged(), watch.hasChanged()]).toEqual([true, false])
  } finally {
    rmdirSync(folder)
  }
})

test('where the table is not there, it may always have changed', () => {
  const watch = watchMounts('/nowhere/mountinfo')
  expect([watch.hasChanged(), watch.hasChanged()]).toEqual([true, true])
})

test.if(process.platform === 'linux')('an agent that begins anew takes no further descriptor', () => {
  const count = () => readdirSync('/proc/self/fd').length
  watchMounts(MOUNTINFO).hasChanged()
  const before = count()
  for (let i = 0; i < 20; i++) watchMounts(MOUNTINFO).hasChanged()
  expect(count()).toBe(before)
})
