export type InstallScript = 'install.sh' | 'install.ps1'

/** The releases that the server provides to machines that join; passed in where the server is composed. */
export type Releases = {
  /** A file of a release, or its checksum (`NAME.sha256`); null when there is none. */
  open(name: string): Promise<Response | null>
  /**
   * SHA-256 of the list of checksums (`SHA256SUMS`) of all that is handed out, in hexadecimal. The own release is packed for it
   * when it is not yet, which takes some seconds.
   */
  sumUp(): Promise<string>
  /** Whether there is a release of this name. */
  has(name: string): boolean
  /**
   * The install script with the address of its releases and the pin by which it verifies the server (null for
   * none).
   */
  writeScript(script: InstallScript, base: string, pin: string | null): string
}
