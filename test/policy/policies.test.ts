// What a service's own policies can and cannot do; any fault is a denial that says so.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import type { PolicyQuestion } from '../../core/gate/policy.ts'
import { memoryCloud } from '../memory/memory.ts'
import { cedarPolicies, checkPolicies, policiesFrom } from '../../policy/policies.ts'
import { clear, gate, personal } from './questions.ts'

const read = (name: string): string => readFileSync(new URL(`../../policy/${name}`, import.meta.url), 'utf8')
const rules = { policies: read('release.cedar'), schema: read('release.cedarschema') }
const policies = cedarPolicies()

const begin = 'principal, action == Action::"begin", resource'
const friday = `// No new releases by upload.
@id("by-pipeline") @gate("source") @says("Releases of checkout begin in the pipeline.")
forbid (${begin}) when { context.source != "pipeline" };`

describe("a service's own policies", () => {
  it("forbid more, and are reported as the service's own", async () => {
    expect(checkPolicies(friday)).toEqual([])
    expect(await policies.decide(gate('begin', {}, friday))).toEqual({
      allowed: false,
      because: [{ policy: 'own/by-pipeline', gate: 'source', says: 'Releases of checkout begin in the pipeline.' }],
      trouble: [],
    })
    expect((await policies.decide(gate('begin', { source: 'pipeline' }, friday))).allowed).toBe(true)
    expect((await policies.decide(gate('goOn', {}, friday))).allowed).toBe(true)
  })

  it('may be empty', async () => {
    expect(checkPolicies('')).toEqual([])
    expect((await policies.decide(gate('begin', {}, '// None yet.'))).allowed).toBe(true)
  })

  it('may reuse our ids and replace nothing', async () => {
    const own = '@id("freeze") permit (principal, action, resource);'
    const { allowed, because } = await policies.decide(gate('begin', { frozen: true }, own))
    expect(allowed).toBe(false)
    expect(because.map(({ policy }) => policy)).toEqual(['freeze'])
  })

  it('can ask for the author, who may be unknown', async () => {
    const own = '@id("known") forbid (principal, action == Action::"approve", resource) unless { context has author };'
    expect((await policies.decide({ ...personal('approve'), own })).allowed).toBe(true)
    expect((await policies.decide({ ...personal('approve', { requesters: [] }), own })).allowed).toBe(false)
  })

  it('are those of this question, not of the previous one', async () => {
    const forbidding = '@id("never") forbid (principal, action, resource);'
    expect((await policies.decide(gate('begin', {}, forbidding))).allowed).toBe(false)
    const permitting = '@id("ever") permit (principal, action, resource);'
    expect((await policies.decide(gate('begin', {}, permitting))).allowed).toBe(true)
    expect((await policies.decide(gate('begin'))).allowed).toBe(true)
    expect((await policies.decide(gate('begin', {}, forbidding))).allowed).toBe(false)
    expect((await policies.decide(gate('begin', {}, permitting))).allowed).toBe(true)
  })

  it('are judged beside the policies for all services of the one who asks', async () => {
    const own = '@id("ever") permit (principal, action, resource);'
    const closed = policiesFrom(() => ({ ...rules, policies: `${rules.policies}\n@id("closed") forbid (${begin});` }))
    expect((await policies.decide(gate('begin', {}, own))).allowed).toBe(true)
    expect((await closed.decide(gate('begin', {}, own))).because).toEqual([{ policy: 'closed' }])
    expect((await policies.decide(gate('begin', {}, own))).allowed).toBe(true)
  })
})

