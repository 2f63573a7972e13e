/** Commands that install an agent on a new machine, to be copied from the website or the shell. */

/** The address that an agent sends to, and how it recognises the server there. */
export type AgentWay = { readonly server: string; readonly fingerprint: string | null }

/** Null when no port is open to agents. */
export function agentWay(
  server: string,
  door: { readonly port: number; readonly fingerprint: string } | null,
  plainPort: number | null,
): AgentWay | null {
  const host = server.includes(':') ? `[${server}]` : server
  if (door !== null) return { server: `${host}:${door.port}`, fingerprint: door.fingerprint }
  return plainPort === null ? null : { server: `tcp://${host}:${plainPort}`, fingerprint: null }
}

/** The same port and path under the name by which other machines reach it. */
export function withServerName(base: string, server: string): string {
  const { port, pathname } = new URL(base)
  return `https://${server.includes(':') ? `[${server}]` : server}${port === '' ? '' : `:${port}`}${pathname}`
}

/** Never `-k` alone: a certificate that no CA vouches for is known by its pin. */
export function joinCommand(base: string, pin: string | null, code: string): string {
  const trust = pin === null ? '' : `-k --pinnedpubkey ${pin} `
  return `curl -fsS ${trust}${base}install.sh | sudo sh -s -- agent --enroll ${code}`
}

const PLACE = 'PASSPHRASE'

/**
 * The passphrase is passed in a file that only root can read, so that it does not show in the process list.
 */
export function linuxCommand({ server, fingerprint }: AgentWay, passphrase: string | null): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  return [
    `(umask 077; printf '%s\\n' ${quote(passphrase ?? PLACE)} > passphrase.txt)`,
    [
      'sh install.sh agent',
      `--server ${quote(server)}`,
      '--passphrase-file passphrase.txt',
      ...(fingerprint === null ? [] : [`--fingerprint ${fingerprint}`]),
    ].join(' \\\n  '),
    'rm passphrase.txt',
  ].join('\n')
}

export function windowsCommand({ server, fingerprint }: AgentWay, passphrase: string | null): string {
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
  return [
    // Windows PowerShell writes the machine's code page unless an encoding is given.
    `Set-Content -Path passphrase.txt -Encoding UTF8 -Value ${quote(passphrase ?? PLACE)}`,
    [
      'powershell -ExecutionPolicy Bypass -File install.ps1 agent',
      `-Server ${quote(server)}`,
      '-PassphraseFile passphrase.txt',
      ...(fingerprint === null ? [] : [`-Fingerprint ${fingerprint}`]),
    ].join(' `\n  '),
    'Remove-Item passphrase.txt',
  ].join('\n')
}
