import { expect, test } from 'bun:test'
import type { NetworkInterfaceInfo } from 'node:os'
import { findDefaultInterfaces } from '../../src/platform/default-route.ts'
import { findDomain, parseHosts, parseResolvConf } from '../../src/platform/fqdn.ts'
import { type Interfaces, readMachine, readShortName } from '../../src/platform/machine.ts'
import { describeSystem, nameBuild, parseOsRelease } from '../../src/platform/os-release.ts'
import { openProcFs } from '../../src/platform/proc.ts'
import { fakeProc } from './fake-proc.ts'

const address = (text: string, internal = false): NetworkInterfaceInfo =>
  text.includes(':')
    ? { address: text, netmask: '', family: 'IPv6', mac: '', internal, cidr: null, scopeid: 0 }
    : { address: text, netmask: '', family: 'IPv4', mac: '', internal, cidr: null }

const interfaces: Interfaces = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  docker0: [address('172.17.0.1')],
  wlan0: [address('10.0.0.7')],
  ens18: [address('fe80::1'), address('2001:db8::5'), address('192.168.1.5')],
}

test('reads the facts of a server with LVM', () => {
  expect(readMachine(fakeProc({ machine: 'ubuntu-lvm' }), interfaces)).toEqual({
    name: 'web01',
    facts: {
      ip: '192.168.1.5',
      platform: 'Linux',
      build: 'Ubuntu 18.04',
      architecture: '64bit',
      domain: 'example.org',
      processors: 4,
      memoryMb: 7976,
    },
  })
})

test('reads the facts of an old server and of the recorded one', () => {
  const old = readMachine(fakeProc({ machine: 'centos-6' }), { eth0: [address('10.1.2.3')] })
  expect([old.name, old.facts.ip, old.facts.build, old.facts.domain]).toEqual([
    'db-old',
    '10.1.2.3',
    'CentOS 6.10',
    'corp.example.com',
  ])
  const { name, facts } = readMachine(fakeProc({ machine: 'debian-12' }), { eth0: [address('192.0.2.2')] })
  expect([name, facts.build, facts.domain, facts.processors]).toEqual([
    'vm',
    'Debian GNU/Linux 12',
    'Stand Alone',
    2,
  ])
})

test('a machine that shows nothing has empty facts, not a failure', () => {
  expect(readMachine(fakeProc({}), {})).toEqual({
    name: 'localhost',
    facts: {
      ip: '',
      platform: 'Linux',
      build: 'Linux',
      architecture: '64bit',
      domain: 'Stand Alone',
      processors: 0,
      memoryMb: 0,
    },
  })
})

test('this very machine has a name, an address and a build', () => {
  const { name, facts } = readMachine(openProcFs())
  expect(name).toBe(readShortName())
  expect(facts.processors).toBeGreaterThan(0)
  expect(facts.memoryMb).toBeGreaterThan(0)
  expect(facts.build).not.toBe('')
})

test.each([
  ['WEB01.example.org', 'web01'],
  ['müller', 'müller'],
  ['bad name/x', 'bad-name-x'],
  ['-x', 'x'],
  ['', 'localhost'],
])('the host name %j becomes %j', (full, expected) => {
  expect(readShortName(full)).toBe(expected)
})

const v6 = (flags: string, name: string, metric = '00000400') =>
  `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ${metric} 00000002 00000000 ${flags} ${name}`

test('the default routes are ordered by metric, and those that refuse are left out', () => {
  expect(findDefaultInterfaces(fakeProc({ machine: 'ubuntu-lvm' }))).toEqual(['ens18', 'wlan0'])
  expect(findDefaultInterfaces(fakeProc({ machine: 'debian-12' }))).toEqual(['eth0'])
  const files = {
    '/proc/net/ipv6_route': [
      v6('00200200', 'lo', 'ffffffff'),
      v6('00000003', 'eth1'),
      v6('00000003', 'eth0', '00000064'),
    ].join('\n'),
  }
  expect(findDefaultInterfaces(fakeProc({ files }))).toEqual(['eth0', 'eth1'])
})

