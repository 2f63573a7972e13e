import { expect, test } from 'bun:test'
import type { Host } from '../../../../src/domain/hosts/host.ts'
import { planSections } from '../../../../src/domain/metrics/section-plan.ts'
import { diskTable } from '../../../../src/web/pages/host/disk-table.tsx'

/** The words of each row, cell by cell. */
function rowsOf(latest: Record<string, number>, mounts?: Record<string, string>) {
  const host = { name: 'web01', latest, ...(mounts && { mounts }) } as unknown as Host
  const plan = planSections(Object.keys(latest)).find(({ name }) => name === 'filesystems')
  if (!plan) throw new Error('there is no table of filesystems')
  const markup = String(
    diskTable(plan, { host, status: 'up', query: '', severities: new Map(), disks: [], now: 0 }),
  )
  const body = markup.slice(markup.indexOf('<tbody'))
  return [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd].*?<\/t[hd]>/gs)].map(([cell]) => cell.replace(/<[^>]*>/g, '')),
  )
}

test('a filesystem that sends only whether it takes writes has a row, under its name for people', () => {
  const latest = { 'perf.filesystem.dev.sda1.writable': 0 }
  expect(rowsOf(latest)).toEqual([['/dev/sda1', '', '–', '–', '–', '–', 'Read-only']])
  expect(rowsOf(latest, { 'dev.sda1': '/srv' })).toEqual([['/srv', '', '–', '–', '–', '–', 'Read-only']])
})

test('what such a filesystem sends beside it is shown', () => {
  expect(rowsOf({ 'perf.filesystem.dev.sda1.bytes.free': 2 ** 30 })).toEqual([
    ['/dev/sda1', '', '–', '1.00\u202fGiB', '–', '–'],
  ])
})
