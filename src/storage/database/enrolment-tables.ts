import type { Dialect } from './dialect.ts'

/**
 * Step of the schema. `host.is_released` is 1 where a person gave a name free: the next key that asks for it
 * may have it. `enrolment` holds the codes by which new hosts join, `waiting_host` those that wait for a
 * person.
 */
export const createEnrolmentTables = ({ id, integer, plain, clustered }: Dialect): readonly string[] => [
  `ALTER TABLE host ADD COLUMN is_released ${integer} NOT NULL DEFAULT 0`,
  `CREATE TABLE enrolment (
    id ${id},
    code_hash VARCHAR(64) NOT NULL UNIQUE,
    host VARCHAR(253),
    created ${integer} NOT NULL,
    expires ${integer} NOT NULL,
    uses ${integer} NOT NULL,
    actor VARCHAR(255) NOT NULL
  ) ${plain}`,
  `CREATE TABLE waiting_host (
    name VARCHAR(253) NOT NULL PRIMARY KEY,
    key_hash VARCHAR(64),
    ip VARCHAR(64) NOT NULL,
    build VARCHAR(255) NOT NULL,
    first_seen ${integer} NOT NULL,
    last_seen ${integer} NOT NULL,
    is_refused ${integer} NOT NULL
  ) ${clustered}`,
]
