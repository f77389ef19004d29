// Decides with release.cedar and the service's own policies. Any error is reported and means no. Cedar alone would skip a policy
// that fails, and so allow what that policy forbids.
import { ownPoliciesMaxChars } from '../core/service/own-policies.ts'
import { readFileSync } from 'node:fs'
import type { Policies } from '../cloud/ports.ts'
import type { PolicyDecision, PolicyQuestion, PolicyReason } from '../core/gate/policy.ts'
import { type Cedar, withCedar } from './cedar.ts'
import { contextOf } from './context.ts'
import { misfits, readPolicies, type ReadPolicies, texts, words } from './read.ts'

/** Cedar texts. */
type Rules = { readonly policies: string; readonly schema: string }

/** The rules parsed by one evaluator instance. The instance caches them under their own text as the name. */
type Ready = { readonly cedar: Cedar; readonly rules: Rules; readonly policies: ReadPolicies['policies'] }

// On Lambda, both files lie beside the bundle (lib/bundle.ts).
const readFile = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const shipped = (): Rules => ({ policies: readFile('./release.cedar'), schema: readFile('./release.cedarschema') })

export const cedarPolicies = (): Policies => policiesFrom(shipped)

/** @param rules the rules that hold for every service; read at the first question */
export function policiesFrom(rules: () => Rules): Policies {
  let ready: Ready | undefined
  function decide(question: PolicyQuestion): PolicyDecision {
    try {
      return withCedar((cedar) => {
        if (ready?.cedar !== cedar) ready = prepare(cedar, rules())
        return answer(ready, question)
      })
    } catch (error) {
      return no([`The policies could not be evaluated: ${saying(error)}.`])
    }
  }
  return { decide: (question) => Promise.resolve(decide(question)), check: checkPolicies }
}

/** What is wrong with a service's own policies, in sentences; empty when they are valid. */
export function checkPolicies(text: string): readonly string[] {
  try {
    return withCedar((cedar) => readOwn(cedar, text, shipped().schema).wrong)
  } catch (error) {
    return [`The policies could not be read: ${saying(error)}.`]
  }
}

function prepare(cedar: Cedar, rules: Rules): Ready {
  const { policies, wrong } = readPolicies(cedar, rules.policies)
  if (wrong.length > 0) throw new Error(wrong.join(' '))
  demand(cedar.preparseSchema(rules.schema, rules.schema))
  demand(cedar.preparsePolicySet(rules.policies, { staticPolicies: texts(policies) }))
  return { cedar, rules, policies }
}

function demand(answer: ReturnType<Cedar['preparsePolicySet']>): void {
  if (answer.type === 'failure') throw new Error(answer.errors.map((error) => words(error)).join(' '))
}

function readOwn(cedar: Cedar, text: string, schema: string): ReadPolicies {
  if (text.length > ownPoliciesMaxChars)
    return {
      policies: new Map(),
      wrong: [`The policies have ${text.length} characters; at most ${ownPoliciesMaxChars} are read.`],
    }
  // The prefix keeps their ids apart from ours.
  const { policies, wrong } = readPolicies(cedar, text, 'own/')
  return { policies, wrong: [...wrong, ...misfits(cedar, policies, schema)] }
}

function answer({ cedar, rules, policies }: Ready, question: PolicyQuestion): PolicyDecision {
  const { principal, action, service, own } = question
  const { asked, all } = own === undefined ? { asked: none, all: policies } : together({ cedar, rules, policies }, own)
  const result = cedar.statefulIsAuthorized({
    principal: { type: principal.kind, id: principal.id },
    action: { type: 'Action', id: action },
    resource: { type: 'Service', id: service },
    context: contextOf(question),
    preparsedSchemaName: rules.schema,
    validateRequest: true,
    preparsedPolicySetId: asked.policies.size > 0 ? 'all' : rules.policies,
    entities: [],
  })
  if (result.type === 'failure')
    return no([...asked.wrong, ...result.errors.map((error) => `Not decided: ${words(error)}`)])
  const { decision, diagnostics } = result.response
  const failed = diagnostics.errors.map(({ policyId, error }) => `Policy ${policyId} failed: ${words(error)}`)
  const trouble = [...asked.wrong, ...failed]
  // A permit's reasons do not explain a denial, so report only the trouble.
  if (decision === 'allow' && trouble.length > 0) return no(trouble)
  const because = diagnostics.reason.map((id): PolicyReason => all.get(id)?.reason ?? { policy: id })
  return { allowed: decision === 'allow', because: because.toSorted(byPolicy), trouble }
}

/** The rules for every service and those of one, parsed under the name `all`. */
type Together = { readonly asked: ReadPolicies; readonly all: ReadPolicies['policies'] }
type Held = Together & { readonly rules: Rules; readonly own: string }

// The last ones of each instance: a gate asks many questions in a row about the same service.
const held = new WeakMap<Cedar, Held>()

function together({ cedar, rules, policies }: Ready, own: string): Together {
  const last = held.get(cedar)
  if (last?.own === own && last.rules.policies === rules.policies && last.rules.schema === rules.schema) return last
  const asked = readOwn(cedar, own, rules.schema)
  const all = new Map([...policies, ...asked.policies])
  // What the name meant before ends here, also when this fails.
  held.delete(cedar)
  if (asked.policies.size > 0) demand(cedar.preparsePolicySet('all', { staticPolicies: texts(all) }))
  held.set(cedar, { rules, own, asked, all })
  return { asked, all }
}

const none: ReadPolicies = { policies: new Map(), wrong: [] }

const no = (trouble: readonly string[]): PolicyDecision => ({ allowed: false, because: [], trouble })

const byPolicy = (a: PolicyReason, b: PolicyReason): number => (a.policy < b.policy ? -1 : 1)

const saying = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
