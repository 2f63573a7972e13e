import type { Server } from 'bun'

export type FakeContainer = {
  id: string
  names: readonly string[]
  labels?: Readonly<Record<string, string>>
  status: 'running' | 'exited' | 'restarting' | 'paused' | 'created' | 'initialized'
  /** In place of "Up 3 hours" and the like. */
  text?: string
  startedAt?: string
  exitCode?: number
  /** Why its start failed. */
  error?: string
  policy?: string
  restarts?: number
  health?: { status: string; output?: string }
  memoryLimit?: number
  isOutOfMemory?: boolean
  /** Nanoseconds. */
  processor?: number
  received?: number
  sent?: number
}

/** The id of the container with this number, as long as an engine's. */
export const idOf = (number: number) => number.toString(16).padStart(64, 'a')

export type DockerServer = {
  readonly socket: string
  readonly requests: string[]
  containers: FakeContainer[]
  /** Answers in place of the engine's own, by path. */
  readonly instead: Map<string, () => Response | Promise<Response>>
  close(): void
}

/**
 * Speaks the part of Docker's API that is used. The answers were written by hand after Docker's documented format;
 * none of them was recorded.
 */
export function startDockerServer(socket: string): DockerServer {
  const requests: string[] = []
  const instead: DockerServer['instead'] = new Map()
  const fetch = (request: Request) => {
    const { pathname, search } = new URL(request.url)
    requests.push(`${request.method} ${pathname}${search}`)
    const other = instead.get(pathname)
    if (other !== undefined) return other()
    if (pathname === '/containers/json') return Response.json(docker.containers.map(describeListed))
    const [, id, what] = /^\/containers\/([0-9a-f]+)\/(json|stats)$/.exec(pathname) ?? []
    const container = docker.containers.find((one) => one.id === id)
    if (container === undefined)
      return Response.json({ message: `No such container: ${id}` }, { status: 404 })
    return Response.json(what === 'json' ? describeInspected(container) : describeStats(container))
  }
  const server: Server<undefined> = Bun.serve({ unix: socket, fetch })
  const docker: DockerServer = {
    socket,
    requests,
    instead,
    containers: [],
    close: () => void server.stop(true),
  }
  return docker
}

/** As `docker ps` prints it. */
function describeStatus({ status, exitCode = 0, health, text }: FakeContainer): string {
  if (text !== undefined) return text
  if (status === 'exited') return `Exited (${exitCode}) 3 hours ago`
  if (status === 'created' || status === 'initialized') return 'Created'
  if (status === 'restarting') return `Restarting (${exitCode}) 3 seconds ago`
  if (status === 'paused') return 'Up 3 hours (Paused)'
  if (health === undefined) return 'Up 3 hours'
  return `Up 3 hours (${health.status === 'starting' ? 'health: starting' : health.status})`
}

const describeListed = (one: FakeContainer) => ({
  Id: one.id,
  Names: one.names,
  Image: 'nginx:1.27',
  ImageID: 'sha256:39286ab8a5e14aeaf5fdd6e2fac76e0c8d31a0c07224f0ee5e6be502f12e93f3',
  Command: "/docker-entrypoint.sh nginx -g 'daemon off;'",
  Created: 1764300000,
  Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }],
  Labels: one.labels ?? {},
  State: one.status,
  Status: describeStatus(one),
  HostConfig: { NetworkMode: 'bridge' },
  NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
  Mounts: [],
})

const describeInspected = (one: FakeContainer) => ({
  Id: one.id,
  Created: '2025-11-28T03:20:00.000000000Z',
  Path: '/docker-entrypoint.sh',
  State: {
    Status: one.status,
    Running: one.status === 'running',
    Paused: one.status === 'paused',
    Restarting: one.status === 'restarting',
    OOMKilled: one.isOutOfMemory ?? false,
    Dead: false,
    Pid: 1234,
    ExitCode: one.exitCode ?? 0,
    Error: one.error ?? '',
    StartedAt: one.startedAt ?? '2025-11-28T03:20:01.000000000Z',
    ...(one.health && {
      Health: {
        Status: one.health.status,
        FailingStreak: 3,
        Log: [{ Start: '', End: '', ExitCode: 1, Output: one.health.output ?? '' }],
      },
    }),
  },
  Name: one.names[0],
  RestartCount: one.restarts ?? 0,
  HostConfig: {
    RestartPolicy: { Name: one.policy ?? 'no', MaximumRetryCount: 0 },
    Memory: one.memoryLimit ?? 0,
  },
})

const describeStats = ({ id, processor = 0, received = 0, sent = 0 }: FakeContainer) => ({
  id,
  read: '2025-11-28T06:00:00.000000000Z',
  pids_stats: { current: 3, limit: 18446744073709552000 },
  cpu_stats: {
    cpu_usage: { total_usage: processor, usage_in_kernelmode: 1, usage_in_usermode: 1 },
    system_cpu_usage: 9_000_000_000_000,
    online_cpus: 4,
  },
  memory_stats: {
    usage: 300 * 1024 * 1024,
    stats: { inactive_file: 100 * 1024 * 1024, anon: 1 },
    limit: 8 * 1024 ** 3,
  },
  networks: {
    eth0: { rx_bytes: received, tx_bytes: sent, rx_packets: 1, tx_packets: 1 },
    eth1: { rx_bytes: 0, tx_bytes: 0 },
  },
})
