// The contract of hooks: an answer, or why there is none.
import { describe, expect, it } from 'vitest'
import type { Hooks } from '../../../cloud/ports.ts'

/** `echo-hook` returns what it was sent, as { got }; `broken-hook` throws the Error "no luck". */
export function hooksContract(name: string, open: () => Promise<{ readonly hooks: Hooks }>): void {
  describe(`hooks: ${name}`, () => {
    it('returns the answer of a hook that answers', async () => {
      const { hooks } = await open()
      const payload = { hello: 'wörld', list: [1, null] }
      expect(await hooks.call('echo-hook', payload)).toEqual({ kind: 'answered', payload: { got: payload } })
    })

    it('says why a hook has no answer', async () => {
      const { hooks } = await open()
      const reply = await hooks.call('broken-hook', {})
      expect(reply).toMatchObject({ kind: 'broken', errorType: 'Error' })
      expect(JSON.stringify(reply)).toContain('no luck')
    })

    it('reports that the hook does not exist', async () => {
      const { hooks } = await open()
      expect(await hooks.call('no-hook', {})).toEqual({ kind: 'broken', because: 'there is no function no-hook' })
    })
  })
}
