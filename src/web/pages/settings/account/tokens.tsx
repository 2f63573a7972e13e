/** @jsxImportSource #markup */
import { describeTokenScope, readTokenScope } from '../../../../domain/users/token-scope.ts'
import { ACCESSES, covers, isAccess, MAX_PASSWORD } from '../../../../domain/users/user.ts'
import { hashToken } from '../../../../lib/hash-token.ts'
import type { ApiToken } from '../../../../storage/ports/store.ts'
import { mayUse, notFound, redirect, route, type WebRequest } from '../../../http/route.ts'
import { agoLabel, stampLabel } from '../../../ui/components.tsx'
import { readDuration } from '../../../ui/duration.ts'
import {
  type Choice,
  choiceField,
  csrfField,
  formProblem,
  type Problems,
  readId,
  refuseForm,
  textField,
} from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { settingsPage } from '../settings-layout.tsx'

const PATH = '/settings/tokens'
const MAX_NAME = 100
/** Of a token whose end nobody has chosen; none at all is chosen by an empty field. */
const DEFAULT_LIFE = '90d'
const MAX_SCOPE = 1500
const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'User', breaks: true },
  { name: 'Role', breaks: true },
  { name: 'Made' },
  { name: 'Ends' },
  { name: 'Last used' },
  { name: 'Revoke', isPlain: true, isNumber: true },
]

type View = {
  readonly name?: string
  readonly expires?: string
  readonly access?: string
  readonly groups?: string
  readonly problems?: Problems
  /** The token just made: shown this once. */
  readonly secret?: string
}

export const tokensPage = route({ path: PATH, access: 'viewer' }, (request) => tokensView(request, {}))

async function listVisible(request: WebRequest): Promise<ApiToken[]> {
  const tokens = await request.web.store.tokens.list()
  return mayUse(request, 'admin') ? tokens : tokens.filter(({ user }) => user === request.session?.user)
}

async function tokensView(
  request: WebRequest,
  { name = '', expires = DEFAULT_LIFE, access = 'viewer', groups = '', problems = {}, secret }: View,
): Promise<Html> {
  const { csrf, now, session } = request
  const tokens = await listVisible(request)
  const choices = ACCESSES.filter((one) => mayUse({ session }, one)).map((value) => ({
    value,
    words: value,
  }))
  const rows = tokens.map((token) => ({
    cells: [
      token.name,
      token.user,
      token.groups === null ? (
        token.access
      ) : (
        <>
          {token.access} <span class="soft">for {token.groups.join(', ')}</span>
        </>
      ),
      agoLabel(token.created, now),
      token.expires === null ? (
        'never'
      ) : token.expires <= now ? (
        <span class="soft">over</span>
      ) : (
        stampLabel(token.expires)
      ),
      agoLabel(token.lastUsed ?? 0, now),
      <form method="post" action={`${PATH}/${token.id}/revoke`}>
        {csrfField(csrf)}
        <button class="small" type="submit" aria-label={`Revoke ${token.name}`}>
          Revoke
        </button>
      </form>,
    ],
  }))
  return settingsPage(request, {
    title: 'API tokens',
    lead: 'API access with your permissions: send “Authorization: Bearer TOKEN” with each request.',
    body: (
      <>
        {secret !== undefined && secretView(secret)}
        {tokens.length === 0 ? (
          <section class="empty">
            <h2>No tokens</h2>
            <p>Scripts need a token to use the API.</p>
          </section>
        ) : (
          listTable(COLUMNS, rows)
        )}
        {tokenForm({ csrf, problems, name, access, groups, expires, choices })}
      </>
    ),
  })
}

/** Shown once: the database keeps no more than its hash. */
const secretView = (secret: string): Html => (
  <div class="done" role="status">
    <p>
      <b>Token created. It is shown only this once:</b>
    </p>
    <pre class="command" tabindex="0">
      <code id="secret">{secret}</code>
    </pre>
    <button type="button" class="small" data-copy="secret" hidden>
      Copy
    </button>
  </div>
)

type TokenFormOptions = {
  readonly csrf: string
  readonly problems: Problems
  readonly name: string
  readonly groups: string
  readonly access: string
  readonly expires: string
  readonly choices: readonly Choice[]
}

