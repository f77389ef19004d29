// The example of a repository of definitions: they are valid, and its workflows call commands that exist.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { validateFiles } from '../../cli/services/validate.ts'

const at = (path: string): string => new URL(`../../examples/gitops/${path}`, import.meta.url).pathname

it('has definitions that are valid', async () => {
  const lines: string[] = []
  expect(
    await validateFiles(
      screenOn((line) => lines.push(line), false),
      [at('services')],
    ),
  ).toBe(exitCodes.done)
  expect(lines).toHaveLength(2)
})

const stringsOf = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsOf)
      : []

it.each(['.github/workflows/services.yaml', '.gitlab-ci.yml', 'buildspec.yml'])('%s calls what exists', (path) => {
  const calls = stringsOf(parse(readFileSync(at(path), 'utf8'))).filter((text) => text.includes('tidegate '))
  expect(calls.length).toBeGreaterThan(1)
  for (const call of calls)
    expect(call).toMatch(/^npx tidegate (validate|diff|apply) services( \|\| test \$\? -eq 1)?$/)
})
