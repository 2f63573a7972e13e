import { printConfig } from '../../config/print.ts'
import { EXIT } from '../../lib/exit-codes.ts'
import type { CommandGroup } from '../../roles/command.ts'

export const config: CommandGroup = {
  name: 'config',
  doc: 'Shows the configuration',
  commands: [
    {
      name: 'config check',
      doc: 'Tells every mistake in the configuration; exit code 78 when there is one',
      run: async (input) => {
        const { file } = input.load()
        input.print(`The configuration is sound (${file ?? 'no file, defaults only'}).`)
        return EXIT.ok
      },
    },
    {
      name: 'config print',
      doc: 'Prints every setting and where it comes from; secrets are hidden',
      run: async (input) => {
        input.print(printConfig(input.load()))
        return EXIT.ok
      },
    },
  ],
}
