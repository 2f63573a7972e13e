import { expect, test } from 'bun:test'
import { findReadOnly, findSection, openProgramPages, parseMaps } from '../../src/platform/program-pages.ts'

const MAPS = `00200000-01a40000 r--p 00000000 fe:00 2244670                            /opt/monitor/monitor
01a40000-0684a000 r-xp 01838000 fe:00 2244670                            /opt/monitor/monitor
0684a000-06a00000 rw-p 06642000 fe:00 2244670                            /opt/monitor/monitor
06a00000-06b00000 r--s 00000000 fe:00 77                                 /opt/monitor/shared
7f0000000000-7f0000010000 r-xp 00000000 00:00 0 
7f3c00000000-7f3c00100000 r-xp 00026000 fe:00 131                        /usr/lib/x86_64-linux-gnu/libc.so.6
7f3d00000000-7f3d00100000 r-xp 00026000 fe:00 132                        /usr/lib/libold.so (deleted)
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
`

test('finds what belongs to a file that is there and can not be written to', () => {
  expect(findReadOnly(parseMaps(MAPS)).map(({ start, length }) => [start, length])).toEqual([
    [0x200000n, 0x1840000n],
    [0x1a40000n, 0x4e0a000n],
    [0x7f3c00000000n, 0x100000n],
  ])
})

test('finds a section of an executable', () => {
  const text = findSection(process.execPath, '.text')
  expect(text?.start).toBeGreaterThan(0n)
  expect(text?.length).toBeGreaterThan(1_000_000n)
  expect(findSection(process.execPath, '.no-such-section')).toBeNull()
})

const residentPages = async () => {
  const text = await Bun.file('/proc/self/status').text()
  return Number(/RssFile:\s+(\d+)/.exec(text)?.[1])
}

test('a program goes on after its pages were given back, and holds fewer, each time', async () => {
  const release = openProgramPages()
  for (let i = 0; i < 3; i++) {
    ;[3, 1, 2].sort()
    JSON.parse(JSON.stringify({ a: [new Date(), /x/.exec('xyz')?.[0]] }))
    const before = await residentPages()
    release()
    expect(await residentPages()).toBeLessThan(before)
    expect([3, 1, 2].sort()).toEqual([1, 2, 3])
  }
})
