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
    expect(sentence({ name: 'a', b: 1 })).toBe('The call is not valid: Unrecognized key: "b".')
    expect(sentence({ name: 'a', b: 1, c: 1 })).toBe('The call is not valid: Unrecognized keys: "b", "c".')
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, 1]))
    expect(sentence({ name: 'a', ...many })).toBe(
      'The call is not valid: Unrecognized keys: "key0", "key1", "key2", "key3", "key4", and 49995 more.',
    )
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
