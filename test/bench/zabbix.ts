import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { inflateSync } from 'node:zlib'
import type { Cost } from './figure.ts'
import { deleteFolder, makeFolder } from './ours.ts'
import { processorSeconds, residentMiB, waitFor } from './process.ts'

/**
 * zabbix-agent2 as an active agent, which is how it is like ours: it asks a server of ours what to measure,
 * measures each second what our agent measures too, and sends it each second. It has no buffer on disk, and
 * without `Server=` it opens no port.
 */
export async function measureZabbix(program: string, cycles = 60): Promise<Cost> {
  const folder = makeFolder()
  const server = await startZabbixServer(listItems())
  await Bun.write(
    `${folder}/agent.conf`,
    [
      'LogType=console',
      `PidFile=${folder}/pid`,
      `ControlSocket=${folder}/socket`,
      'Hostname=bench',
      `ServerActive=127.0.0.1:${server.port}`,
      'BufferSend=1',
      '',
    ].join('\n'),
  )
  const child = Bun.spawn([program, '-c', `${folder}/agent.conf`], { stdout: 'ignore', stderr: 'ignore' })
  try {
    await waitFor('zabbix-agent2', async () => server.received() > 0)
    await Bun.sleep(10_000)
    const [before, received] = [processorSeconds(child.pid), server.received()]
    await Bun.sleep(cycles * 1000)
    const cycle = ((processorSeconds(child.pid) - before) / cycles) * 1000
    const each = (server.received() - received) / cycles
    const unsupported = [...server.unsupported]
    if (unsupported.length > 0) throw new Error(`zabbix-agent2 does not know ${unsupported.join(', ')}`)
    // Some are differences, which exist from the second value on.
    if (each < server.items * 0.9)
      throw new Error(`zabbix-agent2 sent ${each} of ${server.items} values a second`)
    return { cycle, memoryMiB: residentMiB(child.pid) }
  } finally {
    child.kill()
    await child.exited
    server.stop()
    deleteFolder(folder)
  }
}

/**
 * The counterparts of what our agent measures on this machine. Pressure of processor, memory and disks has
 * none.
 */
function listItems(): string[] {
  const devices = readdirSync('/sys/block').filter((name) => !/^(loop|ram|zram|fd|sr)/.test(name))
  const interfaces = readdirSync('/sys/class/net').filter((name) => name !== 'lo')
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([source]) => source?.startsWith('/dev/') && !source.startsWith('/dev/loop'))
    .map(([, folder]) => folder ?? '/')
  return [
    ...['', ',user', ',system', ',iowait', ',steal'].map((state) => `system.cpu.util[${state}]`),
    ...['avg1', 'avg5', 'avg15'].map((span) => `system.cpu.load[all,${span}]`),
    ...['total', 'used', 'available', 'pused', 'cached'].map((mode) => `vm.memory.size[${mode}]`),
    ...['pused', 'free'].map((mode) => `system.swap.size[,${mode}]`),
    'system.uptime',
    'proc.num[]',
    ...devices.flatMap((name) => ['read', 'write'].map((way) => `vfs.dev.${way}[${name},sectors]`)),
    ...[...new Set(mounts)].flatMap((folder) => [
      `vfs.fs.size[${folder},pused]`,
      `vfs.fs.size[${folder},free]`,
      `vfs.fs.inode[${folder},pused]`,
    ]),
    ...interfaces.flatMap((name) =>
      ['bytes', 'errors', 'dropped'].flatMap((mode) => [
        `net.if.in[${name},${mode}]`,
        `net.if.out[${name},${mode}]`,
      ]),
    ),
  ]
}

type ZabbixServer = {
  readonly port: number
  readonly items: number
  /** Values so far. */
  received(): number
  /** Keys that the agent could not measure. */
  readonly unsupported: ReadonlySet<string>
  stop(): void
}

type AgentValue = { readonly key?: string; readonly itemid?: number; readonly state?: number }

/** Instructs an agent what to measure each second, and receives what it sends. */
async function startZabbixServer(keys: readonly string[]): Promise<ZabbixServer> {
  let received = 0
  const unsupported = new Set<string>()
  const checks = keys.map((key, i) => ({ key, itemid: i + 1, delay: '1s', lastlogsize: 0, mtime: 0 }))

  function answer(text: string): object {
    const said = JSON.parse(text) as { request: string; data?: AgentValue[] }
    if (said.request === 'active checks') return { response: 'success', data: checks }
    const values = said.data ?? []
    received += values.length
    for (const { key, itemid, state } of values)
      if (state === 1) unsupported.add(key ?? keys[(itemid ?? 0) - 1] ?? '?')
    return { response: 'success', info: `processed: ${values.length}; failed: 0; total: ${values.length}` }
  }

  const server = createServer((socket) => serve(socket, answer))
  const port = await new Promise<number>((resolve, reject) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    }),
  )
  return { port, items: keys.length, received: () => received, unsupported, stop: () => closeAll(server) }
}

const closeAll = (server: Server) => void server.close()

/**
 * "ZBXD", flags, length and a length reserved for what was compressed (zlib), each of four bytes with the
 * least first.
 */
const HEADER_BYTES = 13
const COMPRESSED = 2

/** One question and one answer a connection, as in Zabbix's protocol. */
function serve(socket: Socket, answer: (text: string) => object) {
  let held = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, Buffer.from(chunk)])
    if (held.length < HEADER_BYTES) return
    const end = HEADER_BYTES + held.readUInt32LE(5)
    if (held.length < end) return
    const payload = held.subarray(HEADER_BYTES, end)
    const isCompressed = ((held[4] ?? 0) & COMPRESSED) !== 0
    const body = Buffer.from(
      JSON.stringify(answer((isCompressed ? inflateSync(payload) : payload).toString())),
    )
    const header = Buffer.alloc(HEADER_BYTES)
    header.write('ZBXD\x01', 'latin1')
    header.writeUInt32LE(body.length, 5)
    socket.end(Buffer.concat([header, body]))
  })
}
