/** The output of a child process as it comes. */
export function hearOutput(stdout: ReadableStream<BufferSource>) {
  const parts = stdout.pipeThrough(new TextDecoderStream()).getReader()
  let said = ''
  return {
    /** Reads on until the text is there; resolves with all that was said. Throws when the output ends before. */
    async hear(text: string): Promise<string> {
      while (!said.includes(text)) {
        const { value, done } = await parts.read()
        if (done) throw new Error(`never said ${text}, only: ${said}`)
        said += value
      }
      return said
    },
    /** Reads to the end; resolves with all that was said. */
    async hearAll(): Promise<string> {
      for (let part = await parts.read(); !part.done; part = await parts.read()) said += part.value
      return said
    },
  }
}
