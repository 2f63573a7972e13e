import { describe, expect, test } from 'bun:test'
import { describeUnmatchedHosts, listRuleDoubts } from '../../../src/domain/notifications/rule-doubts.ts'

const HOSTS = ['web01', 'web02', 'db01']
/** What a program of somebody else sends. */
const OTHERS = ['shop.orders.waiting', 'shop.orders.failed']
const known = {
  hosts: HOSTS,
  findMetrics: async (words: readonly string[]) =>
    OTHERS.filter((name) => words.every((word) => name.includes(word.toLowerCase()))),
}

describe('a rule that sends nothing as things are', () => {
  test.each<[string, string, string[]]>([
    ['*', '%', []],
    ['WEB*', 'perf.filesystem.*', []],
    ['web0_', 'perf.filesystem.dev.sda1.percent.used', []],
    ['web03', '*', ['"web03" does not match any of the 3 hosts']],
    [
      'web*',
      'perf.memory.percent.usd',
      ['"perf.memory.percent.usd" does not match any metric; did you mean perf.memory.percent.used?'],
    ],
    ['*', 'nothing.of.this.kind', ['"nothing.of.this.kind" does not match any metric']],
    ['*', 'shop.orders.*', []],
    ['*', 'shop.orders.waiting', []],
    ['*', 'SHOP.%.failed', []],
    ['*', 'shop.carts.*', ['"shop.carts.*" does not match any metric']],
    [
      'x',
      'shop.carts.*',
      ['"x" does not match any of the 3 hosts', '"shop.carts.*" does not match any metric'],
    ],
    ['*', 'some\\_name', []],
    // The server's own events count as well.
    ['*', 'perf.system.availability.seconds', []],
    ['*', 'perf.notification.*', []],
  ])('%p %p', async (host, metric, doubts) => {
    expect(await listRuleDoubts({ host, metric }, known)).toEqual(doubts)
  })

  test('is not doubted for its hosts while there are none', () => {
    expect(describeUnmatchedHosts('web*', [])).toBeNull()
    expect(describeUnmatchedHosts('db*', ['web01'])).toBe('"db*" does not match the only host')
  })
})
