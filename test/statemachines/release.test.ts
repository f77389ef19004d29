// The state machine's safety, checked on its JSON: every task is bounded, retried and caught.
import { readFileSync } from 'node:fs'
import validate from 'asl-validator'
import { describe, expect, it } from 'vitest'

type Clause = {
  ErrorEquals: string[]
  Next: string
  JitterStrategy?: string
  MaxAttempts?: number
  IntervalSeconds?: number
  Assign?: Record<string, unknown>
  BackoffRate?: number
}
type State = {
  Type: string
  Next?: string
  TimeoutSeconds?: number | string
  Retry?: Clause[]
  Catch?: Clause[]
  Choices?: { Condition: string; Next: string }[]
}
const machine = JSON.parse(readFileSync(new URL('../../statemachines/release.asl.json', import.meta.url), 'utf8')) as {
  States: Record<string, State>
}
const tasks = Object.entries(machine.States).filter(([, state]) => state.Type === 'Task')
const named = (names: string[]) => tasks.filter(([name]) => names.includes(name))
const ends = ['Admit', 'RollBack', 'Recover', 'Page', 'TryAgain', 'Outage', 'Settle']

describe('the release state machine', () => {
  it.each(tasks)('%s is bounded in time', (_, state) => {
    expect(state.TimeoutSeconds).toBeDefined()
    if (typeof state.TimeoutSeconds === 'string') expect(state.TimeoutSeconds).toMatch(/^\{% \$(seconds|every) %\}$/)
    else expect(state.TimeoutSeconds).toBeGreaterThan(0)
  })

  it.each(tasks.filter(([name]) => name !== 'TryAgain'))(
    '%s is retried with backoff and jitter when AWS throttles or fails',
    (_, state) => {
      const clauses = state.Retry?.filter((clause) =>
        clause.ErrorEquals.some((error) => error === 'States.ALL' || error === 'Lambda.TooManyRequestsException'),
      )
      expect(clauses).toHaveLength(1)
      expect(clauses?.[0]).toMatchObject({ JitterStrategy: 'FULL', BackoffRate: 2 })
    },
  )

  // Step Functions Developer Guide, "Handle Lambda service exceptions", and its note on errors that a function itself throws.
  const transient = [
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.Unknown',
    'Lambda.TooManyRequestsException',
  ]

  it.each(tasks)('%s is retried after every error that AWS calls transient', (_, state) => {
    const retried = state.Retry?.flatMap((clause) => clause.ErrorEquals) ?? []
    if (!retried.includes('States.ALL')) expect(transient.filter((error) => !retried.includes(error))).toEqual([])
  })

  it.each(tasks.filter(([name]) => !ends.includes(name)))('%s goes back on any unexpected error', (_, state) => {
    expect(state.Catch?.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'Recover' })
  })

  it.each(tasks.filter(([name]) => !ends.includes(name)))('%s waits while AWS does not answer', (_, state) => {
    expect(state.Catch?.at(-2)).toMatchObject({ Next: 'Outage', Assign: { error: '{% $states.errorOutput %}' } })
    expect(state.Catch?.at(-2)?.ErrorEquals).toContain('Tidegate.aws_unavailable')
  })

  it('a failing rollback is reported within about half a minute, and retried every minute for a day', () => {
    const [[, rollBack] = []] = named(['RollBack'])
    expect(rollBack?.Retry?.[0]).toMatchObject({ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 4 })
    expect(rollBack?.Catch?.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'Page' })
    const [[, page] = []] = named(['Page'])
    expect([page?.Next, page?.Catch?.at(-1)?.Next]).toEqual(['TryAgain', 'TryAgain'])
    const [[, again] = []] = named(['TryAgain'])
    // With full jitter, this is the maximum wait.
    const everyMinute = { IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 1440, JitterStrategy: 'FULL' }
    expect(again?.Retry).toEqual([{ ErrorEquals: ['States.ALL'], ...everyMinute }])
    expect(named(['Recover'])[0]?.[1].Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'RollBack' }])
  })

  it.each(named(['Bake', 'Judge', 'Hook']))('%s that times out is looked at, not failed', (_, state) => {
    expect(state.Catch?.[0]).toMatchObject({
      ErrorEquals: ['States.Timeout', 'States.HeartbeatTimeout'],
      Next: 'Judge',
    })
  })

  it('compares no numbers and does no arithmetic', () => {
    const expressions = JSON.stringify(machine).match(/\{% .*? %\}/g) ?? []
    for (const expression of expressions) expect(expression).toMatch(/^\{% \$[\w.]+( = '\w+')? %\}$/)
  })

  it('branches on one field to a state for each name that the functions may return', () => {
    const acts = [
      'bake',
      'judge',
      'gate',
      'shift',
      'hook',
      'prepare',
      'queue',
      'admit',
      'settle',
      'handOver',
      'failed',
      'outage',
    ]
    const choices = machine.States['Route']?.Choices?.map(({ Condition, Next }) => [Condition, Next])
    expect(choices).toEqual(acts.map((act) => [`{% $next = '${act}' %}`, act.charAt(0).toUpperCase() + act.slice(1)]))
  })

  it('every unsuccessful release ends in Fail with a sentence', () => {
    expect(machine.States['Failed']).toMatchObject({ Type: 'Fail', Error: '{% $outcome %}', Cause: '{% $sentence %}' })
  })
})

describe('for a third-party validator', () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:x'
  const text = JSON.stringify(machine).replaceAll(/\$\{[A-Za-z]+\}/g, arn)

  it('it is valid', () => {
    expect(validate(JSON.parse(text))).toMatchObject({ isValid: true, errors: [] })
  })

  it('a state that leads nowhere, or an invalid expression, would not be', () => {
    expect(validate(JSON.parse(text.replace('"Next":"Route"', '"Next":"Nowhere"'))).isValid).toBe(false)
    expect(validate(JSON.parse(text.replace("{% $next = 'bake' %}", '{% $next = = %}'))).isValid).toBe(false)
  })
})
