/** @jsxImportSource #markup */
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Html, type HtmlValue, raw } from '../../../../src/web/ui/markup/html.ts'

const EVIL = `</p><script>alert('1')</script>&amp;"'`
const SAFE = '&lt;/p&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;amp;&quot;&#x27;'

describe('escaping', () => {
  test.each<[string, Html, string]>([
    ['text', <p>{EVIL}</p>, `<p>${SAFE}</p>`],
    ['an attribute', <p title={EVIL} />, `<p title="${SAFE}"></p>`],
    ['a class', <p class={EVIL} />, `<p class="${SAFE}"></p>`],
    ['the words of a list', <p class={['a', EVIL]} />, `<p class="a ${SAFE}"></p>`],
    ['an attribute of data', <p data-key={EVIL} />, `<p data-key="${SAFE}"></p>`],
    ['arrays in arrays', <p>{[[EVIL, [EVIL]], 1]}</p>, `<p>${SAFE}${SAFE}1</p>`],
    ['a fragment', <>{EVIL}</>, SAFE],
    ['attributes that are spread', <p {...{ title: EVIL }} />, `<p title="${SAFE}"></p>`],
    ['an element without an end', <input type="text" value={EVIL} />, `<input type="text" value="${SAFE}">`],
    ['elements within', <p>{<b>{EVIL}</b>}</p>, `<p><b>${SAFE}</b></p>`],
  ])('%s', (_, markup, text) => expect(markup.text).toBe(text))

  test('twice the same class is escaped both times', () => {
    const draw = () => (<td class={EVIL} />).text
    expect([draw(), draw()]).toEqual([`<td class="${SAFE}"></td>`, `<td class="${SAFE}"></td>`])
  })

  test('what looks like markup and was not made here is no way around it', () => {
    const forged = JSON.parse('{"text":"<script>"}')
    expect(forged).not.toBeInstanceOf(Html)
    expect(() => (<p>{forged}</p>).text).toThrow()
  })

  test('is left out by `raw` alone', () => expect((<p>{raw('<br>')}</p>).text).toBe('<p><br></p>'))
})

describe('what gives nothing', () => {
  const nothing: readonly HtmlValue[] = [null, undefined, false, '', [], [[null]]]
  test.each(nothing.map((value) => [JSON.stringify(value) ?? 'undefined', value] as const))(
    '%s as a child',
    (_, value) => expect((<p>{value}</p>).text).toBe('<p></p>'),
  )
  test('zero is a number to be read', () =>
    expect((<p data-key={0}>{0}</p>).text).toBe('<p data-key="0">0</p>'))
  test('null, undefined and false as attributes', () =>
    expect((<p id={null} title={undefined} lang={false} hidden={false} class={[false, null]} />).text).toBe(
      '<p></p>',
    ))
  test('an empty text is an attribute', () =>
    expect((<option value="">all</option>).text).toBe('<option value="">all</option>'))
  test('true is the bare name', () =>
    expect((<input type="text" required autofocus={true} />).text).toBe(
      '<input type="text" required autofocus>',
    ))
})

test('the compiler refuses what no page may have', () => {
  const refused = [
    // @ts-expect-error: no such attribute
    <p hreff="/" />,
    // @ts-expect-error: an attribute of another element
    <p href="/" />,
    // @ts-expect-error: no such element
    <marquee />,
    // @ts-expect-error: a button says what it does
    <button>Save</button>,
    // @ts-expect-error: the content security policy forbids it
    <p style="color: red" />,
    // @ts-expect-error: and this
    <p onclick="act()" />,
    // @ts-expect-error: a word that the attribute does not know
    <th scope="column" />,
  ]
  expect(refused.length).toBe(7)
})

describe('files with markup', () => {
  const WEB = join(import.meta.dir, '..', '..', '..', '..', 'src', 'web')
  const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tsx'))
    .map((path) => [path, readFileSync(join(WEB, path), 'utf8')] as const)

  test('name their runtime: Bun reads tsconfig.json only where it is started', () =>
    expect(
      files.filter(([, text]) => !text.startsWith('/** @jsxImportSource #markup */\n')).map(([path]) => path),
    ).toEqual([]))

  test('have no attribute with a hyphen that is not declared, which the compiler would let pass', () => {
    const declared = new Set(
      readFileSync(join(WEB, 'ui', 'markup', 'jsx-elements.ts'), 'utf8').match(
        /'[a-z]+(?:-[a-z]+)+'(?=\?:)/g,
      ),
    )
    expect(declared.size).toBeGreaterThan(10)
    const unknown = files.flatMap(([path, text]) =>
      [...text.matchAll(/\s([a-z]+(?:-[a-z]+)+)(?==["{])/g)]
        .filter(([, name = '']) => !name.startsWith('data-') && !declared.has(`'${name}'`))
        .map(([, name]) => `${path}: ${name}`),
    )
    expect(unknown).toEqual([])
  })
})
