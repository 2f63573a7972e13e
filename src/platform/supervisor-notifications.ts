/**
 * The supervisor that started this process as a service and expects notifications from it: systemd, or the
 * Windows service manager.
 */
export type Supervisor = {
  /** Everything that the role is made of is up. */
  ready(): void
  /** The role begins to stop. */
  stopping(): void
  /** The role has stopped; the process ends next, with this code. Resolves when the supervisor knows. */
  stopped(exitCode: number): Promise<void>
}
