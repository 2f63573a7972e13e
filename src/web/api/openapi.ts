import type { ApiDeclaration, QueryParameter, Schema } from '../http/api-declaration.ts'
import type { Route, WebContext } from '../http/route.ts'
import { ref, SCHEMAS } from './schemas.ts'

type Operations = Record<string, Record<string, Schema>>

/** The description of the API in OpenAPI 3.1, made from the declarations of its routes. */
export function describeApi(
  routes: readonly Route[],
  { version, basePath }: Pick<WebContext, 'version' | 'basePath'>,
): Schema {
  const paths: Operations = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Monitor',
      version,
      description:
        'The data of the website as JSON. Times are seconds since 1970. Unknown parameters and fields are refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${basePath}/`, description: 'This server.' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of Settings, Tokens or `monitor token create`.',
        },
      },
    },
  }
}

const IF_MATCH: Schema = {
  name: 'If-Match',
  in: 'header',
  description:
    'The ETag of the answer that this change is based on: 412, with nothing changed, when somebody else has changed it since.',
  schema: { type: 'string' },
}

/** `/hosts/:name` becomes `HostsName`. */
const toCamelCase = (path: string) =>
  path.replace(/[/:.-]+(\w)/g, (_, letter: string) => letter.toUpperCase())

const SCOPE_WORDS = {
  host: 'A token that is limited to groups may use it for hosts of these.',
  filtered: 'A token that is limited to groups reads and changes only what is of their hosts.',
  none: 'A token that is limited to groups of hosts may not use it.',
} as const

function describeOperation({ method, path, access, scope, doc = '', api = {} }: Route): Schema {
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'id' ? { type: 'integer' } : { type: 'string' },
    })),
    ...(api.query ?? []).map((one) => describeParameter(one, api.example)),
    ...(api.takesVersion ? [IF_MATCH] : []),
  ]
  return {
    operationId: method.toLowerCase() + toCamelCase(path.replace('/api/v1', '')),
    summary: doc,
    description: `Access: ${access}. ${SCOPE_WORDS[scope ?? 'none']}`,
    tags: [path.split('/')[3] ?? ''],
    ...(parameters.length > 0 && { parameters }),
    ...(api.body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: api.body, example: api.bodyExample } },
      },
    }),
    responses: {
      ...describeAnswer(api),
      default: { description: 'What is wrong.', content: { 'application/json': { schema: ref('Error') } } },
    },
  }
}

function describeAnswer({ answer, status, hasCsv = false }: ApiDeclaration): Schema {
  if (answer === undefined) return { 204: { description: 'Done.' } }
  const content = {
    'application/json': { schema: answer },
    ...(hasCsv && { 'text/csv': { schema: { type: 'string' } } }),
  }
  return { [status ?? 200]: { description: 'Done.', content } }
}

function describeParameter(
  { name, doc, schema, isMany = false, isNeeded = false }: QueryParameter,
  example: string | undefined,
): Schema {
  const words = new URLSearchParams(example).getAll(name)
  const values = schema.type === 'integer' ? words.map(Number) : words
  return {
    name,
    in: 'query',
    description: doc,
    ...(isNeeded && { required: true }),
    schema: isMany ? { type: 'array', items: schema } : schema,
    ...(isMany && { style: 'form', explode: true }),
    ...(values.length > 0 && { example: isMany ? values : values[0] }),
  }
}
