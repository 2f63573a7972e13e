/** A role as the system's service manager is to run it. */
export type ServiceSpec = {
  /** `monitor-agent`: the name of the unit or of the Windows service. */
  readonly name: string
  /** Its display name: `Monitor: agent`. */
  readonly title: string
  /** One sentence. */
  readonly doc: string
  /** Absolute path of the executable. */
  readonly program: string
  readonly arguments: readonly string[]
  /** Account on Linux, with a group of the same name; Windows has one of its own for services. */
  readonly user: string
  /** Absolute path of the folder that the service keeps its state in, for its account alone. */
  readonly dataDir: string
  /** Further folders that it writes to, such as that of a database elsewhere. */
  readonly writableFolders: readonly string[]
  /** Files that only the service's account and administrators may read, where they exist. */
  readonly secretFiles: readonly string[]
  /** It reads about the whole machine, as the agent does, and not only about itself. */
  readonly watchesMachine: boolean
  /** It asks the engines of containers, whose sockets only few may use. */
  readonly watchesContainers: boolean
  /** It listens at a port under 1024. */
  readonly bindsLowPort: boolean
}

export type ServiceState = 'running' | 'starting' | 'stopping' | 'stopped' | 'failed' | 'not installed'

export type ServiceStatus = {
  readonly state: ServiceState
  /** Null while there is no process. */
  readonly pid: number | null
  /** Starts with the machine. */
  readonly starts: boolean
  /** Further details from the manager, such as the exit code of the last run; empty when there are none. */
  readonly detail: string
}

/**
 * systemd or the Windows service manager. Every method but `status` needs an administrator's rights and
 * rejects with a message that says so, or with the manager's own message.
 */
export type ServiceManager = {
  /** How people call it: `systemd`. */
  readonly title: string
  /**
   * Whether it runs this machine now; in a container or in the making of an image it is there and does not.
   */
  readonly isAtWork: boolean
  /**
   * Registers a service, or brings the one of that name up to date; it starts with the machine from then on,
   * not yet now.
   */
  install(spec: ServiceSpec): Promise<void>
  /** The words after the program that a service of that name is started with now; null when there is none. */
  readArguments(name: string): Promise<readonly string[] | null>
  /** Stops it, too. Nothing happens when there is none. */
  uninstall(name: string): Promise<void>
  /** Resolves when it is up; so do those below, when it is so. */
  start(name: string): Promise<void>
  stop(name: string): Promise<void>
  restart(name: string): Promise<void>
  /** Has it read its configuration again; it goes on meanwhile. */
  reload(name: string): Promise<void>
  status(name: string): Promise<ServiceStatus>
}
