import { expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Language, type Node, Parser } from '@vscode/tree-sitter-wasm'

const ROOT = join(import.meta.dir, '..')
const WASM = join(ROOT, 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm')
const FUNCTIONS =
  /^(function_declaration|generator_function_declaration|function_expression|arrow_function|method_definition)$/

/** Lines of the longest function that nobody has to split. */
const LONGEST = 90

/** A loop in which graphs spend their time: calls in it would cost a third more. */
const MEASURED = ['storage/timeseries/codec/residuals.ts']

setDefaultTimeout(60_000)

/** Every function of a file that is longer than `LONGEST`, as `path:line name (lines)`. */
function findLong(parser: Parser, path: string): string[] {
  const tree = parser.parse(readFileSync(join(ROOT, 'src', path), 'utf8'))
  if (tree === null) throw new Error(`${path} was not read`)
  const found: string[] = []
  const visit = (node: Node) => {
    const { row } = node.startPosition
    const lines = node.endPosition.row - row + 1
    if (lines <= LONGEST) return
    if (FUNCTIONS.test(node.type)) {
      const name = node.childForFieldName('name') ?? node.parent?.childForFieldName('name')
      found.push(`${path}:${row + 1} ${name?.text ?? ''} (${lines} lines)`)
    }
    for (const child of node.namedChildren) if (child !== null) visit(child)
  }
  visit(tree.rootNode)
  tree.delete()
  return found
}

test('no function of src is longer than 90 lines', async () => {
  await Parser.init({ locateFile: () => join(WASM, 'tree-sitter.wasm') })
  const parserOf = async (language: string) => {
    const parser = new Parser()
    parser.setLanguage(await Language.load(join(WASM, `tree-sitter-${language}.wasm`)))
    return parser
  }
  const typescript = await parserOf('typescript')
  const tsx = await parserOf('tsx')
  const paths = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .filter((path) => !MEASURED.includes(path))
    .sort()
  expect(paths.length).toBeGreaterThan(500)
  expect(paths.flatMap((path) => findLong(path.endsWith('x') ? tsx : typescript, path))).toEqual([])
})
