import { describe, expect, test } from 'bun:test'
import { MAX_VIEWS } from '../../../../src/domain/users/saved-view.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** What every database must do with the views that users save. */
export function describeSavedViews(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    const add = async (owner: string, viewName: string, isShared = false, path = '/hosts?group=db') => {
      const id = await store.views.add({ owner, name: viewName, path, isShared })
      if (typeof id !== 'number') throw new Error(`not added: ${id}`)
      return id
    }
    const namesFor = async (user: string | null) => (await store.views.list(user)).map((view) => view.name)

    openEach(makeWorkbench, async (opened) => {
      store = opened.store
      await store.users.add('anna', 'admin', 'hash', 10)
      await store.users.add('bob', 'viewer', 'hash', 10)
    })

    test('a user sees the own ones and the shared ones, in the order of their names', async () => {
      await add('anna', 'Zürich', true)
      await add('anna', 'mine')
      const id = await add('bob', 'Databases', false, '/events?severity=1')
      expect(await namesFor('bob')).toEqual(['Databases', 'Zürich'])
      expect(await namesFor('anna')).toEqual(['Zürich', 'mine'].sort())
      expect(await namesFor(null)).toHaveLength(3)
      expect(await store.views.find(id)).toEqual({
        id,
        name: 'Databases',
        path: '/events?severity=1',
        owner: 'bob',
        isShared: false,
      })
      expect(await store.views.find(id + 100)).toBeNull()
    })

    test('a name is taken once for each owner, and a change keeps the owner', async () => {
      const id = await add('anna', 'Disks')
      await add('bob', 'Disks')
      const again = { owner: 'anna', name: 'Disks', path: '/', isShared: true }
      expect(await store.views.add(again)).toBe('taken')
      expect(await store.views.add({ ...again, owner: 'nobody' })).toBe('unknown')
      const other = await add('anna', 'Other')
      const changed = { id: other, name: 'Disks', path: '/', isShared: true }
      expect(await store.views.update(changed)).toBe('taken')
      expect(await store.views.update({ ...changed, name: 'New' })).toBe('done')
      expect(await store.views.update({ ...changed, id: other + 50 })).toBe('unknown')
      expect(await store.views.update({ ...changed, name: 'Late' }, ({ name }) => name === 'Other')).toBe(
        'outdated',
      )
      expect(await store.views.find(other)).toEqual({
        ...changed,
        name: 'New',
        owner: 'anna',
      })
      expect(await store.views.delete(id)).toBe(true)
      expect(await store.views.delete(id)).toBe(false)
    })

    test('the number of views of one user is bounded', async () => {
      for (let i = 0; i < MAX_VIEWS; i++) await add('bob', `view ${i}`)
      expect(await store.views.add({ owner: 'bob', name: 'more', path: '/', isShared: false })).toBe('full')
      await add('anna', 'of another')
    })

    test('of a deleted user the shared ones stay', async () => {
      await add('bob', 'shared', true)
      await add('bob', 'private')
      expect(await store.users.delete('bob')).toBe('deleted')
      const left = await store.views.list(null)
      expect(left.map(({ name: one, owner }) => [one, owner])).toEqual([['shared', null]])
      await store.users.add('bob', 'viewer', 'hash', 20)
      expect(await namesFor('bob')).toEqual(['shared'])
      expect((await store.views.list('bob')).map(({ owner }) => owner)).toEqual([null])
    })
  })
}
