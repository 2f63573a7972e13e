import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import type { CommandGroup } from '../../roles/command.ts'
import { findCertificate } from '../../roles/setup/certificate.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'

export const certificate: CommandGroup = {
  name: 'certificate',
  doc: 'Looks at the certificates for TLS',
  commands: [
    {
      name: 'certificate show',
      doc: 'Prints by which fingerprints agents and browsers know this server, and until when the certificates are good',
      options: {
        fingerprint: {
          kind: 'flag',
          doc: 'Print the fingerprint for agents alone, as agent.fingerprint takes it',
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
  ],
}

const NONE = 'there is no certificate: TLS is off, or the server was not started yet, which makes one'
