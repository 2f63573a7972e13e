import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, readCertificate, splitPem, type TlsFiles } from '../../src/lib/tls/certificate.ts'
import { createSelfSigned } from '../../src/lib/tls/self-signed.ts'

/** A self-signed certificate, made as the server makes its own. Days count from now. */
export async function makeOwn(names: readonly string[], begins = -1, ends = 30): Promise<Certificate> {
  const now = Math.floor(Date.now() / 1000)
  const options = {
    names,
    addresses: ['127.0.0.1'],
    begins: now + begins * 86_400,
    ends: now + ends * 86_400,
  }
  return readCertificate(splitPem(await createSelfSigned(options)))
}

export type Authority = { readonly pem: string; issue(name: string, alternatives: string): TlsFiles }

/** A certificate authority made by `openssl`, with its files in `folder`. */
export function makeAuthority(folder: string, name: string): Authority {
  const file = (what: string) => join(folder, `${name}-${what}.pem`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    ...[
      'req',
      '-x509',
      ...key,
      '-keyout',
      file('key'),
      '-out',
      file('ca'),
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    ],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
  )
  return {
    pem: readFileSync(file('ca'), 'utf8'),
    issue(subject, alternatives) {
      const [leafKey, request, leaf] = [file(`${subject}-key`), file(`${subject}-csr`), file(subject)]
      openssl(
        ...['req', ...key, '-keyout', leafKey, '-out', request, '-subj', `/CN=${subject}`],
        ...['-addext', `subjectAltName=${alternatives}`],
      )
      openssl(
        ...['x509', '-req', '-in', request, '-CA', file('ca'), '-CAkey', file('key'), '-CAcreateserial'],
        ...['-out', leaf, '-days', '1', '-copy_extensions', 'copy'],
      )
      return { certificate: readFileSync(leaf, 'utf8'), key: readFileSync(leafKey, 'utf8') }
    },
  }
}

function openssl(...args: string[]) {
  const { exitCode, stderr } = Bun.spawnSync(['openssl', ...args], { stdout: 'pipe', stderr: 'pipe' })
  if (exitCode !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`)
}

export type Stranger = { readonly code: number; readonly output: string }

/**
 * Runs `openssl s_client`: sends `text`, waits until the output matches `until` or the other side ends, and
 * ends.
 */
export async function callBySClient(
  port: number,
  args: readonly string[] = [],
  { text = '', until = /(?:)/ }: { text?: string; until?: RegExp } = {},
): Promise<Stranger> {
  const client = Bun.spawn(['openssl', 's_client', '-connect', `127.0.0.1:${port}`, ...args], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  client.stdin.write(text)
  client.stdin.flush()
  const errors = new Response(client.stderr).text()
  const decoder = new TextDecoder()
  let said = ''
  for await (const chunk of client.stdout) {
    said += decoder.decode(chunk, { stream: true })
    if (until.test(said)) client.stdin.end()
  }
  return { code: await client.exited, output: `${said}\n${await errors}` }
}

/** The fingerprint of the certificate that a port shows. */
export async function readShown(port: number): Promise<string> {
  const { output } = await callBySClient(port, ['-showcerts'], { until: /---\n$/ })
  return readCertificateOnly(output)
}

function readCertificateOnly(output: string): string {
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(output)?.[0]
  if (pem === undefined) throw new Error(`no certificate in ${output}`)
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  return new Bun.CryptoHasher('sha256').update(der).digest('hex')
}
