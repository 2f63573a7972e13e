import { expect, test } from 'bun:test'
import { readStatusText } from '../../../src/agent/containers/status-text.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

test.each<[string, string, [least: number, most: number] | null]>([
  ['Up Less than a second', 'Up #', [0, S]],
  ['Up 1 second', 'Up #', [S, 2 * S]],
  ['Up 59 seconds (health: starting)', 'Up # (health: starting)', [59 * S, M]],
  ['Up About a minute', 'Up #', [M, 2 * M]],
  ['Up About an hour (healthy)', 'Up # (healthy)', [H / 2, 2 * H]],
  ['Up 47 hours', 'Up #', [46.5 * H, 48 * H]],
  ['Up 2 days', 'Up #', [2 * D - H / 2, 3 * D]],
  ['Exited (137) 3 weeks ago', 'Exited (137) # ago', [21 * D - H / 2, 28 * D]],
  ['Restarting (1) 5 seconds ago', 'Restarting (1) # ago', [5 * S, 6 * S]],
  ['Up 2 months (Paused)', 'Up # (Paused)', [60 * D - H / 2, 90 * D]],
  ['Up 2 years', 'Up #', [730 * D - H / 2, 1095 * D]],
  ['Created', 'Created', null],
  ['', '', null],
])('%p holds since a time within bounds', (text, words, ages) => {
  const now = 100 * 365 * D
  expect(readStatusText(text, now)).toEqual({
    words,
    since: ages === null ? null : { fromMs: now - ages[1], toMs: now - ages[0] },
  })
})
