// What a definition may promise, and what it is told when it may not.
import { expect, it } from 'vitest'
import { Problem } from '../../../core/problem.ts'
import { parseDefinition } from '../../../core/service/definition.ts'

const elsewhere = 'arn:aws:lambda:us-east-1:111122223333:function:checkout'
const define = (target: object, others: object = {}) =>
  parseDefinition({
    name: 'checkout',
    targets: [{ function: 'checkout', alias: 'live', ...target }],
    plan: 'AllAtOnce',
    ...others,
  })

it('is kept with its target, and a definition without it keeps nothing', () => {
  expect(define({ provisionedConcurrency: 50 }).targets).toEqual([
    { functionName: 'checkout', alias: 'live', provisionedConcurrency: 50 },
  ])
  expect(define({}).targets).toEqual([{ functionName: 'checkout', alias: 'live' }])
})

const wrong: readonly (readonly [what: string, target: object, says: RegExp])[] = [
  ['none', { provisionedConcurrency: 0 }, /targets\[0\]\.provisionedConcurrency.*at least 1, or leave it out/],
  ['less than none', { provisionedConcurrency: -5 }, /provisionedConcurrency.*at least 1/],
  ['a part', { provisionedConcurrency: 2.5 }, /provisionedConcurrency.*whole number/],
  ['a text', { provisionedConcurrency: '50' }, /provisionedConcurrency.*whole number/],
  ['a share', { provisionedConcurrency: '50 %' }, /provisionedConcurrency.*whole number/],
  ['nothing', { provisionedConcurrency: null }, /provisionedConcurrency/],
  ['no end of it', { provisionedConcurrency: Number.POSITIVE_INFINITY }, /provisionedConcurrency/],
  ['more than there can be', { provisionedConcurrency: 10_001 }, /provisionedConcurrency.*10000/],
  ['an object', { provisionedConcurrency: { min: 1, max: 9 } }, /provisionedConcurrency.*whole number/],
  ['another spelling', { provisioned: 50 }, /provisioned/],
  [
    'a function elsewhere',
    { function: elsewhere, role: 'arn:aws:iam::111122223333:role/tidegate', provisionedConcurrency: 50 },
    /targets\[0\]\.provisionedConcurrency.*own account and region only/,
  ],
]
it.each(wrong)('refuses %s', (_, target, says) => {
  expect(() => define(target)).toThrow(says)
  expect(() => define(target)).toThrow(expect.objectContaining({ code: 'definition_invalid' }))
})

it('moves what scales it only where that is said', () => {
  const promised = { functionName: 'checkout', alias: 'live', provisionedConcurrency: 50 }
  expect(define({ provisionedConcurrency: 50, moveScaling: true }).targets).toEqual([
    { ...promised, moveScaling: true },
  ])
  expect(define({ provisionedConcurrency: 50, moveScaling: false }).targets).toEqual([promised])
})

const wrongMoves: readonly (readonly [what: string, target: object, says: RegExp])[] = [
  ['without what is scaled', { moveScaling: true }, /targets\[0\]\.moveScaling.*`provisionedConcurrency`/],
  ['a text', { provisionedConcurrency: 50, moveScaling: 'true' }, /targets\[0\]\.moveScaling.*write true/],
  ['a number', { provisionedConcurrency: 50, moveScaling: 1 }, /moveScaling.*write true/],
  ['nothing', { provisionedConcurrency: 50, moveScaling: null }, /moveScaling/],
  ['bounds', { provisionedConcurrency: 50, moveScaling: { min: 1, max: 9 } }, /moveScaling.*write true/],
  ['a list', { provisionedConcurrency: 50, moveScaling: ['load'] }, /moveScaling.*write true/],
  ['another spelling', { provisionedConcurrency: 50, movesScaling: true }, /movesScaling/],
  [
    'a function elsewhere',
    {
      function: elsewhere,
      role: 'arn:aws:iam::111122223333:role/tidegate',
      provisionedConcurrency: 50,
      moveScaling: true,
    },
    /provisionedConcurrency.*own account and region only/,
  ],
]
it.each(wrongMoves)('refuses to move what scales it: %s', (_, target, says) => {
  expect(() => define(target)).toThrow(says)
  expect(() => define(target)).toThrow(expect.objectContaining({ code: 'definition_invalid' }))
})

it('refuses it for a service that others move, where nobody would give it', () => {
  const observed = () => define({ provisionedConcurrency: 50 }, { mode: 'observe' })
  expect(observed).toThrow(/targets\[0\]\.provisionedConcurrency: a service that is only observed/)
})

it('refuses it at the top, where it would be of no target', () => {
  expect(() => define({}, { provisionedConcurrency: 50 })).toThrow(Problem)
})
