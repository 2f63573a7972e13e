import { MAX_PASSWORD, MIN_PASSWORD } from '../domain/user.ts'
import { CommandError, EXIT } from './exit-codes.ts'

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

/** Asks twice at a terminal, without echo; takes the first line of standard input when that is no terminal. */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return checkPassword(await readFirstLine())
  const password = checkPassword(await askSilently('New password: '))
  if ((await askSilently('Once more: ')) !== password) throw new CommandError('the two are not the same')
  return password
}

function checkPassword(password: string): string {
  if (password.length < MIN_PASSWORD || password.length > MAX_PASSWORD)
    throw new CommandError(`a password has ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`)
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

/** Keys come one by one, because the terminal is told to show nothing and to leave the editing to us. */
function askSilently(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.resume()
  return new Promise((resolve, reject) => {
    let typed = ''
    const finish = (act: () => void) => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      act()
    }
    const take = (chunk: Buffer | string) => {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n' || key === '\u0004') return finish(() => resolve(typed))
        if (key === '\u0003') return finish(() => reject(new CommandError('given up', 128 + EXIT.failed + 1)))
        if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('')
        else if (key === '\u0015') typed = ''
        else if (key >= ' ') typed += key
      }
    }
    stdin.on('data', take)
  })
}
