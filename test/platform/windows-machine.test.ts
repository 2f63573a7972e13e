import { expect, test } from 'bun:test'
import type { Interfaces } from '../../src/platform/machine.ts'
import { describeWindows, readWindowsMachine } from '../../src/platform/windows-machine.ts'
import { fakeWin32, readStates } from './fake-win32.ts'

const identity = {
  product: 'Windows 10 Pro',
  release: '22H2',
  major: 10,
  minor: 0,
  build: 19045,
  revision: 3930,
  isServer: false,
}

test.each([
  [{}, 'Windows 10 Pro 22H2 (OS build 19045.3930)'],
  [{ build: 22631, release: '23H2' }, 'Windows 11 Pro 23H2 (OS build 22631.3930)'],
  [{ build: 26100, product: 'Windows 11 Pro' }, 'Windows 11 Pro 22H2 (OS build 26100.3930)'],
  [
    { build: 26100, product: 'Windows Server 2025 Datacenter', release: '24H2', isServer: true },
    'Windows Server 2025 Datacenter 24H2 (OS build 26100.3930)',
  ],
  [
    { build: 9600, product: 'Windows Server 2012 R2 Standard', release: '', revision: null, isServer: true },
    'Windows Server 2012 R2 Standard (OS build 9600)',
  ],
  [{ product: '', release: '', revision: null }, 'Windows 10.0 (OS build 19045)'],
])('names the system as Windows does: %j', (change, expected) => {
  expect(describeWindows({ ...identity, ...change })).toBe(expected)
})

const address = (text: string) => ({
  address: text,
  netmask: '255.255.255.0',
  family: 'IPv4' as const,
  mac: '00:00:00:00:00:00',
  internal: false,
  cidr: null,
})

test('reads the facts of the machine, with the address of the default route', () => {
  const [state] = readStates('server-2022')
  if (state === undefined) throw new Error('the fixture is empty')
  const interfaces: Interfaces = {
    'vEthernet (Default Switch)': [address('172.20.0.1')],
    Ethernet: [address('10.0.0.5')],
  }
  expect(readWindowsMachine(fakeWin32(state), interfaces)).toEqual({
    name: 'web-01',
    facts: {
      ip: '10.0.0.5',
      platform: 'Windows',
      build: 'Windows Server 2022 Standard 21H2 (OS build 20348.2227)',
      architecture: '64bit',
      domain: 'example.org',
      processors: 4,
      memoryMb: 8191,
    },
  })
  const alone = fakeWin32({ ...state, identity: { ...state.identity, domain: '', computerName: 'WIN-ABC' } })
  expect(readWindowsMachine(alone, {})).toMatchObject({
    name: 'win-abc',
    facts: { ip: '', domain: 'Stand Alone' },
  })
})