/** Own policies with an error, and its message. */
const broken: readonly (readonly [string, string, RegExp])[] = [
  ['does not parse', '@id("a")\nforbid (principal, action,', /^Line 2: unexpected end of input, expected /],
  ['has no id', `forbid (${begin});`, /^A policy has no @id\("\.\.\."\), so no answer could name it: forbid \(/],
  ['has an id twice', `@id("a") forbid (${begin});`.repeat(2), /^Two policies are called own\/a\.$/],
  ['is a template', '@id("a") forbid (principal == ?principal, action, resource);', /^A template is not linked/],
  [
    'reads what is not there',
    `@id("a") forbid (${begin}) when { context.wieghtBp > 5 };`,
    /`wieghtBp`.*did you mean `weightBp`/,
  ],
  [
    'reads what may not be there',
    `@id("a") forbid (${begin}) when { context.budget.leftBp < 5 };`,
    /optional attribute `budget`/,
  ],
  [
    'reads what its action has not',
    '@id("a") forbid (principal, action, resource) when { context.frozen };',
    /`frozen`.*"approve"/,
  ],
  [
    'misspells a word',
    `@id("a") forbid (${begin}) when { context.provenance.tests == Tests::"pased" };`,
    /`"pased"` is not declared/,
  ],
  [
    'misspells an action',
    '@id("a") forbid (principal, action == Action::"begni", resource);',
    /did you mean `Action::"begin"`/,
  ],
  ['compares apples', `@id("a") forbid (${begin}) when { context.weightBp == "all" };`, /^Policy own\/a: /],
  [
    'can never apply',
    `@id("a") forbid (${begin}) when { context.stopped && !context.stopped && false };`,
    /policy is impossible/,
  ],
  ['is too long', `// ${'x'.repeat(10_000)}`, /^The policies have 10003 characters; at most 10000 are read\.$/],
]

describe('own policies of which one', () => {
  it.each(broken)('%s are refused, and deny', async (_, own, says) => {
    expect(checkPolicies(own)[0]).toMatch(says)
    const { allowed, because, trouble } = await policies.decide(gate('begin', { source: 'cli' }, own))
    expect(allowed).toBe(false)
    expect(because.filter(({ policy }) => policy === 'general')).toEqual([])
    expect(trouble[0]).toMatch(says)
  })

  it('fails at evaluation deny: Cedar alone would skip it', async () => {
    const own = `@id("big") forbid (${begin}) when { context.weightBp * 9223372036854775807 > 0 };`
    expect(checkPolicies(own)).toEqual([])
    expect((await policies.decide(gate('begin', { weightBp: 1 }, own))).trouble).toEqual([])
    expect(await policies.decide(gate('begin', { weightBp: 2 }, own))).toEqual({
      allowed: false,
      because: [],
      trouble: [expect.stringMatching(/^Policy own\/big failed: integer overflow/) as string],
    })
  })

  it('is wrong do not hide what else blocks the release', async () => {
    const { because, trouble } = await policies.decide(gate('begin', { frozen: true }, 'forbid ('))
    expect(because.map(({ policy }) => policy)).toEqual(['freeze'])
    expect(trouble).toHaveLength(1)
  })
})

describe('docs/policy.md', () => {
  const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')

  it('has examples that are valid', () => {
    const indented = page.split('\n').filter((line) => line.startsWith('    '))
    const from = indented.findIndex((line) => line.includes('// Uploads'))
    const to = indented.findIndex((line) => line.includes('Policy own/half'))
    const examples = indented.slice(from, to).join('\n')
    expect(examples.match(/@id/g)).toHaveLength(3)
    expect(checkPolicies(examples)).toEqual([])
    expect(checkPolicies(examples.replace('weightBp', 'wieghtBp'))).toContain(indented[to]?.trim())
  })

  it('names every policy and every fact', () => {
    const ids = [...rules.policies.matchAll(/^@id\("(.+)"\)/gm)].map(([, id]) => id ?? '')
    const facts = [...rules.schema.matchAll(/^ {2}(\w+)\??: (?!\[|Gate|Order)/gm)].map(([, fact]) => fact ?? '')
    expect(ids.length).toBeGreaterThan(15)
    expect(facts.length).toBeGreaterThan(25)
    const named = [...page.matchAll(/`[\w.-]*?([\w-]+)`/g)].map(([, word]) => word ?? '')
    expect(
      [...ids, ...facts].filter(
        (word) => !named.includes(word) && !['approvals', 'provenance', 'required'].includes(word),
      ),
    ).toEqual([])
  })
})

const asked = (context: unknown): PolicyQuestion => ({ ...gate('begin'), context }) as PolicyQuestion
const { frozen: _, ...withoutFrozen } = clear

describe('a question', () => {
  it.each([
    ['with a fact too many', asked({ ...clear, mood: 'good' }), /`mood` should not exist/],
    [
      'with a fact too many inside',
      asked({ ...clear, budget: { ...clear.budget, mood: 1 } }),
      /`mood` should not exist/,
    ],
    ['with a fact too few', asked(withoutFrozen), /attribute `frozen`/],
    ['with an unknown word', asked({ ...clear, budget: { ...clear.budget, burning: 'panic' } }), /"panic"/],
    ['with half a budget', asked({ ...clear, budget: { known: true } }), /^Not decided: /],
    ['with a broken number', asked({ ...clear, weightBp: 0.5 }), /^Not decided: /],
    ['with no number', asked({ ...clear, weightBp: Number.NaN }), /^Not decided: /],
    ['with a text for a truth', asked({ ...clear, stopped: 'false' }), /^Not decided: /],
    ['without facts', asked(undefined), /^The policies could not be evaluated: /],
    [
      'about an unknown action',
      { ...gate('begin'), action: 'steal' } as unknown as PolicyQuestion,
      /`Action::"steal"` does not exist/,
    ],
    [
      'of a principal of another kind',
      { ...gate('begin'), principal: { kind: 'Robot', id: 'r' } } as unknown as PolicyQuestion,
      /Robot/,
    ],
    [
      'with the facts of another action',
      { ...personal('approve'), context: clear } as PolicyQuestion,
      /^The policies could not/,
    ],
  ])('%s is not answered but denied', async (_, question, says) => {
    const { allowed, because, trouble } = await policies.decide(question)
    expect({ allowed, because }).toEqual({ allowed: false, because: [] })
    expect(trouble).toEqual([expect.stringMatching(says)])
  })
})

describe('the evaluator', () => {
  // WebAssembly has its own stack, so policies that are within the size limit may still be nested too deep for it.
  const deep = `@id("deep") forbid (${begin}) when { ${'('.repeat(4_000)}true${')'.repeat(4_000)} };`

  it('denies after a crash, says so, and has recovered for the next question', async () => {
    expect(checkPolicies(deep)).toEqual([expect.stringMatching(/^The policies could not be read: /)])
    expect(await policies.decide(gate('begin', {}, deep))).toEqual({
      allowed: false,
      because: [],
      trouble: [expect.stringMatching(/^The policies could not be evaluated: /) as string],
    })
    expect((await policies.decide(gate('begin'))).allowed).toBe(true)
    expect(checkPolicies(friday)).toEqual([])
  })

  it.each([
    ['cannot be read', () => expect.fail('no such file'), /^The policies could not be evaluated: no such file\.$/],
    [
      'do not parse',
      () => ({ ...rules, policies: `${rules.policies}\nforbid (` }),
      /Line \d+: unexpected end of input/,
    ],
    ['have no id', () => ({ ...rules, policies: 'permit (principal, action, resource);' }), /no @id/],
    ['have no schema', () => ({ ...rules, schema: 'entity' }), /^The policies could not be evaluated: /],
    [
      'read a fact that is not there',
      () => ({ ...rules, policies: `${rules.policies}\n@id("x") forbid (${begin}) when { context.mood == "bad" };` }),
      /^Policy x failed: .*`mood`/,
    ],
  ])('denies if the policies for all services %s', async (_, from, says) => {
    const { allowed, because, trouble } = await policiesFrom(from).decide(gate('begin'))
    expect({ allowed, because }).toEqual({ allowed: false, because: [] })
    expect(trouble).toEqual([expect.stringMatching(says)])
  })

  it('can be made to fail on request, like every in-memory port', async () => {
    const cloud = memoryCloud({ clock: { nowMs: () => 0 } })
    cloud.faults.next('policies.decide', 'down')
    await expect(cloud.policies.decide(gate('begin'))).rejects.toThrow('AWS failed policies.decide')
    expect((await cloud.policies.decide(gate('begin'))).allowed).toBe(true)
  })
})

const truth = fc.boolean()
const number = fc.integer({ min: -20_000, max: 20_000 })
const anyFact = {
  weightBp: number,
  urgent: truth,
  overridden: truth,
  source: fc.string({ unit: 'binary' }),
  stopped: truth,
  insideWindow: truth,
  frozen: truth,
  disturbed: truth,
  configuring: truth,
  tight: truth,
  full: truth,
  budget: fc.option(fc.record({ known: truth, leftBp: number, burning: fc.constantFrom('no', 'ticket', 'page') }), {
    nil: undefined,
  }),
  approvals: fc.record({ missing: number, declined: truth }),
  provenance: fc.record({
    commit: truth,
    signed: truth,
    tests: fc.constantFrom('passed', 'failed', 'unknown'),
    scanned: truth,
    critical: number,
    high: number,
    bound: truth,
    replaced: truth,
    verified: fc.constant(true),
  }),
  required: fc.record({
    commit: truth,
    signed: truth,
    tests: truth,
    scan: truth,
    criticalMax: number,
    highMax: number,
    verified: truth,
    builders: fc.constant([]),
  }),
}
// Half of the facts keep their unblocked values, so that the answer can flip.
/** So many facts at most are other than those that nothing blocks: else few questions would be answered with yes. */
const mostOther = 6
const anyContext = fc
  .tuple(fc.record(anyFact), fc.subarray(Object.keys(anyFact) as (keyof typeof anyFact)[], { maxLength: mostOther }))
  .map(([facts, names]) => ({ ...clear, ...Object.fromEntries(names.map((name) => [name, facts[name]])) }))

const condition = fc.oneof(
  fc.constantFrom('context.urgent', 'context.frozen', 'context.overridden', 'context.insideWindow', 'true'),
  number.map((bp) => `context.weightBp > ${bp}`),
  number.map((bp) => `(context has budget && context.budget.leftBp * ${bp} < 9223372036854775807)`),
  fc.string({ unit: 'binary' }).map((word) => `context.source == ${JSON.stringify(word)}`),
)

const ownPolicy = fc
  .tuple(
    fc.constantFrom('permit', 'forbid'),
    fc.constantFrom('action == Action::"begin"', 'action in [Action::"begin", Action::"goOn"]'),
    fc.constantFrom('principal', 'principal is Source', 'principal == Source::"s3"'),
    fc.array(fc.tuple(fc.constantFrom('when', 'unless'), condition), { maxLength: 3 }),
  )
  .map(
    ([effect, action, principal, clauses]) =>
      `${effect} (${principal}, ${action}, resource) ${clauses.map(([word, one]) => `${word} { ${one} }`).join(' ')};`,
  )

const ownText = fc
  .array(ownPolicy, { maxLength: 4 })
  .map((all) => all.map((one, index) => `@id("${['freeze', 'general', 'full', 'x'][index]}") ${one}`).join('\n'))

describe('for any question', () => {
  it('own policies never turn a denial into a permission', async () => {
    const seen = { yes: 0, no: 0, forbidden: 0 }
    await fc.assert(
      fc.asyncProperty(anyContext, ownText, fc.constantFrom('begin', 'goOn'), async (facts, own, action) => {
        const question = { ...gate('begin'), action, context: facts } as PolicyQuestion
        const plain = await policies.decide(question)
        const more = await policies.decide({ ...question, own })
        seen[plain.allowed ? 'yes' : 'no'] += 1
        if (more.because.some(({ policy }) => policy.startsWith('own/')) && !more.allowed) seen.forbidden += 1
        if (more.allowed) expect(plain.allowed).toBe(true)
        if (!plain.allowed) expect(more.because).toEqual(expect.arrayContaining([...plain.because]))
        if (!more.allowed) expect(more.because.length + more.trouble.length).toBeGreaterThan(0)
      }),
      { numRuns: repeats(150, 50), seed: 20261125 },
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(repeats(10, 3))
  })

  it('an answer is given, never thrown, and a fault is a denial', async () => {
    const anything = fc.oneof(anyContext, fc.anything(), fc.dictionary(fc.string(), fc.anything()))
    await fc.assert(
      fc.asyncProperty(anything, fc.option(fc.string({ unit: 'binary' }), { nil: undefined }), async (facts, own) => {
        const question = { ...gate('begin'), context: facts, ...(own !== undefined && { own }) } as PolicyQuestion
        const { allowed, because, trouble } = await policies.decide(question)
        expect(allowed).toBe(trouble.length === 0 && because.every(({ policy }) => /^(own\/.*|general)$/.test(policy)))
      }),
      { numRuns: repeats(100, 25), seed: 20261125 },
    )
  })
})
