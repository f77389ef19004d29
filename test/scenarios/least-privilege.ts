// The sample services under the policies that the stack gives to the controller: a scenario that needs an ungranted permission
// fails.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { enforcing, synthesised } from '../lib/policies.ts'

const checkout = parse(
  readFileSync(new URL('../../examples/checkout/service.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>
const targets = ['checkout', 'cart'].map((name) => ({ function: name, alias: 'live' }))

export const sampleDefinition = { ...checkout, targets }

export const { authorize } = enforcing(synthesised([sampleDefinition]))
