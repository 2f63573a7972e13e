import type { ConfigMachine } from '../../src/config/file.ts'

/** A made-up machine: its files, environment and system, in the current folder `/srv`. */
export function aMachine(
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
  platform = 'linux',
): ConfigMachine {
  return {
    env,
    cwd: '/srv',
    platform,
    isThere: (file) => file in files,
    readText: (file) => {
      const text = files[file]
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${file}'`)
      return text
    },
  }
}
