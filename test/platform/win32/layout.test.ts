import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { PDH_RAW_COUNTER } from '../../../src/platform/win32/counters.ts'
import { listLetters } from '../../../src/platform/win32/drives.ts'
import { readWide, toWide } from '../../../src/platform/win32/library.ts'
import {
  MIB_IF_ROW2,
  MIB_IF_TABLE2,
  MIB_TCPSTATS,
  parseInterfaces,
} from '../../../src/platform/win32/network.ts'
import { PROCESSENTRY32W } from '../../../src/platform/win32/processes.ts'
import {
  SERVICE_FAILURE_ACTIONSW,
  SERVICE_STATUS_PROCESS,
} from '../../../src/platform/win32/service-calls.ts'
import { SERVICE_STATUS } from '../../../src/platform/win32/service-entry.ts'
import { ENUM_SERVICE_STATUS_PROCESSW } from '../../../src/platform/win32/stopped-services.ts'
import {
  MEMORYSTATUSEX,
  OSVERSIONINFOEXW,
  PERFORMANCE_INFORMATION,
} from '../../../src/platform/win32/system.ts'
import { MINGW } from '../../support/wine.ts'

const METRIC_SETS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  MEMORYSTATUSEX,
  PERFORMANCE_INFORMATION,
  OSVERSIONINFOEXW,
  MIB_IF_ROW2,
  MIB_IF_TABLE2,
  MIB_TCPSTATS,
  ENUM_SERVICE_STATUS_PROCESSW,
  PROCESSENTRY32W,
  SERVICE_STATUS,
  SERVICE_STATUS_PROCESS,
  SERVICE_FAILURE_ACTIONSW,
  PDH_RAW_COUNTER,
}

/** Bits of a bit field have no offset; what stands before and behind them does. */
const IS_BIT_FIELD = new Set(['InterfaceAndOperStatusFlags'])

const hasCompiler = existsSync(MINGW)
if (!hasCompiler) console.log(`NOT TESTED HERE: layouts against the headers of Windows (${MINGW} is missing)`)

describe.skipIf(!hasCompiler)('layouts', () => {
  test('are those of the headers of Windows, as a C compiler has them', async () => {
    const claims = Object.entries(METRIC_SETS).flatMap(([structure, fields]) =>
      Object.entries(fields).map(([field, value]) => {
        const fact =
          field === 'size'
            ? `sizeof(${structure})`
            : `offsetof(${structure}, ${IS_BIT_FIELD.has(field) ? 'DirectionType) + sizeof(NET_IF_DIRECTION_TYPE' : field})`
        return `_Static_assert(${fact} == ${value}, "${structure}.${field}");`
      }),
    )
    const headers = ['winsock2', 'windows', 'psapi', 'tlhelp32', 'ws2ipdef', 'iphlpapi', 'pdh', 'stddef']
    const source = [
      '#define _WIN32_WINNT 0x0601',
      ...headers.map((name) => `#include <${name}.h>`),
      ...claims,
      '',
    ]
    const compiler = Bun.spawn([MINGW, '-std=c11', '-fsyntax-only', '-x', 'c', '-'], {
      stdin: new TextEncoder().encode(source.join('\n')),
      stderr: 'pipe',
    })
    expect(await new Response(compiler.stderr).text()).toBe('')
    expect(claims.length).toBeGreaterThan(30)
  })
})

describe('the table of interfaces', () => {
  /** A table that says it has `claimed` rows and has two. */
  function makeTable(claimed: number): Uint8Array {
    const table = new Uint8Array(MIB_IF_TABLE2.Table + 2 * MIB_IF_ROW2.size)
    const view = new DataView(table.buffer)
    view.setUint32(0, claimed, true)
    for (const i of [0, 1]) {
      const row = MIB_IF_TABLE2.Table + i * MIB_IF_ROW2.size
      view.setBigUint64(row, 1689399632855040n + BigInt(i), true)
      view.setUint32(row + MIB_IF_ROW2.InterfaceIndex, 4 + i, true)
      table.set(toWide(i === 0 ? 'Ethernet' : 'Größe 2'), row + MIB_IF_ROW2.Alias)
      view.setUint32(row + MIB_IF_ROW2.Type, 6, true)
      view.setUint8(row + MIB_IF_ROW2.InterfaceAndOperStatusFlags, i === 0 ? 0b101 : 0b010)
      const counts = ['InOctets', 'OutOctets', 'InErrors', 'OutErrors', 'InDiscards', 'OutDiscards'] as const
      for (const [n, name] of counts.entries())
        view.setBigUint64(row + MIB_IF_ROW2[name], 2n ** 40n + BigInt(n), true)
    }
    return table
  }

  test('is read by rows', () => {
    expect(parseInterfaces(makeTable(2))).toEqual([
      {
        luid: '1689399632855040',
        index: 4,
        alias: 'Ethernet',
        type: 6,
        isHardware: true,
        isFilter: false,
        bytesReceived: 2 ** 40,
        bytesSent: 2 ** 40 + 1,
        errorsReceived: 2 ** 40 + 2,
        errorsSent: 2 ** 40 + 3,
        dropsReceived: 2 ** 40 + 4,
        dropsSent: 2 ** 40 + 5,
      },
      expect.objectContaining({ alias: 'Größe 2', isHardware: false, isFilter: true }),
    ])
  })

  test('is never read beyond its end', () => {
    expect(parseInterfaces(makeTable(1_000_000))).toHaveLength(2)
    expect(parseInterfaces(makeTable(2).subarray(0, MIB_IF_TABLE2.Table + MIB_IF_ROW2.size))).toHaveLength(1)
  })
})

test.each(['', 'C:\\', '\\LogicalDisk(C:)\\% Idle Time', 'Größe 😀'])(
  'text goes to Windows and back: %j',
  (text) => {
    const wide = toWide(text)
    expect(wide.length).toBe(2 * (text.length + 1))
    expect(readWide(wide)).toBe(text)
  },
)

test('text that nobody ended is read to its bound', () => {
  expect(readWide(toWide('abcdef'), 2, 4)).toBe('bc')
})

test('drives are bits', () => {
  expect(listLetters(0)).toEqual([])
  expect(listLetters(0b1101)).toEqual(['A', 'C', 'D'])
  expect(listLetters(1 << 25)).toEqual(['Z'])
})
