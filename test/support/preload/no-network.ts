// Loaded before every test: no test may connect to another machine.
const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host)

const realFetch = globalThis.fetch
globalThis.fetch = Object.assign(
  (input: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    if (!isLoopback(url.hostname)) throw new Error(`a test wanted to fetch from ${url.hostname}`)
    return realFetch(input, init)
  },
  { preconnect: realFetch.preconnect },
)

const realConnect = Bun.connect
Bun.connect = ((options: Parameters<typeof Bun.connect>[0]) => {
  if ('hostname' in options && !isLoopback(String(options.hostname)))
    throw new Error(`a test wanted to connect to ${options.hostname}`)
  return realConnect(options)
}) as typeof Bun.connect
