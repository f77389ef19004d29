// Reads policies from Cedar text, and reports errors as sentences. Each policy must have an @id, so that an answer can name it.
import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs'
import type { PolicyReason } from '../core/gate/policy.ts'
import type { Cedar } from './cedar.ts'

type ReadPolicy = { readonly text: string; readonly reason: PolicyReason }

export type ReadPolicies = {
  /** By id. */
  readonly policies: ReadonlyMap<string, ReadPolicy>
  /** Empty when all policies are valid. Otherwise `policies` may lack some. */
  readonly wrong: readonly string[]
}

/** @param prefix put before every id, to keep the ids of two texts apart */
export function readPolicies(cedar: Cedar, text: string, prefix = ''): ReadPolicies {
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure')
    return { policies: new Map(), wrong: parts.errors.map((error) => parseWords(text, error)) }
  const policies = new Map<string, ReadPolicy>()
  const wrong = parts.policy_templates.map(
    (template) => `A template is not linked and does nothing: ${start(template)}`,
  )
  for (const part of parts.policies) {
    const read = readPolicy(cedar, part, prefix)
    if (typeof read === 'string') wrong.push(read)
    else if (policies.has(read.reason.policy)) wrong.push(`Two policies are called ${read.reason.policy}.`)
    else policies.set(read.reason.policy, read)
  }
  return { policies, wrong }
}

function readPolicy(cedar: Cedar, text: string, prefix: string): ReadPolicy | string {
  const answer = cedar.policyToJson(text)
  if (answer.type === 'failure') return answer.errors.map((error) => parseWords(text, error)).join(' ')
  const { id = '', gate, says } = answer.json.annotations ?? {}
  if (id === '') return `A policy has no @id("..."), so no answer could name it: ${start(text)}`
  const policy = prefix + id
  return {
    text,
    reason: { policy, ...(gate !== undefined && { gate }), ...(says !== undefined && { says }) },
  }
}

/** Policies that do not fit the schema. Warnings count as errors, because they mean that a policy can never apply. */
export function misfits(cedar: Cedar, policies: ReadPolicies['policies'], schema: string): readonly string[] {
  const answer = cedar.validate({ schema, policies: { staticPolicies: texts(policies) } })
  if (answer.type === 'failure') return answer.errors.map((error) => words(error))
  const said = (all: typeof answer.validationErrors): readonly string[] =>
    // Sort, because Cedar returns no fixed order.
    all.map(({ policyId, error }) => `Policy ${policyId}: ${words(error)}`).toSorted()
  return [
    ...said(answer.validationErrors),
    ...said(answer.validationWarnings),
    ...answer.otherWarnings.map((warning) => words(warning)),
  ]
}

export const texts = (policies: ReadPolicies['policies']): Record<string, string> =>
  Object.fromEntries([...policies].map(([id, { text }]) => [id, text]))

/** Cedar's message and its advice, as one sentence. */
export function words({ message, help }: DetailedError): string {
  const said = message.replace(/^for policy `[^`]*`[,:] /, '')
  return `${said}${help === null ? '' : ` (${help})`}.`
}

function parseWords(text: string, error: DetailedError): string {
  const [at] = error.sourceLocations ?? []
  const label = at?.label ?? undefined
  const sentence = `${words(error).slice(0, -1)}${label === undefined ? '' : `, ${label}`}.`
  // Offsets are in bytes.
  const line = at === undefined ? undefined : Buffer.from(text).subarray(0, at.start).toString().split('\n').length
  return line === undefined ? sentence : `Line ${line}: ${sentence}`
}

const start = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 60)}...` : line
}
