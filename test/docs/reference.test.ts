// docs/reference.md and the JSON Schemas are up to date with the program that generates them.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { jsonSchemas, reference } from '../../docs/generate.ts'

it('docs/reference.md is what `npm run docs` writes', () => {
  expect(readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8')).toBe(reference())
})

it.each(Object.entries(jsonSchemas()))('docs/%s is what `npm run docs` writes', (name, text) => {
  expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(text)
})

it('the schema for editors accepts the example, and rejects an unknown word', () => {
  const text = readFileSync(new URL('../../examples/checkout/service.yaml', import.meta.url), 'utf8')
  expect(text).toContain('yaml-language-server: $schema=../../docs/service.schema.json')
  const schema = z.fromJSONSchema(JSON.parse(jsonSchemas()['service.schema.json'] ?? '') as Record<string, unknown>)
  const example = parse(text) as Record<string, unknown>
  expect(schema.safeParse(example).success).toBe(true)
  expect(schema.safeParse({ ...example, plam: 'AllAtOnce' }).success).toBe(false)
  expect(schema.safeParse({ ...example, targets: [] }).success).toBe(false)
})
