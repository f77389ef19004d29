// docs/security.md: each row has a defence that `npm run e2e` takes away, and finds where it was.
import { expect, it } from 'vitest'
import { staleDefences } from '../e2e/defences.ts'

it('each row of docs/security.md has a defence that can be taken away', () => {
  expect(staleDefences()).toEqual([])
})
