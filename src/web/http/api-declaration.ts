/** A JSON schema of the dialect of OpenAPI 3.1. */
export type Schema = Readonly<Record<string, unknown>>

/** A parameter behind the question mark. */
export type QueryParameter = {
  readonly name: string
  readonly doc: string
  readonly schema: Schema
  /** It may be given several times. */
  readonly isMany?: boolean
  readonly isNeeded?: boolean
}

/** The entry of an endpoint in the description of the API, besides its path, access and text. */
export type ApiDeclaration = {
  /** Parameters that are not listed are rejected. */
  readonly query?: readonly QueryParameter[]
  /** The JSON that it takes; none unless given. */
  readonly body?: Schema
  /** The JSON that it answers with; none, with the status 204, unless given. */
  readonly answer?: Schema
  /** 200 unless given. */
  readonly status?: 201
  /** It also answers with a file of CSV. */
  readonly hasCsv?: boolean
  /** It honours `If-Match`: the version of the thing to change, from the `ETag` of an earlier response. */
  readonly takesVersion?: boolean
  /** Query of an example that can be tried: `?status=up`. */
  readonly example?: string
  /** A `body` that can be tried; every address that takes one has it. */
  readonly bodyExample?: Readonly<Record<string, unknown>>
}
