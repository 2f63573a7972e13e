import type { Socket } from 'bun'
import { AnswerReader } from './answer-reader.ts'

/** An answer of the engine other than 200. */
export class EngineRejection extends Error {
  constructor(
    readonly status: number,
    path: string,
  ) {
    super(`it answers ${status} to ${path}`)
  }
}

type Request = {
  readonly path: string
  readonly most: number
  answer: AnswerReader
  /** The connection has served before: the engine may have closed it meanwhile, which is no failure. */
  isFirstTry: boolean
  resolve(body: Buffer): void
  reject(error: unknown): void
}

/**
 * A connection to the local socket of an engine, which is kept from one request to the next. It makes the one request
 * there is: GET, with what comes back bounded. The client of the runtime has a thread, which would wake for each answer.
 */
export class EngineConnection {
  readonly #path: string
  #socket: Socket | null = null
  #request: Request | null = null
  /** Counts connections, so that what an ended one still says is not taken for the next one's. */
  #number = 0

  /** @param path the socket's */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * Resolves with the body of an answer with status 200. One request at a time. Rejects with `EngineRejection` for other
   * answers, and with a sentence for what is no answer.
   *
   * @param most bytes of the body
   */
  get(path: string, most: number): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const isFirstTry = this.#socket !== null
    this.#request = { path, most, answer: new AnswerReader(most), isFirstTry, resolve, reject }
    this.#send()
    return promise
  }

  /** Ends the request that waits, if any, and the connection. */
  close(reason: Error): void {
    this.#drop()
    this.#fail(reason)
  }

  #send(): void {
    if (this.#socket === null) this.#open()
    else this.#write(this.#socket)
  }

  #write(socket: Socket): void {
    const { path } = this.#request ?? {}
    if (path === undefined) return
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n`,
    )
  }

  #open(): void {
    const number = ++this.#number
    const isOurs = () => number === this.#number
    const end = (error: Error) => {
      if (!isOurs()) return
      this.#drop()
      this.#end(error)
    }
    Bun.connect({
      unix: this.#path,
      socket: {
        open: (socket) => {
          if (!isOurs()) return void socket.terminate()
          this.#socket = socket
          this.#write(socket)
        },
        data: (_, data) => {
          if (isOurs()) this.#take(data)
        },
        end: () => end(new Error(CLOSED)),
        close: () => end(new Error(CLOSED)),
        error: (_, error) => end(error),
        connectError: (_, error) => end(error),
      },
    }).catch(end)
  }

  #take(data: Buffer): void {
    const request = this.#request
    if (request === null) {
      // Nothing was asked.
      this.#drop()
      return
    }
    try {
      if (request.answer.push(data)) this.#complete(request)
    } catch (error) {
      this.#drop()
      this.#fail(error)
    }
  }

  #complete({ answer, path, resolve, reject }: Request): void {
    this.#request = null
    if (!answer.isKept) this.#drop()
    if (answer.status === 200) resolve(answer.body)
    else reject(new EngineRejection(answer.status, path))
  }

  /** The engine has closed the connection. */
  #end(error: Error): void {
    const request = this.#request
    if (request === null) return
    if (request.answer.end()) this.#complete(request)
    else if (request.isFirstTry && !request.answer.hasBegun) {
      request.isFirstTry = false
      this.#send()
    } else this.#fail(error)
  }

  #fail(error: unknown): void {
    this.#request?.reject(error)
    this.#request = null
  }

  #drop(): void {
    this.#number++
    this.#socket?.terminate()
    this.#socket = null
  }
}

const CLOSED = 'the engine has closed the connection'