const tokenForm = ({ csrf, problems, name, access, groups, expires, choices }: TokenFormOptions): Html => (
  <section class="section">
    <h2>Create token</h2>
    <form class="form" method="post" action={PATH}>
      {csrfField(csrf)}
      {formProblem(problems)}
      {textField({
        name: 'name',
        label: 'Purpose',
        value: name,
        required: true,
        maxLength: MAX_NAME,
        problem: problems.name,
      })}
      <div class="field-pair">
        {choiceField({
          name: 'access',
          label: 'Role',
          value: access,
          choices,
          problem: problems.access,
          hint: 'At most your own role.',
        })}
        {textField({
          name: 'expires',
          label: 'Expires in',
          value: expires,
          maxLength: 20,
          problem: problems.expires,
          hint: 'For example 90d, at most one year. Leave empty for no expiry.',
        })}
      </div>
      {textField({
        name: 'groups',
        label: 'Only hosts of these groups',
        value: groups,
        maxLength: MAX_SCOPE,
        problem: problems.groups,
        hint: 'For example web, berlin: the token is limited to the hosts of these groups. Leave empty for all hosts.',
      })}
      {textField({
        name: 'password',
        label: 'Your password',
        type: 'password',
        value: '',
        autocomplete: 'current-password',
        maxLength: MAX_PASSWORD,
        problem: problems.password,
        hint: 'Required unless the role is viewer.',
      })}
      <div class="form-end">
        <button class="primary" type="submit">
          Create
        </button>
      </div>
    </form>
  </section>
)

export const addToken = route(
  { path: PATH, method: 'POST', access: 'viewer', does: 'make token' },
  async (request) => {
    const { web, form, session, now, note } = request
    const name = (form.get('name') ?? '').trim()
    const expires = (form.get('expires') ?? DEFAULT_LIFE).trim()
    const access = form.get('access') ?? ''
    const written = (form.get('groups') ?? '').trim()
    const scope = readTokenScope(written.slice(0, MAX_SCOPE))
    const life = expires === '' ? null : readDuration(expires)
    const problems: Record<string, string> = {}
    if (name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name))
      problems.name = `1 to ${MAX_NAME} characters on one line.`
    if (expires !== '' && (life === null || life < 60)) problems.expires = 'A time such as 90d, at most 365d.'
    if ('problem' in scope)
      problems.groups = `${scope.problem[0]?.toUpperCase() ?? ''}${scope.problem.slice(1)}.`
    if (!isAccess(access) || session === null || !covers(session.access, access))
      problems.access = 'Expected at most your own role.'
    const entered = { name, expires, access, groups: written }
    if (Object.keys(problems).length > 0 || !isAccess(access) || session === null || 'problem' in scope)
      return refuseForm(await tokensView(request, { ...entered, problems }))
    const rejection = access === 'viewer' ? null : await checkPassword(request, session.user)
    if (rejection !== null) return refuseForm(await tokensView(request, { ...entered, problems: rejection }))
    const secret = crypto
      .getRandomValues(new Uint8Array(32))
      .toBase64({ alphabet: 'base64url', omitPadding: true })
    await web.store.tokens.add({
      name,
      user: session.user,
      tokenHash: hashToken(secret),
      created: now,
      expires: life === null ? null : now + life,
      access,
      groups: scope.groups,
    })
    note(
      `${name} ${describeTokenScope(access, scope.groups)}, ${expires === '' ? 'for ever' : `for ${expires}`}`,
    )
    return tokensView(request, { secret })
  },
)

/**
 * An open session in an unattended browser must not be enough to create a token that changes things. Null
 * when the password is right.
 */
async function checkPassword({ form, address, device, web }: WebRequest, user: string) {
  const result = await web.signIn(user, form.get('password') ?? '', { address, device })
  if (result.ok) return null
  if (result.retryAfter === null) return { password: 'The password is wrong.' }
  return { password: `Too many attempts. Try again in ${result.retryAfter} seconds.` }
}

export const revokeToken = route(
  { path: `${PATH}/:id/revoke`, method: 'POST', access: 'viewer', does: 'revoke token' },
  async (request) => {
    const id = readId(request.params.id)
    const found = (await listVisible(request)).find((token) => token.id === id)
    if (!found || !(await request.web.store.tokens.delete(id))) throw notFound('token')
    request.note(`${found.name} of ${found.user}`)
    return redirect(`${PATH}?done=revoked`)
  },
)
