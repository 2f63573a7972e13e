import { createServer, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'

export type ReceivedMail = {
  from: string
  to: string[]
  /** Header and body as they came, without the doubled dots. */
  content: string
  isEncrypted: boolean
  user: string | null
}

export type SmtpServerOptions = {
  readonly tls?: 'off' | 'starttls' | 'always'
  readonly certificate?: { key: string; cert: string }
  /** The name and password that the client has to sign in with. */
  readonly user?: { name: string; password: string }
  /** The answer to a command; null for the usual one. After `hang` it never answers. */
  readonly answer?: (command: string) => string | null
  readonly port?: number
}

export type SmtpServer = {
  readonly port: number
  readonly mails: ReceivedMail[]
  /** Connections since the start. */
  readonly connections: () => number
  stop(): Promise<void>
}

/**
 * A small mail server after RFC 5321 on the loopback interface, with STARTTLS (RFC 3207) and AUTH PLAIN and
 * LOGIN (RFC 4954).
 */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const mails: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const accept = (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    talk(socket, options, mails)
  }
  const server =
    options.tls === 'always' ? createTlsServer({ ...options.certificate }, accept) : createServer(accept)
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

type Session = {
  from: string
  to: string[]
  isEncrypted: boolean
  user: string | null
  /** The meaning of the next line, when it is not a command. */
  expects: 'command' | 'data' | 'login name' | 'login password' | 'plain'
  loginName: string
  data: string[]
}

function talk(socket: Socket, options: SmtpServerOptions, mails: ReceivedMail[]) {
  const session: Session = {
    from: '',
    to: [],
    isEncrypted: options.tls === 'always',
    user: null,
    expects: 'command',
    loginName: '',
    data: [],
  }
  let current = socket
  let pending = ''
  const listen = (on: Socket) => {
    on.on('error', () => on.destroy())
    on.on('data', (bytes) => {
      pending += bytes.toString('latin1')
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end)
        pending = pending.slice(end + 2)
        const special = session.expects === 'command' ? (options.answer?.(line) ?? null) : null
        if (special === 'hang') return
        const reply = special ?? takeLine(line, session, options, mails)
        if (reply !== null) current.write(`${reply}\r\n`)
        if (special?.startsWith('421') || /^QUIT/i.test(line)) current.end()
        if (reply === READY_FOR_TLS) {
          pending = ''
          on.removeAllListeners('data')
          current = new TLSSocket(on, {
            isServer: true,
            secureContext: createSecureContext({ ...options.certificate }),
          })
          Object.assign(session, { isEncrypted: true, user: null })
          listen(current)
          return
        }
      }
    })
  }
  listen(socket)
  const greeting = options.answer?.('') ?? '220 localhost ready'
  if (greeting !== 'hang') socket.write(`${greeting}\r\n`)
}

const READY_FOR_TLS = '220 go ahead'

function takeLine(
  line: string,
  session: Session,
  options: SmtpServerOptions,
  mails: ReceivedMail[],
): string | null {
  switch (session.expects) {
    case 'data':
      if (line !== '.') {
        session.data.push(line.startsWith('.') ? line.slice(1) : line)
        return null
      }
      session.expects = 'command'
      mails.push({
        from: session.from,
        to: session.to,
        content: Buffer.from(session.data.join('\n'), 'latin1').toString('utf8'),
        isEncrypted: session.isEncrypted,
        user: session.user,
      })
      return `250 2.0.0 taken as ${mails.length}`
    case 'login name':
      session.loginName = decode(line)
      session.expects = 'login password'
      return '334 UGFzc3dvcmQ6'
    case 'login password':
      return signIn(session, options, session.loginName, decode(line))
    case 'plain': {
      const [, name = '', password = ''] = decode(line).split('\0')
      return signIn(session, options, name, password)
    }
    default:
      return takeCommand(line, session, options)
  }
}

function takeCommand(line: string, session: Session, options: SmtpServerOptions): string {
  const [verb = '', argument = ''] = line.split(/ (.*)/)
  switch (verb.toUpperCase()) {
    case 'EHLO': {
      const lines = ['localhost', 'SIZE 10000000', '8BITMIME', 'SMTPUTF8']
      if (options.tls === 'starttls' && !session.isEncrypted) lines.push('STARTTLS')
      if (options.user) lines.push('AUTH PLAIN LOGIN')
      return lines.map((text, i) => `250${i === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n')
    }
    case 'STARTTLS':
      return options.tls === 'starttls' ? READY_FOR_TLS : '502 5.5.1 no TLS here'
    case 'AUTH': {
      const [mechanism = '', initial] = argument.split(' ')
      if (mechanism.toUpperCase() === 'LOGIN') {
        session.expects = 'login name'
        return '334 VXNlcm5hbWU6'
      }
      session.expects = 'plain'
      return initial === undefined ? '334 ' : (takeLine(initial, session, options, []) ?? '')
    }
    case 'MAIL':
      if (options.user && session.user === null) return '530 5.7.0 sign in first'
      Object.assign(session, { from: address(argument), to: [] })
      return '250 2.1.0 ok'
    case 'RCPT': {
      const to = address(argument)
      if (to.startsWith('nobody@')) return '550 5.1.1 no such user'
      session.to.push(to)
      return '250 2.1.5 ok'
    }
    case 'DATA':
      if (session.to.length === 0) return '503 5.5.1 no recipients'
      Object.assign(session, { expects: 'data', data: [] })
      return '354 end with a dot'
    case 'RSET':
    case 'NOOP':
      return '250 2.0.0 ok'
    case 'QUIT':
      return '221 2.0.0 bye'
    default:
      return '500 5.5.2 not known'
  }
}

function signIn(session: Session, options: SmtpServerOptions, name: string, password: string): string {
  session.expects = 'command'
  if (name !== options.user?.name || password !== options.user.password)
    return `535 5.7.8 wrong sign-in for ${name}`
  session.user = name
  return '235 2.7.0 welcome'
}

const address = (argument: string) => /<([^>]*)>/.exec(argument)?.[1] ?? ''
const decode = (text: string) => Buffer.from(text, 'base64').toString()
