// The policies for all services: for each, what it forbids, what opens it and what does not, and its sentence.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GateContext, PolicyQuestion } from '../../core/gate/policy.ts'
import { checkPolicies, policiesFrom, cedarPolicies } from '../../policy/policies.ts'
import { clear, gate, personal } from './questions.ts'

const read = (name: string): string => readFileSync(new URL(`../../policy/${name}`, import.meta.url), 'utf8')
const text = read('release.cedar')
const schema = read('release.cedarschema')
const policies = cedarPolicies()

/** The ids of the deciding policies, preceded by `yes` or `no`. */
async function decided(question: PolicyQuestion, by = policies): Promise<readonly string[]> {
  const { allowed, because, trouble } = await by.decide(question)
  expect(trouble).toEqual([])
  return [allowed ? 'yes' : 'no', ...because.map(({ policy }) => policy)]
}

type Gate = {
  readonly policy: string
  readonly facts: Partial<GateContext>
  /** Whether it blocks begin, goOn, or both. */
  readonly shut: readonly ('begin' | 'goOn')[]
  /** Whether urgency and an override open it. */
  readonly opens: boolean
}

const budget = { known: true, leftBp: 1, burning: 'no' } as const
const { provenance, required } = clear

const gates: readonly Gate[] = [
  { policy: 'stop-the-line', facts: { stopped: true }, shut: ['begin', 'goOn'], opens: false },
  { policy: 'window', facts: { insideWindow: false }, shut: ['begin'], opens: true },
  { policy: 'freeze', facts: { frozen: true }, shut: ['begin', 'goOn'], opens: true },
  { policy: 'not-quiet', facts: { disturbed: true }, shut: ['begin', 'goOn'], opens: true },
  { policy: 'configuring', facts: { configuring: true }, shut: ['begin'], opens: true },
  { policy: 'tight', facts: { tight: true }, shut: ['begin', 'goOn'], opens: true },
  {
    policy: 'budget-unknown',
    facts: { budget: { known: false, leftBp: 0, burning: 'no' } },
    shut: ['begin', 'goOn'],
    opens: true,
  },
  { policy: 'budget-spent', facts: { budget: { ...budget, leftBp: 0 } }, shut: ['begin', 'goOn'], opens: true },
  { policy: 'budget-spent', facts: { budget: { ...budget, leftBp: -250 } }, shut: ['begin', 'goOn'], opens: true },
  { policy: 'burning', facts: { budget: { ...budget, burning: 'page' } }, shut: ['begin'], opens: true },
  { policy: 'full', facts: { full: true }, shut: ['begin'], opens: true },
  {
    policy: 'approvals-missing',
    facts: { approvals: { missing: 1, declined: false } },
    shut: ['begin', 'goOn'],
    opens: false,
  },
  {
    policy: 'approvals-declined',
    facts: { approvals: { missing: 0, declined: true } },
    shut: ['begin', 'goOn'],
    opens: false,
  },
  { policy: 'commit-unknown', facts: { provenance: { ...provenance, commit: false } }, shut: ['begin'], opens: false },
  {
    policy: 'not-signed',
    facts: { provenance: { ...provenance, signed: false } },
    shut: ['begin', 'goOn'],
    opens: false,
  },
  {
    policy: 'not-verified',
    facts: { provenance: { ...provenance, verified: false } },
    shut: ['begin', 'goOn'],
    opens: false,
  },
  {
    policy: 'builder-unknown',
    facts: { provenance: { ...provenance, builder: 'https://elsewhere' } },
    shut: ['begin', 'goOn'],
    opens: false,
  },
  { policy: 'tests-failed', facts: { provenance: { ...provenance, tests: 'failed' } }, shut: ['begin'], opens: false },
  {
    policy: 'tests-unknown',
    facts: { provenance: { ...provenance, tests: 'unknown' } },
    shut: ['begin'],
    opens: false,
  },
  { policy: 'not-scanned', facts: { provenance: { ...provenance, scanned: false } }, shut: ['begin'], opens: false },
  { policy: 'critical-findings', facts: { provenance: { ...provenance, critical: 1 } }, shut: ['begin'], opens: false },
  { policy: 'high-findings', facts: { provenance: { ...provenance, high: 3 } }, shut: ['begin'], opens: false },
]

describe.each(gates)('$policy, where $facts', ({ policy, facts, shut, opens }) => {
  const expected = (closed: boolean) => (closed ? ['no', policy] : ['yes', 'general'])

  it.each(['begin', 'goOn'] as const)('%s', async (action) => {
    expect(await decided(gate(action, facts))).toEqual(expected(shut.includes(action)))
  })

  it.each(['begin', 'goOn'] as const)('%s, urgent or overridden', async (action) => {
    const closed = shut.includes(action) && !opens
    expect(await decided(gate(action, { ...facts, urgent: true }))).toEqual(expected(closed))
    expect(await decided(gate(action, { ...facts, overridden: true }))).toEqual(expected(closed))
  })

  it('names the gate and gives a sentence', async () => {
    const { because } = await policies.decide(gate('begin', facts))
    expect(because).toEqual([
      {
        policy,
        gate: expect.stringMatching(/^[a-z]+$/) as string,
        says: expect.stringMatching(/^[A-Z].*\.$/) as string,
      },
    ])
  })
})

