// Runs under Wine, with Windows' Bun: reads everything that the agent reads, many times over, and prints what
// that left behind. Arguments: number of rounds to warm up, number of rounds to count.
import { dlopen } from 'bun:ffi'
import { createLog } from '../../src/lib/log.ts'
import { openCounterQuery } from '../../src/platform/win32/counters.ts'
import { openWin32 } from '../../src/platform/win32/open.ts'

const kernel = dlopen('kernel32.dll', {
  // HANDLE GetCurrentProcess(void)
  GetCurrentProcess: { args: [], returns: 'i64' },
  // BOOL GetProcessHandleCount(HANDLE process, PDWORD count)
  GetProcessHandleCount: { args: ['i64', 'ptr'], returns: 'i32' },
}).symbols

function countHandles(): number {
  const count = new Uint32Array(1)
  if (kernel.GetProcessHandleCount(kernel.GetCurrentProcess(), count) === 0)
    throw new Error('GetProcessHandleCount')
  return count[0] ?? 0
}

const log = createLog({ level: 'error', format: 'text' })
const win32 = openWin32(log)
// Wine has neither disks nor paging file among its counters, but this one.
const counters = openCounterQuery(log)

let looks = 0
function readAll() {
  win32.readSystemTimes()
  win32.readMemory()
  win32.readPageFile()
  win32.readUptimeMs()
  win32.countProcesses()
  win32.listPrograms()
  win32.readDriveCounters(win32.listDrives().map(({ letter }) => letter))
  win32.listInterfaces()
  win32.readServices(['EventLog', 'NoSuchService'])
  // The agent asks for them seldom, because Windows answers slowly.
  if (looks++ % 10 === 0) win32.listStoppedServices()
  win32.readTcpCounts()
  win32.readIdentity()
  return counters.read(['\\Processor(_Total)\\% Processor Time']).values().next().value
}

const [warmUp = 100, rounds = 1000] = process.argv.slice(2).map(Number)

for (let i = 0; i < warmUp; i++) readAll()
Bun.gc(true)
const before = { handles: countHandles(), bytes: process.memoryUsage.rss() }
const began = performance.now()
let counter = null
for (let i = 0; i < rounds; i++) counter = readAll()
const ms = (performance.now() - began) / rounds
// Some 5 KB each time, were it not given back.
for (let i = 0; i < 20 * rounds; i++) win32.listInterfaces()
Bun.gc(true)
console.log(
  JSON.stringify({
    handles: countHandles() - before.handles,
    bytes: process.memoryUsage.rss() - before.bytes,
    msPerRound: ms,
    hasCounter: counter != null,
  }),
)
counters.close()
win32.close()
