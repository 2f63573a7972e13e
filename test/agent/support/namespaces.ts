import { existsSync } from 'node:fs'

export const CAN_MAKE_NAMESPACES =
  process.getuid?.() === 0 && existsSync('/usr/bin/unshare') && existsSync('/usr/sbin/ip')

/** A network of its own, for as long as the process that holds it lives. */
export type Namespace = {
  /** In front of a command it runs that inside. */
  readonly enter: readonly string[]
  readonly pid: number
  /** Runs `ip` inside; throws with its output when it fails. */
  ip(words: string): void
  close(): void
}

export async function openNamespace(): Promise<Namespace> {
  const holder = Bun.spawn(['unshare', '--net', 'sh', '-c', 'echo there; exec sleep 600'], {
    stdout: 'pipe',
  })
  await holder.stdout.getReader().read()
  const enter = ['/usr/bin/nsenter', `--net=/proc/${holder.pid}/ns/net`]
  return {
    enter,
    pid: holder.pid,
    ip(words) {
      const { exitCode, stderr } = Bun.spawnSync([...enter, 'ip', ...words.split(' ')], { stderr: 'pipe' })
      if (exitCode !== 0) throw new Error(`ip ${words}: ${stderr}`)
    },
    close: () => holder.kill('SIGKILL'),
  }
}

export type NarrowPath = {
  /** Has the address 10.77.0.1. */
  readonly agent: Namespace
  /** Has the address 10.77.0.2. */
  readonly server: Namespace
  /** The longest packet, in bytes; longer ones are dropped silently, in both directions. */
  setMtu(mtu: number): void
  close(): void
}

/**
 * Two machines whose own links take 1500 bytes, and a link in the middle that takes less. There is a bridge on
 * either side of it: otherwise the kernel of a machine would know the limit from its own link.
 */
export async function openNarrowPath(mtu: number): Promise<NarrowPath> {
  const [agent, server, middle] = await Promise.all([openNamespace(), openNamespace(), openNamespace()])
  middle.ip('link add name inner1 type veth peer name inner2')
  for (const [side, end, address] of [
    [1, agent, '10.77.0.1'],
    [2, server, '10.77.0.2'],
  ] as const) {
    middle.ip(`link add name bridge${side} type bridge`)
    middle.ip(`link set bridge${side} up`)
    middle.ip(`link add name outer${side} type veth peer name e0 netns ${end.pid}`)
    for (const name of [`outer${side}`, `inner${side}`]) middle.ip(`link set ${name} master bridge${side} up`)
    end.ip('link set lo up')
    // Packets that the kernel cuts only behind the bridges would pass them whole.
    end.ip('link set dev e0 gso_max_segs 1')
    end.ip(`address add ${address}/24 dev e0`)
    end.ip('link set e0 up')
  }
  const setMtu = (bytes: number) => {
    for (const side of [1, 2]) middle.ip(`link set inner${side} mtu ${bytes}`)
  }
  setMtu(mtu)
  return {
    agent,
    server,
    setMtu,
    close() {
      for (const namespace of [agent, server, middle]) namespace.close()
    },
  }
}