test.each<[string, Interfaces, string]>([
  ['without a default route any address', { lo: interfaces.lo, x: [address('10.9.9.9')] }, '10.9.9.9'],
  [
    'IPv6 where there is nothing else',
    { lo: interfaces.lo, x: [address('fe80::2'), address('2001:db8::9')] },
    '2001:db8::9',
  ],
  [
    'none but loopback and link-local',
    { lo: interfaces.lo, x: [address('fe80::2'), address('169.254.1.1')] },
    '',
  ],
])('takes %s', (_, found, expected) => {
  expect(readMachine(fakeProc({}), found).facts.ip).toBe(expected)
})

test.each([
  ['NAME="Debian GNU/Linux"\nVERSION_ID="12"\n', 'Debian GNU/Linux 12'],
  ["NAME='Alpine Linux'\nVERSION_ID=3.19.1\n", 'Alpine Linux 3.19.1'],
  ['NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nBUILD_ID=rolling\n', 'Arch Linux'],
  ['NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux trixie/sid"\n', 'Debian GNU/Linux trixie/sid'],
  ['NAME=Void\n', 'Void'],
  ['# comment\nNAME="My \\"own\\" \\$OS"\nVERSION_ID=7 \n', 'My "own" $OS 7'],
  ['NAME="Box OS 5"\nVERSION_ID=5\n', 'Box OS 5'],
  ['NAME=Fedora\r\nVERSION_ID=39\r\n', 'Fedora 39'],
  ['NAME="unclosed\nVERSION_ID="1"\n', 'unclosed 1'],
  ['', ''],
  ['=\n"\n', ''],
])('os-release %j is %j', (text, expected) => {
  expect(nameBuild(parseOsRelease(text))).toBe(expected)
})

test.each<[Record<string, string | Error>, string]>([
  [{ '/usr/lib/os-release': 'NAME=Clear\nVERSION_ID=1\n' }, 'Clear 1'],
  [
    {
      '/etc/os-release': '',
      '/etc/SuSE-release': 'SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\n',
    },
    'SUSE Linux Enterprise Server 11',
  ],
  [{ '/etc/debian_version': '6.0.10\n' }, 'Debian GNU/Linux 6.0.10'],
  [
    { '/etc/os-release': new Error('EACCES'), '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n' },
    'Linux 6.1.0-18-amd64',
  ],
])('finds the build in %j', (files, expected) => {
  expect(describeSystem(fakeProc({ files }))).toBe(expected)
})

test.each<[string, Record<string, string>, string]>([
  ['web01.a.example', { '/etc/hosts': '1.1.1.1 web01.b.example web01' }, 'a.example'],
  ['web01', { '/etc/hosts': '# web01.no\n1.1.1.1\tweb01x.c web01.B.Example. web01' }, 'b.example'],
  [
    'web01',
    { '/etc/hosts': '127.0.1.1 web01\n', '/etc/resolv.conf': 'search c.example d.example\n' },
    'c.example',
  ],
  [
    'web01',
    { '/etc/resolv.conf': 'domain x.example\nsearch .\n', '/proc/sys/kernel/domainname': 'nis.example\n' },
    'nis.example',
  ],
  ['web01', { '/proc/sys/kernel/domainname': '(none)\n' }, 'Stand Alone'],
  ['', {}, 'Stand Alone'],
])('the domain of %j with %j is %j', (full, files, expected) => {
  expect(findDomain(fakeProc({ files }), full)).toBe(expected)
})

test('takes the last of several lines of the resolver, and no other machine’s full name', () => {
  expect(parseResolvConf('search a.example\n;search z\ndomain b.example\nnameserver 1.1.1.1\n')).toBe(
    'b.example',
  )
  expect(parseHosts('1.1.1.1 web02.example web02\n', 'web01')).toBe('')
})
