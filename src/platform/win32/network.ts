import { read, toArrayBuffer } from 'bun:ffi'
import type { TcpCounts, WindowsInterface } from '../win32.ts'
import { describeFailure, openSystemLibrary, readCount, readWide } from './library.ts'

export type NetworkCalls = {
  listInterfaces(): WindowsInterface[]
  readTcpCounts(): TcpCounts
  /**
   * Index of the interface on the way to the world, asked of the routing table alone; null when there is
   * none.
   */
  findDefaultIndex(): number | null
}

export function openNetworkCalls(): NetworkCalls {
  const iphlpapi = openSystemLibrary('iphlpapi.dll', {
    // NETIO_STATUS GetIfTable2(PMIB_IF_TABLE2 *table): the table is theirs until FreeMibTable.
    GetIfTable2: { args: ['ptr'], returns: 'u32' },
    // void FreeMibTable(PVOID memory)
    FreeMibTable: { args: ['u64'], returns: 'void' },
    // ULONG GetTcpStatisticsEx(PMIB_TCPSTATS statistics, ULONG family)
    GetTcpStatisticsEx: { args: ['ptr', 'u32'], returns: 'u32' },
    // DWORD GetBestInterface(IPAddr destination, PDWORD index)
    GetBestInterface: { args: ['u32', 'ptr'], returns: 'u32' },
  })
  return {
    listInterfaces() {
      const out = new BigUint64Array(1)
      const status = iphlpapi.GetIfTable2(out)
      if (status !== 0) throw describeFailure('GetIfTable2', status)
      const table = out[0] ?? 0n
      try {
        return parseInterfaces(copyTable(table))
      } finally {
        iphlpapi.FreeMibTable(table)
      }
    },
    readTcpCounts() {
      let [sent, sentAgain] = [0, 0]
      for (const family of [AF_INET, AF_INET6]) {
        const statistics = new Uint8Array(MIB_TCPSTATS.size)
        const status = iphlpapi.GetTcpStatisticsEx(statistics, family)
        // A machine need not have IPv6.
        if (status !== 0 && family === AF_INET6) continue
        if (status !== 0) throw describeFailure('GetTcpStatisticsEx', status)
        const view = new DataView(statistics.buffer)
        sent += view.getUint32(MIB_TCPSTATS.dwOutSegs, true)
        sentAgain += view.getUint32(MIB_TCPSTATS.dwRetransSegs, true)
      }
      return { sent, sentAgain }
    },
    findDefaultIndex() {
      const index = new Uint32Array(1)
      return iphlpapi.GetBestInterface(ANYWHERE, index) === 0 ? (index[0] ?? null) : null
    },
  }
}

/** winsock2.h. */
const AF_INET = 2
const AF_INET6 = 23

/** tcpmib.h: fifteen numbers of 32 bits. */
export const MIB_TCPSTATS = { size: 60, dwOutSegs: 40, dwRetransSegs: 44 } as const

/** An address outside all known networks (1.1.1.1, the same in either byte order); nothing is sent there. */
const ANYWHERE = 0x01010101

/** More are not looked at. */
const MAX_ROWS = 4096

function copyTable(table: bigint): Uint8Array {
  const address = Number(table) as Parameters<typeof read.u32>[0]
  const rows = Math.min(read.u32(address, 0), MAX_ROWS)
  return new Uint8Array(toArrayBuffer(address, 0, MIB_IF_TABLE2.Table + rows * MIB_IF_ROW2.size)).slice()
}

/** The rows of a MIB_IF_TABLE2. */
export function parseInterfaces(table: Uint8Array): WindowsInterface[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const fitting = Math.floor((table.length - MIB_IF_TABLE2.Table) / MIB_IF_ROW2.size)
  const count = Math.max(0, Math.min(view.getUint32(0, true), fitting))
  return Array.from({ length: count }, (_, i) => {
    const row = MIB_IF_TABLE2.Table + i * MIB_IF_ROW2.size
    const flags = view.getUint8(row + MIB_IF_ROW2.InterfaceAndOperStatusFlags)
    const countAt = (offset: number) => readCount(view, row + offset)
    return {
      luid: String(view.getBigUint64(row, true)),
      index: view.getUint32(row + MIB_IF_ROW2.InterfaceIndex, true),
      alias: readWide(table, row + MIB_IF_ROW2.Alias, 2 * 257),
      type: view.getUint32(row + MIB_IF_ROW2.Type, true),
      isHardware: (flags & HARDWARE_INTERFACE) !== 0,
      isFilter: (flags & FILTER_INTERFACE) !== 0,
      bytesReceived: countAt(MIB_IF_ROW2.InOctets),
      bytesSent: countAt(MIB_IF_ROW2.OutOctets),
      errorsReceived: countAt(MIB_IF_ROW2.InErrors),
      errorsSent: countAt(MIB_IF_ROW2.OutErrors),
      dropsReceived: countAt(MIB_IF_ROW2.InDiscards),
      dropsSent: countAt(MIB_IF_ROW2.OutDiscards),
    }
  })
}

/** The first two bits of the row's bit field. */
const HARDWARE_INTERFACE = 0x01
const FILTER_INTERFACE = 0x02

/** netioapi.h: ULONG NumEntries, then the rows, aligned to 8. */
export const MIB_IF_TABLE2 = { Table: 8 } as const

/** netioapi.h; begins with the LUID. Counters are ULONG64. */
export const MIB_IF_ROW2 = {
  size: 1352,
  InterfaceIndex: 8,
  Alias: 28,
  Type: 1128,
  InterfaceAndOperStatusFlags: 1152,
  InOctets: 1208,
  InDiscards: 1232,
  InErrors: 1240,
  OutOctets: 1280,
  OutDiscards: 1304,
  OutErrors: 1312,
} as const
