import { beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Language, type Node, Parser } from '@vscode/tree-sitter-wasm'

const ROOT = join(import.meta.dir, '..', '..')
const WASM = join(ROOT, 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm')
const TEXT = readFileSync(join(ROOT, 'install.ps1'), 'utf8')

let parser: Parser
beforeAll(async () => {
  await Parser.init({ locateFile: (file: string) => join(WASM, file) })
  parser = new Parser()
  parser.setLanguage(await Language.load(join(WASM, 'tree-sitter-powershell.wasm')))
})

function parse(text: string): Node {
  const tree = parser.parse(text)
  if (tree === null) throw new Error('the parser gave up')
  return tree.rootNode
}

function* walk(node: Node): Generator<Node> {
  yield node
  for (const child of node.children) if (child !== null) yield* walk(child)
}

/** Not of one of its functions. */
function isOfScript(node: Node): boolean {
  for (let above = node.parent; above !== null; above = above.parent)
    if (above.type === 'function_statement') return false
  return true
}

const find = (type: string) => [...walk(parse(TEXT))].filter((node) => node.type === type)

/**
 * It is not run on Windows here: this holds it to the grammar of PowerShell and to what 5.1 and 7 have in
 * common.
 */
describe('install.ps1', () => {
  test('the grammar finds no error in it, and finds one when there is one', () => {
    expect(parse(TEXT).hasError).toBe(false)
    expect(parse(TEXT.replace('function Stop-Script(', 'function Stop-Script((')).hasError).toBe(true)
    expect(parse(`${TEXT}\nif ($true {`).hasError).toBe(true)
  })

  test('is plain ASCII, which Windows PowerShell 5.1 reads without a mark', () =>
    expect([...TEXT].filter((character) => character > '\x7e')).toEqual([]))

  test('uses no operator that only PowerShell 7 has', () => {
    const operators = [...walk(parse(TEXT))]
      .map(({ type }) => type)
      .filter((type) => /^(\?\?=?|\?\.|&&|\|\|)$/.test(type))
    expect(operators).toEqual([])
  })

  test('calls only what it defines, what both PowerShells bring, and the program', () => {
    const own = new Set(find('function_statement').map((node) => /^function ([\w-]+)/.exec(node.text)?.[1]))
    const called = find('command_name').map(({ text }) => text)
    const known = new Set([
      ...[
        'Copy-Item',
        'Expand-Archive',
        'ForEach-Object',
        'Get-Acl',
        'Get-FileHash',
        'Get-Item',
        'Get-Service',
        'Invoke-WebRequest',
      ],
      ...[
        'Join-Path',
        'Move-Item',
        'New-Item',
        'New-Object',
        'Out-Null',
        'Get-ChildItem',
        'Remove-Item',
        'Start-Sleep',
        'Resolve-Path',
      ],
      ...['Set-StrictMode', 'Test-Path', 'Where-Object', 'Write-Output', 'Write-Verbose'],
    ])
    expect(called.length).toBeGreaterThan(30)
    expect(called.filter((name) => !own.has(name) && !known.has(name) && /^[\w-]+$/.test(name))).toEqual([])
    for (const name of own) if (name !== undefined) expect(TEXT.split(name).length).toBeGreaterThan(2)
  })

  test('offers what install.sh does', () => {
    const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')
    const usage = script.slice(script.indexOf("<<'TEXT'"), script.indexOf('\nTEXT\n'))
    const options = [...usage.matchAll(/^ {2}--([a-z0-9-]+)/gm)].map(
      ([, name]) => name?.replaceAll('-', '') ?? '',
    )
    const parameters = find('script_parameter')
      .filter(isOfScript)
      .map(({ text }) => /\$(\w+)/.exec(text)?.[1]?.toLowerCase() ?? '')
    expect(parameters.toSorted()).toEqual([...options.filter((name) => name !== 'help'), 'role'].toSorted())
  })
})
