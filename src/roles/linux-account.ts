import { CommandError } from './exit-codes.ts'
import { runProgram } from './run-program.ts'

export type Account = { readonly uid: number; readonly gid: number }

/** Null when there is no such user. */
export async function findAccount(name: string): Promise<Account | null> {
  const [uid, gid] = [await runProgram(['id', '-u', name]), await runProgram(['id', '-g', name])]
  return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : null
}

/** A user of the system with a group of its own, who can't log in; made when it is missing. */
export async function ensureAccount(name: string, home: string): Promise<Account> {
  const found = await findAccount(name)
  if (found !== null) return found
  const shell = '/sbin/nologin'
  if (Bun.which('useradd') !== null)
    await must([
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      home,
      '--shell',
      shell,
      name,
    ])
  else {
    // Busybox's words.
    await must(['addgroup', '-S', name])
    await must(['adduser', '-S', '-D', '-H', '-h', home, '-s', shell, '-G', name, name])
  }
  const made = await findAccount(name)
  if (made === null) throw new CommandError(`the user ${name} was made and is not there`)
  return made
}

/** Nothing happens when there is none. */
export async function deleteAccount(name: string): Promise<void> {
  if ((await findAccount(name)) === null) return
  await must(Bun.which('userdel') !== null ? ['userdel', name] : ['deluser', name])
}

async function must(words: string[]) {
  const { code, output } = await runProgram(words)
  if (code !== 0) throw new CommandError(`${words.join(' ')} ended with ${code}: ${output.trim()}`)
}
