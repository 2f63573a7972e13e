/** @jsxImportSource #markup */
import type { Html } from './markup/html.ts'

export type TestOutcome = { readonly isDelivered: boolean; readonly answer: string }

/** The outcome of a test message, with the receiver's own answer. */
export function testOutcome({ isDelivered, answer }: TestOutcome): Html {
  return (
    <div class={isDelivered ? 'done' : 'problem'} role={isDelivered ? 'status' : 'alert'}>
      <p>
        <b>{isDelivered ? 'The test message was delivered.' : 'The test message was rejected.'}</b>
      </p>
      {answer !== '' && (
        <p>
          <code class="anywhere">{answer}</code>
        </p>
      )}
    </div>
  )
}
