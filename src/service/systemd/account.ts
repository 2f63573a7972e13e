import { readFileSync } from 'node:fs'
import { CommandError } from '../../lib/exit-codes.ts'
import { runProgram } from '../run-program.ts'

export type Account = { readonly uid: number; readonly gid: number }

/** Null when there is no such user. */
export async function findAccount(name: string): Promise<Account | null> {
  const [uid, gid] = [await runProgram(['id', '-u', name]), await runProgram(['id', '-g', name])]
  return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : null
}

/** The numbers of all groups that a user is in; none when there is no such user. */
export async function listGroups(name: string): Promise<number[]> {
  const { code, output } = await runProgram(['id', '-G', name])
  return code === 0 ? output.trim().split(/\s+/).map(Number) : []
}

/** A user of the system with a group of its own, who can't log in; made when it is missing. */
export async function ensureAccount(name: string, home: string): Promise<Account> {
  const found = await findAccount(name)
  if (found !== null) return found
  const shell = '/sbin/nologin'
  const hasGroup = isGroup(name)
  if (Bun.which('useradd') !== null) {
    const group = hasGroup ? ['--gid', name] : ['--user-group']
    await must([
      'useradd',
      '--system',
      ...group,
      '--no-create-home',
      '--home-dir',
      home,
      '--shell',
      shell,
      name,
    ])
  } else {
    // Busybox's words.
    if (!hasGroup) await must(['addgroup', '-S', name])
    await must(['adduser', '-S', '-D', '-H', '-h', home, '-s', shell, '-G', name, name])
  }
  const made = await findAccount(name)
  if (made === null) throw new CommandError(`the user ${name} was made and is not there`)
  return made
}

/** With its group. False, and nothing happens, when there is none. */
export async function deleteAccount(name: string): Promise<boolean> {
  const isShadow = Bun.which('userdel') !== null
  const isThere = (await findAccount(name)) !== null
  if (isThere) await must([isShadow ? 'userdel' : 'deluser', name])
  // It went with the user where the system is set up so.
  if (isGroup(name)) await must([isShadow ? 'groupdel' : 'delgroup', name])
  return isThere
}

const isGroup = (name: string) =>
  readFileSync('/etc/group', 'utf8')
    .split('\n')
    .some((line) => line.startsWith(`${name}:`))

async function must(words: string[]) {
  const { code, output } = await runProgram(words)
  if (code !== 0) throw new CommandError(`${words.join(' ')} ended with ${code}: ${output.trim()}`)
}
