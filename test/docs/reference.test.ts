// docs/reference.md says what the program does, because the program wrote it.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { reference } from '../../docs/generate.ts'

it('docs/reference.md is what `npm run docs` writes', () => {
  expect(readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8')).toBe(reference())
})
