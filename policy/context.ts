// Converts the facts of a question to the schema's types, in which people and fixed words are entities. Anything that does not
// fit is passed on unchanged, for the schema to refuse.
import type { Context } from '@cedar-policy/cedar-wasm/nodejs'
import type { PolicyQuestion } from '../core/gate/policy.ts'

export function contextOf(question: PolicyQuestion): Context {
  switch (question.action) {
    case 'approve':
    case 'override': {
      const { requesters, approvers, ...facts } = question.context
      const author = requesters.at(-1)
      return {
        ...facts,
        ...(author !== undefined && { author: { type: 'Person', id: author } }),
        requesters: requesters.map((id) => ({ type: 'Person', id })),
        approvers: approvers.map((id) => ({ type: 'Person', id })),
      }
    }
    default: {
      const { budget, provenance, required, ...facts } = question.context
      return {
        ...facts,
        ...(budget !== undefined && { budget: { ...budget, burning: { type: 'Burning', id: budget.burning } } }),
        provenance: { ...provenance, tests: { type: 'Tests', id: provenance.tests } },
        required: { ...required, builders: [...required.builders] },
      }
    }
  }
}
