import { expect, test } from 'bun:test'
import { findCode, releaseProgramCode } from '../../src/platform/program-pages.ts'

const MAPS = `00200000-01a40000 r--p 00000000 fe:00 2244670                            /opt/monitor/monitor
01a40000-0684a000 r-xp 01838000 fe:00 2244670                            /opt/monitor/monitor
0684a000-06a00000 rw-p 06642000 fe:00 2244670                            /opt/monitor/monitor
7f0000000000-7f0000010000 r-xp 00000000 00:00 0 
7f3c00000000-7f3c00100000 r-xp 00026000 fe:00 131                        /usr/lib/x86_64-linux-gnu/libc.so.6
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
`

test('finds the code of the program and nothing that can be written to or belongs to others', () => {
  expect(findCode(MAPS, '/opt/monitor/monitor')).toEqual([{ start: 0x1a40000n, length: 0x4e0a000n }])
  expect(findCode(MAPS, '/opt/monitor/other')).toEqual([])
  expect(findCode(MAPS.replaceAll('monitor\n', 'monitor (deleted)\n'), '/opt/monitor/monitor')).toEqual([])
})

test('a program goes on after its code was given back', () => {
  expect(releaseProgramCode(process.execPath)).toBeGreaterThan(1_000_000)
  expect([3, 1, 2].sort()).toEqual([1, 2, 3])
  expect(releaseProgramCode('/no/such/program')).toBe(0)
})
