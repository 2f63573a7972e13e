import { isHostName } from '../../domain/hosts/host.ts'
import { HttpError, notFound, type WebRequest } from '../http/route.ts'

/** Gives the host of the request another name. Gives the new one; throws an `HttpError`. */
export async function renameHost({ params, web, note }: WebRequest, text: string): Promise<string> {
  const name = params.name ?? ''
  const newName = text.trim().toLowerCase()
  if (!isHostName(newName))
    throw new HttpError(400, 'name: expected letters, digits, dots, hyphens and underscores')
  const result = await web.store.hosts.rename(name, newName)
  if (result === 'unknown') throw notFound('host')
  if (result === 'taken') throw new HttpError(409, `There is a host ${newName} already.`)
  note(`${name} to ${newName}`)
  return newName
}

/** Deletes the host of the request with samples, events and key. Throws an `HttpError`. */
export async function deleteHost({ params, web, note }: WebRequest): Promise<void> {
  const name = params.name ?? ''
  if (!(await web.store.hosts.delete(name))) throw notFound('host')
  note(name)
}

/** Lets the next agent own the name of the request's host. Throws an `HttpError`. */
export async function releaseHost({ params, web, now, note }: WebRequest): Promise<void> {
  const name = params.name ?? ''
  if (!(await web.store.hosts.releaseName(name, now))) {
    if (!(await web.store.hosts.find(name))) throw notFound('host')
    throw new HttpError(409, `The name ${name} is free already.`)
  }
  note(name)
}

/** Lets the waiting host of the request report. Throws an `HttpError`. */
export async function approveHost({ params, web, now, note }: WebRequest): Promise<void> {
  const name = params.name ?? ''
  if (!(await web.store.enrolment.approve(name, now))) throw notFound('waiting host')
  note(name)
}

/** Turns the waiting host of the request away. Throws an `HttpError`. */
export async function refuseHost({ params, web, note }: WebRequest): Promise<void> {
  const name = params.name ?? ''
  if (!(await web.store.enrolment.refuse(name))) throw notFound('waiting host')
  note(name)
}
