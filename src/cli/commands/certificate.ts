import type { Config } from '../../config/schema.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import type { CommandGroup, CommandInput } from '../../roles/command.ts'
import {
  findCertificate,
  findNextCertificate,
  makeNextCertificate,
  switchToNext,
} from '../../roles/setup/certificate.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'

export const certificate: CommandGroup = {
  name: 'certificate',
  doc: 'Shows the TLS certificates and creates the next one',
  commands: [
    {
      name: 'certificate show',
      doc: 'Prints the fingerprints by which agents and browsers identify this server, and when the certificates expire',
      options: {
        fingerprint: {
          kind: 'flag',
          doc: 'Print only the fingerprint for agents, as agent.fingerprint expects it',
        },
        ...JSON_OPTION,
      },
      run: async (input) => {
        const { config } = input.load()
        const collect = config.collect.tlsPort === 'off' ? null : findCertificate('collect', config)
        const web = config.web.tls ? findCertificate('web', config) : null
        if (input.flag('fingerprint')) {
          if (collect === null) throw new CommandError(NONE)
          input.print(collect.fingerprint)
          return EXIT.ok
        }
        const items = [
          { use: 'agents', found: collect },
          { use: 'website', found: web },
          { use: 'next', found: findNextCertificate(config.dataDir) },
        ].flatMap(({ use, found }) => (found === null ? [] : [{ use, ...found }]))
        if (items.length === 0) throw new CommandError(NONE)
        printList(input, {
          name: 'certificates',
          items,
          describe: ({ use, ends, fingerprint }) => ({ for: use, ends, fingerprint }),
          headings: ['FOR', 'ENDS', 'FINGERPRINT'],
          row: ({ use, ends, fingerprint }) => [use, formatTime(ends), fingerprint],
        })
        return EXIT.ok
      },
    },
    {
      name: 'certificate new',
      doc:
        'Makes the next certificate of this server, before the one of now ends, and prints its ' +
        'fingerprint; agents may know both meanwhile',
      run: async (input) => {
        const config = needOwn(input)
        const next = await makeNextCertificate(config.dataDir, systemClock)
        const now = findCertificate('collect', config)
        input.print(next.fingerprint)
        input.print(
          now === null
            ? 'The server shows it after: monitor certificate switch'
            : [
                'Give it to the agents, beside the one of now:',
                `  agent.fingerprint = ["${now.fingerprint}", "${next.fingerprint}"]`,
                'When all have it: monitor certificate switch, then monitor service reload server',
              ].join('\n'),
        )
        return EXIT.ok
      },
    },
    {
      name: 'certificate switch',
      doc: 'Replaces the current certificate with the next one and keeps the old one beside it; reload to activate',
      run: async (input) => {
        const { dataDir } = needOwn(input)
        const { fingerprint } = switchToNext(dataDir)
        input.print(`The certificate is now ${fingerprint}. To show it: monitor service reload server`)
        return EXIT.ok
      },
    },
  ],
}

/** Throws `CommandError` where the configuration names certificates that this program did not make. */
function needOwn(input: CommandInput): Config {
  const { config } = input.load()
  if (config.collect.tlsCertificate !== null)
    throw new CommandError(
      'collect.tls_certificate names the certificate: whoever made that one makes the next, too',
    )
  return config
}

const NONE = 'there is no certificate: TLS is off, or the server was not started yet, which makes one'
