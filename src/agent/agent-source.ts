import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SYSTEM_BUS } from '../platform/dbus/connection.ts'
import type { SampleOptions } from './agent-options.ts'
import { createDriveJob } from './bus/drive-job.ts'
import { createSystemdJob } from './bus/systemd-job.ts'
import { createCheck } from './checks/service-check.ts'
import { CONTAINER_SOCKETS, createContainerJob } from './containers/container-job.ts'
import { type MachineSource, openSource } from './machine-source.ts'
import { createNvidiaJob, hasNvidia } from './nvidia/nvidia-job.ts'
import { RESTARTS_FILES } from './restart-count.ts'
import { createTextFileJob } from './text-files/text-file-job.ts'
import { createWindowsServiceJob } from './windows-service-job.ts'

/** The local machine, and the checks. */
export function openSourceFor(options: SampleOptions): MachineSource {
  const { checks = [], containers = false, textFiles = null, configFile = null } = options
  const { interval = 60, clock, services, restartsFolder = null } = options
  const keepIn = (name: string) => (restartsFolder === null ? null : join(restartsFolder, name))
  const jobs = checks.map((settings) => createCheck({ settings, configFile, clock }))
  if (textFiles !== null)
    jobs.push(createTextFileJob({ folder: textFiles, intervalMs: interval * 1000, clock }))
  const hostRoot = options.hostRoot ?? ''
  const bus = hostRoot + SYSTEM_BUS
  if (options.platform.system === 'linux' && existsSync(bus)) {
    const intervalMs = Math.max(interval * 1000, LEAST_BUS_MS)
    // Without systemd, as in most containers, there is nothing to ask.
    if (existsSync(`${hostRoot}/run/systemd/system`))
      jobs.push(
        createSystemdJob({
          socket: bus,
          services,
          restartsFile: keepIn(RESTARTS_FILES.services),
          intervalMs,
          clock,
        }),
      )
    jobs.push(createDriveJob({ socket: bus, intervalMs: Math.max(intervalMs, LEAST_DRIVE_MS) }))
  }
  const sockets = CONTAINER_SOCKETS.map((socket) => hostRoot + socket)
  if (options.platform.system === 'linux' && hasNvidia(options.platform.proc)) {
    const { proc } = options.platform
    jobs.push(createNvidiaJob({ proc, intervalMs: Math.max(interval * 1000, LEAST_NVIDIA_MS) }))
  }
  if (options.platform.system === 'windows') {
    const { win32 } = options.platform
    jobs.push(createWindowsServiceJob({ win32, intervalMs: Math.max(interval * 1000, LEAST_BUS_MS) }))
  }
  if (containers)
    jobs.push(
      createContainerJob({
        sockets,
        restartsFile: keepIn(RESTARTS_FILES.containers),
        intervalMs: interval * 1000,
        clock,
      }),
    )
  return openSource({ ...options, jobs, cycleMs: interval * 1000 })
}

/** systemd answers for each of its services, which at one cycle a second would cost it more than us. */
const LEAST_BUS_MS = 30_000
/** The driver answers at the rate at which it looks itself. */
const LEAST_NVIDIA_MS = 5000
/** UDisks2 reads drives every ten minutes. */
const LEAST_DRIVE_MS = 300_000