describe('a release', () => {
  it('begins and goes on if nothing blocks it', async () => {
    expect(await decided(gate('begin'))).toEqual(['yes', 'general'])
    expect(await decided(gate('goOn', { weightBp: 5_000 }))).toEqual(['yes', 'general'])
  })

  it('of a service without an objective is not checked against a budget', async () => {
    const { budget: _, ...facts } = clear
    expect(await decided({ ...gate('begin'), action: 'begin', context: facts })).toEqual(['yes', 'general'])
  })

  it('continues with the last of its budget, and while a ticket alert is burning', async () => {
    expect(await decided(gate('begin', { budget: { known: true, leftBp: 1, burning: 'ticket' } }))).toEqual([
      'yes',
      'general',
    ])
  })

  it('needs no provenance that the service does not require', async () => {
    const nothing = {
      ...provenance,
      commit: false,
      bound: false,
      signed: false,
      tests: 'failed',
      scanned: true,
      critical: 9,
      high: 9,
    } as const
    const facts = {
      provenance: nothing,
      required: {
        ...required,
        ...{ commit: false, signed: false, tests: false, scan: false, verified: false, builders: [] },
      },
    }
    expect(await decided(gate('begin', facts))).toEqual(['yes', 'general'])
    expect(
      await decided(gate('begin', { ...facts, provenance: { ...nothing, tests: 'unknown', scanned: false } })),
    ).toEqual(['yes', 'general'])
  })

  it('is told everything that blocks it, and no findings for an unscanned version', async () => {
    const unscanned = { ...provenance, scanned: false, critical: 5, high: 5 }
    const facts = { stopped: true, frozen: true, full: true, insideWindow: false, provenance: unscanned }
    expect(await decided(gate('begin', facts))).toEqual([
      'no',
      ...['freeze', 'full', 'not-scanned', 'stop-the-line', 'window'],
    ])
  })
})

describe('a person', () => {
  it('approves what others requested, once', async () => {
    expect(await decided(personal('approve'))).toEqual(['yes', 'general'])
    expect(await decided(personal('approve', {}, 'ada'))).toEqual(['no', 'four-eyes'])
    expect(await decided(personal('approve', {}, 'cleo'))).toEqual(['no', 'approved-twice'])
    expect(await decided(personal('approve', { approvers: ['ada'] }, 'ada'))).toEqual([
      'no',
      'approved-twice',
      'four-eyes',
    ])
  })

  it('approves their own release if four eyes are not required, and any whose author is unknown', async () => {
    expect(await decided(personal('approve', { fourEyes: false }, 'ada'))).toEqual(['yes', 'general'])
    expect(await decided(personal('approve', { requesters: [] }, 'ada'))).toEqual(['yes', 'general'])
  })

  it('approves only if named, when names are configured', async () => {
    expect(await decided(personal('approve', { isNamed: false }))).toEqual(['no', 'approver-not-named'])
    expect(await decided(personal('override', { isNamed: false }))).toEqual(['yes', 'general'])
  })

  it('overrides only with a reason, even their own release', async () => {
    expect(await decided(personal('override', {}, 'ada'))).toEqual(['yes', 'general'])
    expect(await decided(personal('override', { reason: '' }))).toEqual(['no', 'override-reason'])
  })

  it('is not a source: a source approves and overrides nothing', async () => {
    for (const action of ['approve', 'override'] as const) {
      const { allowed, trouble } = await policies.decide({
        ...personal(action),
        principal: { kind: 'Source', id: 's3' },
      })
      expect(allowed).toBe(false)
      expect(trouble).toEqual([expect.stringContaining('Source')])
    }
  })
})

describe('the set of policies', () => {
  it('fits its schema', () => {
    expect(checkPolicies(text)).toEqual([])
  })

  // A policy that could be removed without any test failing would guard nothing.
  it('needs every one of its policies', async () => {
    const blocks = text.split(/\n(?=@id\()/).slice(1)
    expect(blocks.length).toBe(new Set([...gates.map(({ policy }) => policy), 'general', ...personally]).size)
    for (const block of blocks) {
      const without = policiesFrom(() => ({ policies: text.replace(block, ''), schema }))
      const id = /@id\("([^"]+)"\)/.exec(block)?.[1] ?? ''
      const question = deniedBy(id)
      if (question !== undefined) expect(await decided(question, without), id).toEqual(['yes', 'general'])
      else expect((await without.decide(gate('begin'))).allowed).toBe(false)
    }
  })
})

const personally = ['four-eyes', 'approver-not-named', 'approved-twice', 'override-reason']

function deniedBy(id: string): PolicyQuestion | undefined {
  if (id === 'four-eyes') return personal('approve', {}, 'ada')
  if (id === 'approver-not-named') return personal('approve', { isNamed: false })
  if (id === 'approved-twice') return personal('approve', {}, 'cleo')
  if (id === 'override-reason') return personal('override', { reason: '' })
  const facts = gates.find(({ policy }) => policy === id)?.facts
  return facts === undefined ? undefined : gate('begin', facts)
}
