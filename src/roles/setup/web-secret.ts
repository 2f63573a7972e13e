import { join } from 'node:path'
import { ConfigError } from '../../config/config-error.ts'
import type { Config } from '../../config/schema.ts'
import { describeError } from '../../lib/log.ts'
import { SecretBox } from '../../lib/secret-box.ts'
import type { SecondFactorStore } from '../../storage/ports/store.ts'
import { createSecret } from './password.ts'
import { keepFile, readSecretFile } from './secret-file.ts'

const SECRET_FILE = 'web-secret'
/** 128 random bits in hexadecimal. */
const SHORTEST = 32

/**
 * Has the secrets of second factors sealed under the secret of `web.secret_file`, which is made at the first start.
 * Throws a `ConfigError` when the database was sealed under another one: every server over it needs the same file.
 */
export async function protectSecondFactors(
  { web, dataDir }: Pick<Config, 'dataDir'> & { readonly web: Pick<Config['web'], 'secretFile'> },
  store: SecondFactorStore,
): Promise<void> {
  const file = web.secretFile ?? join(dataDir, SECRET_FILE)
  const found = explain(file, () => readSecretFile(file))
  if (found === null && (await store.isProtected())) throw wrongSecret(`${file} is not there`)
  const secret = found ?? explain(file, () => keepFile(file, createSecret))
  if (secret.length < SHORTEST)
    throw new ConfigError([
      {
        where: file,
        key: 'web.secret_file',
        expected: `expected a file of at least ${SHORTEST} random characters`,
      },
    ])
  if (!(await store.protect(new SecretBox(secret)))) throw wrongSecret(`${file} holds another secret`)
}

/** Names the setting where the file can't be read or made. */
function explain<T>(file: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const expected = `expected a file that can be read, or made where there is none (${describeError(error)})`
    throw new ConfigError([{ where: file, key: 'web.secret_file', expected }])
  }
}

const wrongSecret = (what: string) =>
  new ConfigError([
    {
      where: 'configuration',
      key: 'web.secret_file',
      expected:
        `${what}: expected the one under which this database keeps the secrets of second factors. Copy it from another ` +
        'server of the database or from a backup; where it is lost, `monitor user totp-forget` ends the second step ' +
        'of all users, who set it up anew',
    },
  ])
