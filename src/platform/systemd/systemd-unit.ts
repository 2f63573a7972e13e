import type { ServiceSpec } from '../service-manager.ts'

/** Below it systemd makes state folders itself. */
const STATE_ROOT = '/var/lib/'

/** Seconds without a watchdog notification after which systemd restarts the service. */
const WATCHDOG_SECONDS = 60
/** Bringing a large database to a newer version is part of the start. */
const START_SECONDS = 900
/** The program ends itself after five. */
const STOP_SECONDS = 10

/** A mistake in the configuration; a restart would not help, an administrator has to correct it. */
const EXIT_CONFIG = 78

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is systemd that puts the number there.
const RELOAD = 'ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"'

/**
 * The text of a service's unit. Works from systemd 232 on; older ones pass over the lines they don't know.
 */
export function writeUnit(spec: ServiceSpec): string {
  return `${[
    '# Written by `monitor service install`, and anew by each upgrade.',
    `# Changes of your own: systemctl edit ${spec.name}`,
    '[Unit]',
    `Description=${spec.title}`,
    'Wants=network-online.target',
    'After=network-online.target time-sync.target',
    '# It is to be tried again for as long as it takes.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=main',
    `ExecStart=${[spec.program, ...spec.arguments].map(quoteWord).join(' ')}`,
    RELOAD,
    `User=${spec.user}`,
    `Group=${spec.user}`,
    'Restart=always',
    'RestartSec=5',
    '# A mistake in the configuration does not go away by itself.',
    `RestartPreventExitStatus=${EXIT_CONFIG}`,
    `WatchdogSec=${WATCHDOG_SECONDS}`,
    '# By default it is SIGABRT, of which the runtime writes that it has crashed and where to report that.',
    'WatchdogSignal=SIGKILL',
    `TimeoutStartSec=${START_SECONDS}`,
    `TimeoutStopSec=${STOP_SECONDS}`,
    'LimitNOFILE=65536',
    '# A dump of its memory would hold passwords.',
    'LimitCORE=0',
    ...describeLimits(spec),
    ...describeFolders(spec),
    '',
    ...SANDBOX,
    ...(spec.watchesMachine ? WATCHES : KEEPS_TO_ITSELF),
    ...(spec.bindsLowPort ? BINDS_LOW_PORT : BINDS_NO_LOW_PORT),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`
}

/** The most that a fault of ours, or a sender, may take of the machine. */
function describeLimits({ watchesMachine, arguments: [role] }: ServiceSpec): string[] {
  const isAgentAlone = role === 'agent' && watchesMachine
  return isAgentAlone ? ['MemoryMax=512M', 'TasksMax=256'] : ['MemoryMax=80%', 'TasksMax=512']
}

function describeFolders({ dataDir, writableFolders }: ServiceSpec): string[] {
  const below = /^\/var\/lib\/([\w.-]+(?:\/[\w.-]+)*)$/.exec(dataDir)?.[1]
  const isOurs = below !== undefined && dataDir.startsWith(STATE_ROOT) && !below.split('/').includes('..')
  const others = isOurs ? writableFolders : [dataDir, ...writableFolders]
  return [
    ...(isOurs ? [`StateDirectory=${below}`, 'StateDirectoryMode=0700'] : []),
    ...others.map((folder) => `ReadWritePaths=${quoteWord(folder)}`),
    'UMask=0077',
  ]
}

/** Rights that no role needs. */
const SANDBOX: readonly string[] = [
  '# What it may do. MemoryDenyWriteExecute= is missing: the JavaScript engine compiles while it runs, which takes',
  '# memory that is written and executed.',
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'PrivateTmp=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'DevicePolicy=closed',
  'LockPersonality=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RemoveIPC=yes',
  'KeyringMode=private',
  '# AF_NETLINK: the machine is asked for its addresses. AF_UNIX: word for systemd.',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
]

const KEEPS_TO_ITSELF: readonly string[] = [
  'ProtectHome=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProcSubset=pid',
]

const WATCHES: readonly string[] = [
  '# Relaxed, because it watches the machine:',
  '# - /home and /root stay in sight, read-only: filesystems mounted there are measured.',
  'ProtectHome=read-only',
  '# - /dev stays as it is, closed by DevicePolicy=: its links tell which disk is below a volume.',
  'PrivateDevices=no',
  '# - /proc is whole: counters of processor, memory and disks, and the processes of others, by name.',
  'ProtectProc=default',
  'ProcSubset=all',
  '# - The state of the clock may be read. Setting it takes a capability, of which it has none. The library of',
  '#   the system asks by one of these calls or the other.',
  'ProtectClock=no',
  'SystemCallFilter=adjtimex clock_adjtime',
  '# - A new name of the machine is seen. Otherwise the service keeps the name that was there at its start.',
  'ProtectHostname=no',
]

const BINDS_LOW_PORT: readonly string[] = [
  '# It listens at a port under 1024; that is the one right it gets, and a user namespace of its own would void it.',
  'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
  'AmbientCapabilities=CAP_NET_BIND_SERVICE',
]

const BINDS_NO_LOW_PORT: readonly string[] = [
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'PrivateUsers=yes',
]

/** A word of a command line or a path: systemd reads quotes, backslashes, `%` and `$`. */
function quoteWord(word: string): string {
  if (/\p{Cc}/u.test(word)) throw new Error(`a unit can't hold this path: ${JSON.stringify(word)}`)
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`
}

/**
 * The words after the program in a unit that `writeUnit` made; none for a unit that does not start a program.
 */
export function readUnitArguments(unit: string): string[] {
  const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? ''
  const words = [...command.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
  )
  return words.slice(1).map((word) => word.replaceAll('$$', '$').replaceAll('%%', '%'))
}
