import { findPasswordProblem, MAX_PASSWORD } from '../../domain/users/user.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'

/** Without the characters that look like one another. 54 of them: 20 give 115 bits. */
const READABLE = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A random password that can be read aloud and typed. */
export function createPassword(): string {
  let password = ''
  while (password.length < 20) {
    const byte = crypto.getRandomValues(new Uint8Array(1))[0] ?? 255
    // Larger bytes would make the first characters of the alphabet likelier than the rest.
    if (byte < 256 - (256 % READABLE.length)) password += READABLE.charAt(byte % READABLE.length)
  }
  return password
}

/** 256 random bits, in characters that need no quoting anywhere. */
export function createSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Asks twice at a terminal, without echo; otherwise reads the first line of standard input. */
export async function readNewPassword(): Promise<string> {
  const { stdin } = process
  if (!stdin.isTTY) return checkPassword(await readFirstLine())
  // Before the question, so that early keys are not shown either. Keys now come one by one, and editing is
  // ours.
  stdin.setRawMode(true)
  try {
    const password = checkPassword(await ask('New password: '))
    if ((await ask('Once more: ')) !== password) throw new CommandError('the two are not the same')
    return password
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
  }
}

/** Asks once at a terminal, without echo; otherwise reads the first line of standard input. */
export async function readPassword(question: string): Promise<string> {
  const { stdin } = process
  if (!stdin.isTTY) return readFirstLine()
  stdin.setRawMode(true)
  try {
    return await ask(question)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
  }
}

function checkPassword(password: string): string {
  const problem = findPasswordProblem(password)
  // As everywhere in the shell: a small letter and no full stop.
  if (problem !== null) throw new CommandError(problem[0]?.toLowerCase() + problem.slice(1, -1))
  return password
}

async function readFirstLine(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > MAX_PASSWORD) break
  }
  return text.split(/\r?\n/)[0] ?? ''
}

const KEYS = {
  enter: '\r',
  lineFeed: '\n',
  end: '\u0004',
  interrupt: '\u0003',
  delete: '\u007f',
  clear: '\u0015',
} as const

/** One line from a terminal in raw mode. */
function ask(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let typed: string[] = []
  const take = (chunk: Buffer | string) => {
    for (const key of String(chunk)) {
      if (key === KEYS.enter || key === KEYS.lineFeed || key === KEYS.end) return resolve(typed.join(''))
      if (key === KEYS.interrupt) return reject(new CommandError('given up', EXIT.interrupted))
      if (key === KEYS.delete || key === '\b') typed.pop()
      else if (key === KEYS.clear) typed = []
      else if (key >= ' ') typed.push(key)
    }
  }
  stdin.on('data', take)
  stdin.resume()
  return promise.finally(() => {
    stdin.off('data', take)
    stderr.write('\n')
  })
}
