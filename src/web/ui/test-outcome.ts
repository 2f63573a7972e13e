import { type Html, html } from './html.ts'

export type TestOutcome = { readonly isDelivered: boolean; readonly answer: string }

/** What became of a test message, with the receiver's own words. */
export function testOutcome({ isDelivered, answer }: TestOutcome): Html {
  return html`<div class="${isDelivered ? 'done' : 'problem'}" role="${isDelivered ? 'status' : 'alert'}"><p><b>${isDelivered ? 'The test message was taken.' : 'The test message was not taken.'}</b></p>${answer !== '' && html`<p><code class="anywhere">${answer}</code></p>`}</div>`
}
