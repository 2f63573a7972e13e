/** @jsxImportSource #markup */
import { decodeBase32 } from '../../../../lib/base32.ts'
import { createTotpSecret, findTotpStep, totpAddress } from '../../../../lib/totp.ts'
import type { SecondFactor } from '../../../../storage/ports/store.ts'
import { createRecoveryCodes } from '../../../auth/second-factor.ts'
import { HttpError, redirect, route, type WebRequest } from '../../../http/route.ts'
import { stampLabel } from '../../../ui/components.tsx'
import { csrfField, formProblem, type Problems, refuseForm, textField } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { qrImage } from '../../../ui/qr-image.tsx'
import { describeRejection } from '../../account/login.tsx'
import { settingsPage } from '../settings-layout.tsx'

const PATH = '/settings/two-factor'
const TITLE = 'Two-factor authentication'

export const twoFactorPage = route({ path: PATH, access: 'viewer' }, async (request) => {
  const factor = await request.web.store.secondFactors.find(userOf(request))
  return factor ? onView(request, factor, {}) : offView(request, createTotpSecret(), {})
})

/**
 * Enables it once a code proves that the app has the secret. It requires the password as well, so that
 * another person at an unattended browser can't lock the user out.
 */
export const enableTwoFactor = route(
  { path: PATH, method: 'POST', access: 'viewer', does: 'switch on two-factor sign-in' },
  async (request) => {
    const { form, now, web, note } = request
    const user = userOf(request)
    if (await web.store.secondFactors.find(user)) return redirect(PATH)
    const secret = form.get('secret') ?? ''
    if (!/^[A-Z2-7]{32}$/.test(secret) || decodeBase32(secret) === null)
      throw new HttpError(400, 'Reload the page and try again.')
    const step = findTotpStep(secret, form.get('code') ?? '', now)
    if (step === null)
      return refuseForm(
        offView(request, secret, {
          code:
            'This code is not valid now. If the app shows it, ' +
            'the clock of the phone or of the server is wrong.',
        }),
      )
    const rejection = await checkPassword(request)
    if (rejection)
      return refuseForm(offView(request, secret, { password: rejection.problem }), rejection.status)
    const { codes, hashes } = createRecoveryCodes()
    await web.store.secondFactors.set(user, { secret, lastStep: step, since: now, recoveryHashes: hashes })
    note(user)
    return codesView(request, codes, 'Two-factor authentication is on.')
  },
)

export const disableTwoFactor = route(
  { path: `${PATH}/off`, method: 'POST', access: 'viewer', does: 'switch off two-factor sign-in' },
  (request) =>
    withPassword(request, async (user) => {
      await request.web.store.secondFactors.remove(user)
      request.note(user)
      return redirect(`${PATH}?done=saved`)
    }),
)

export const renewRecoveryCodes = route(
  { path: `${PATH}/codes`, method: 'POST', access: 'viewer', does: 'make new recovery codes' },
  (request) =>
    withPassword(request, async (user) => {
      const { codes, hashes } = createRecoveryCodes()
      await request.web.store.secondFactors.setRecovery(user, hashes)
      request.note(user)
      return codesView(request, codes, 'The old recovery codes are no good any more.')
    }),
)

const userOf = ({ session }: WebRequest) => session?.user ?? ''

/** Does it only for one who knows the password: an open browser is not enough to take the second step away. */
async function withPassword(request: WebRequest, act: (user: string) => Promise<Html | Response>) {
  const user = userOf(request)
  const factor = await request.web.store.secondFactors.find(user)
  if (!factor) return redirect(PATH)
  const rejection = await checkPassword(request)
  if (rejection === null) return act(user)
  return refuseForm(onView(request, factor, { password: rejection.problem }), rejection.status)
}

/** Null when the password of the form is the user's; wrong ones count as at signing in. */
async function checkPassword(request: WebRequest) {
  const { form, address, device, web } = request
  const result = await web.signIn(userOf(request), form.get('password') ?? '', { address, device })
  if (result.ok) return null
  return result.retryAfter === null
    ? { problem: 'The password is wrong.', status: 400 }
    : { problem: describeRejection(result.retryAfter), status: 429 }
}

const passwordField = (problems: Problems) =>
  textField({
    name: 'password',
    label: 'Your password',
    value: '',
    type: 'password',
    required: true,
    maxLength: 1024,
    autocomplete: 'current-password',
    problem: problems.password,
  })

function offView(request: WebRequest, secret: string, problems: Problems): Html {
  const address = totpAddress('Monitor', userOf(request), secret)
  return settingsPage(request, {
    title: TITLE,
    lead: 'Sign-in asks for a code from an app on your phone besides the password, so that a stolen password alone is useless.',
    body: (
      <form class="form" method="post" action={PATH}>
        {csrfField(request.csrf)}
        <input type="hidden" name="secret" value={secret} />
        {formProblem(problems)}
        {request.web.requiresTwoFactor && (
          <p class="notice">Two-factor authentication is required here: set it up before you continue.</p>
        )}
        <h2>1. Scan the code with the app</h2>
        <p>
          Any authenticator app (TOTP) will do. Let it read this, or{' '}
          <a href={address}>open it on this device</a>.
        </p>
        <div class="qr-place">
          {qrImage(address, 'QR code with the secret')}
          <div>
            <p class="soft">Or enter this key in the app (time-based, six digits):</p>
            <p class="secret">
              <code>{secret.match(/.{4}/g)?.join(' ')}</code>
            </p>
          </div>
        </div>
        <h2>2. Enter the code that the app shows</h2>
        {textField({
          name: 'code',
          label: 'Code',
          value: '',
          required: true,
          maxLength: 10,
          autocomplete: 'one-time-code',
          problem: problems.code,
        })}
        {passwordField(problems)}
        <div class="form-end">
          <button class="primary" type="submit">
            Enable
          </button>
        </div>
      </form>
    ),
  })
}

function onView(request: WebRequest, { since, recoveryCodes }: SecondFactor, problems: Problems): Html {
  const left = recoveryCodes === 1 ? 'One recovery code is' : `${recoveryCodes} recovery codes are`
  return settingsPage(request, {
    title: TITLE,
    lead: (
      <>
        On since {stampLabel(since)}. {left} left.
      </>
    ),
    body: (
      <form class="form" method="post" action={`${PATH}/codes`}>
        {csrfField(request.csrf)}
        {formProblem(problems)}
        <p>
          If you lose the phone, sign in with a recovery code. Each works once. New codes replace the old
          ones.
        </p>
        {passwordField(problems)}
        <div class="form-end">
          <button class="primary" type="submit">
            Create new recovery codes
          </button>
          <button class="danger" type="submit" formaction={`${PATH}/off`}>
            Disable
          </button>
        </div>
      </form>
    ),
  })
}

function codesView(request: WebRequest, codes: readonly string[], words: string): Html {
  return settingsPage(request, {
    title: 'Recovery codes',
    parent: { path: PATH, title: TITLE },
    lead: words,
    body: (
      <>
        <p>
          Keep these where the phone is not: on paper, or in a password manager. Each of them takes the place
          of one code. They are shown only this once.
        </p>
        <ul class="recovery-codes">
          {codes.map((code) => (
            <li>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <p>
          <a class="button" href={PATH}>
            I have saved them
          </a>
        </p>
      </>
    ),
  })
}
