// What a Problem repeats of the input that it refuses: little, and in one line.
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { readInput } from '../../core/problem.ts'

const Input = z.strictObject({ name: z.string().max(3), more: z.record(z.string(), z.number()).optional() })
const sentence = (input: unknown): string => {
  try {
    readInput(Input, input, 'call_invalid', 'The call')
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}

describe('the sentence about an input', () => {
  it('names a few of the fields that nobody knows, and counts the others', () => {
    expect(sentence({ name: 'a', b: 1 })).toBe('The call is not valid: no field is called "b".')
    expect(sentence({ name: 'a', b: 1, c: 1 })).toBe('The call is not valid: no field is called "b", "c".')
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, 1]))
    expect(sentence({ name: 'a', ...many })).toBe(
      'The call is not valid: no field is called "key0", "key1", "key2", "key3", "key4", and 49995 more.',
    )
  })

  it.each<[unknown, z.ZodType, string]>([
    [{}, z.object({ a: z.string() }), 'a: it is missing'],
    [{ a: 1 }, z.object({ a: z.string() }), 'a: it must be text'],
    [{ a: 'x' }, z.object({ a: z.number() }), 'a: it must be a number'],
    [{ a: 'x' }, z.object({ a: z.array(z.string()) }), 'a: it must be a list'],
    [{ a: 'x' }, z.object({ a: z.strictObject({}) }), 'a: it must be a set of fields'],
    [{ a: 'x' }, z.object({ a: z.enum(['b', 'c', 'd']) }), 'a: it must be one of b, c, d'],
    [{ a: 'x' }, z.object({ a: z.enum(['b', 'c']) }), 'a: it must be b or c'],
    [{ a: 7 }, z.object({ a: z.int().max(5) }), 'a: it must be at most 5'],
    [{ a: 0 }, z.object({ a: z.number().gt(0) }), 'a: it must be more than 0'],
    [{ a: 'xyz' }, z.object({ a: z.string().max(2) }), 'a: it must have at most 2 characters'],
    [{ a: [] }, z.object({ a: z.array(z.string()).min(1) }), 'a: it must have at least 1 entries'],
    [{ a: 0.5 }, z.object({ a: z.number().multipleOf(1) }), 'a: it must be a multiple of 1'],
    [{ a: 'x' }, z.object({ a: z.string().min(2, 'write two letters') }), 'a: write two letters'],
  ])('says of %j what is wrong, in words for people', (input, schema, words) => {
    expect(() => readInput(schema, input, 'call_invalid', 'The call')).toThrow(`The call is not valid: ${words}.`)
  })

  it('is short and one line, however long and hostile a key is', () => {
    const key = `\u001b[2J\n${'x'.repeat(100_000)}`
    for (const input of [
      { name: 'a', [key]: 1 },
      { name: 'a', more: { [key]: 'no' } },
    ]) {
      const said = sentence(input)
      expect(said.length).toBeLessThan(200)
      expect(said).toMatch(/^[\x20-\x7e]+$/)
    }
  })
})
