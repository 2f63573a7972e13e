import { type Html, html } from './html.ts'

export type TestOutcome = { readonly isTaken: boolean; readonly answer: string }

/** What became of a test message, with the receiver's own words. */
export function testOutcome({ isTaken, answer }: TestOutcome): Html {
  return html`<div class="${isTaken ? 'done' : 'problem'}" role="${isTaken ? 'status' : 'alert'}"><p><b>${isTaken ? 'The test message was taken.' : 'The test message was not taken.'}</b></p>${answer !== '' && html`<p><code class="anywhere">${answer}</code></p>`}</div>`
}
