// Bodies of items that are read again and again.
import * as z from 'zod'
import { expect, it } from 'vitest'
import { bodyReader } from '../../../cloud/aws/dynamodb/table.ts'

const item = (body?: string) => ({
  pk: { S: 'OPEN' },
  sk: { S: 'shop' },
  ...(body !== undefined && { body: { S: body } }),
})

function counting(mostChars: number) {
  const parsed: string[] = []
  const Body = z.strictObject({ name: z.string() }).transform((value) => {
    parsed.push(value.name)
    return value
  })
  const read = bodyReader(Body, mostChars)
  return { parsed, read: (name: string) => read(item(JSON.stringify({ name }))).name, item: read }
}

it('are parsed once, and again when others have taken their place', () => {
  const { parsed, read } = counting(3 * JSON.stringify({ name: 'a' }).length)
  for (const name of ['a', 'a', 'b', 'c', 'a', 'd', 'b', 'd']) expect(read(name)).toBe(name)
  expect(parsed).toEqual(['a', 'b', 'c', 'd'])
  expect(read('a')).toBe('a')
  expect(parsed).toEqual(['a', 'b', 'c', 'd', 'a'])
})

it('are a problem each time when they cannot be read, which names their item', () => {
  const { item: read } = counting(100)
  for (const text of [undefined, undefined, '', '{', '{', '{"v":1}', '{"v":1}'])
    expect(() => read(item(text))).toThrow(/^The stored item OPEN \/ shop cannot be read: /)
})
