import { expect, test } from 'bun:test'
import { join } from 'node:path'

/**
 * In a network of its own, with loopback up and the range of groups that may send echo requests set to
 * `range`.
 */
function ping(range: string, ...args: string[]): { values: Record<string, number>; reason: string | null } {
  const program = join(import.meta.dir, 'ping-program.ts')
  const script = `ip link set lo up && ip route add blackhole 10.9.0.0/16 && ip route add 192.0.2.0/24 dev lo &&
    echo "${range}" > /proc/sys/net/ipv4/ping_group_range && exec "$0" "$@"`
  const { stdout, stderr } = Bun.spawnSync([
    'unshare',
    '-n',
    'sh',
    '-c',
    script,
    process.execPath,
    program,
    ...args,
  ])
  const text = stdout.toString()
  if (text === '') throw new Error(stderr.toString())
  return JSON.parse(text)
}

test.each([
  ['127.0.0.1', 'any'],
  ['::1', '6'],
  ['localhost', 'any'],
])('ping is good for a host that answers: %s', (host, version) => {
  const { values, reason } = ping('0 2147483647', host, version)
  expect(reason).toBeNull()
  expect(values.state).toBe(1)
  expect(values.milliseconds).toBeWithin(0, 50)
})

test('ping says when there is no answer, no way, or no such host', () => {
  // The loopback interface takes packets to this network, and no host there answers.
  expect(ping('0 2147483647', '192.0.2.1').reason).toBe('no answer within 1 s')
  expect(ping('0 2147483647', '198.51.100.1').reason).toBe('the network is unreachable')
  expect(ping('0 2147483647', 'nowhere.invalid').reason).toContain('can not be resolved')
})

test('ping reports when the system does not permit it', () => {
  const { values, reason } = ping('1 0', '127.0.0.1')
  expect(values).toEqual({ state: 0 })
  expect(reason).toContain('net.ipv4.ping_group_range')
})
