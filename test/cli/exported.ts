// Twelve minutes of two versions, as exports have them, and how they are read.
import { expect } from 'vitest'
import { parseReplay } from '../../cli/replay/input/read.ts'
import { Problem, type ProblemCode } from '../../core/problem.ts'

export type Reading = NonNullable<Parameters<typeof parseReplay>[1]>
type Counts = readonly [number, number, number, number]
export const roles = ['stable_invocations', 'stable_errors', 'candidate_invocations', 'candidate_errors'] as const
export const labels = ['41 Invocations', '41 Errors', '42 Invocations', '42 Errors'] as const
export const startMs = Date.parse('2026-03-01T09:30:00Z')
export const iso = (minute: number): string =>
  new Date(startMs + minute * 60_000).toISOString().replace('.000Z', '+00:00')
export const seconds = (minute: number): number => startMs / 1000 + minute * 60

export const plain: Reading = { series: new Map(), zeroWhenMissing: false }
export const versions: Reading = { ...plain, stable: '41', candidate: '42' }
const counted = (minute: number): Counts => [900 + minute, 9, 100 - minute, minute % 3]
export const counts = Array.from({ length: 12 }, (_, minute) => counted(minute))

export const read = (text: unknown, reading = plain, file = 'export.json') =>
  parseReplay([{ file, text: typeof text === 'string' ? text : JSON.stringify(text) }], reading)
export const countsOf = ({ minutes }: ReturnType<typeof read>): readonly Counts[] =>
  minutes.map((one) => [one.stableInvocations, one.stableBad, one.candidateInvocations, one.candidateBad])

export function refused(code: ProblemCode, words: RegExp, act: () => unknown): void {
  let problem: unknown
  try {
    act()
  } catch (error) {
    problem = error
  }
  expect(problem).toBeInstanceOf(Problem)
  expect(problem).toMatchObject({ code, message: expect.stringMatching(words) as string })
  expect((problem as Problem).message.split('\n')).toHaveLength(1)
}
