/** @jsxImportSource #markup */

import type { Host } from '../../../domain/hosts/host.ts'
import { withParameters } from '../../ui/components.tsx'
import { icon } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { COLUMNS, type Column, type HostTableOptions, NAME, STATUS } from './host-columns.tsx'

/** Hosts one a row, each with a box to select it. */
export function hostTable(options: HostTableOptions): Html {
  const columns = [
    STATUS,
    NAME,
    ...COLUMNS.filter(({ key }) => options.columns.some((chosen) => chosen === key)),
  ]
  return (
    <table class={['table fixed hosts', options.isUsual ? 'usual-columns' : 'chosen-columns']}>
      <thead>
        <tr>
          <th scope="col" class="col-check">
            <input type="checkbox" data-check-all="host" aria-label="Select all" hidden />
          </th>
          {columns.map((column) => columnHead(column, options.order))}
        </tr>
      </thead>
      <tbody>{options.hosts.map((host) => hostRow(host, columns, options))}</tbody>
    </table>
  )
}

function columnHead(
  { sort, name, className, startsHigh = false }: Column,
  order: HostTableOptions['order'],
): Html {
  if (sort === null)
    return (
      <th scope="col" class={className}>
        {name}
      </th>
    )
  const isCurrent = order.sort === sort
  const turnsDown = isCurrent ? !order.isDescending : startsHigh
  const href = withParameters(order.url, { sort, order: turnsDown ? 'desc' : null, offset: null })
  const direction = order.isDescending ? 'descending' : 'ascending'
  return (
    <th scope="col" class={className} aria-sort={isCurrent && direction}>
      <a href={href}>
        {name}
        {isCurrent && icon(order.isDescending ? 'down' : 'up')}
      </a>
    </th>
  )
}

function hostRow(host: Host, columns: readonly Column[], options: HostTableOptions): Html {
  const { isDown } = options.view.stateOf(host)
  return (
    <tr data-key={`host-${host.name}`} class={isDown && 'is-old'}>
      <td class="col-check">
        <input type="checkbox" name="host" value={host.name} aria-label={`Select ${host.name}`} />
      </td>
      {columns.map(({ key, className, cell, title }) =>
        key === 'name' ? (
          <th scope="row" class={className} title={host.name}>
            {cell(host, options)}
          </th>
        ) : (
          <td class={className} title={title?.(host, options) || null}>
            {cell(host, options)}
          </td>
        ),
      )}
    </tr>
  )
}
