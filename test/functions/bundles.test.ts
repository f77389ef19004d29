// The functions as Lambda gets them: small, and with no SDK client in them that they do not use.
import { expect, it } from 'vitest'
import { verbs } from '../../functions/handlers.ts'
import { bundle } from '../../lib/bundle.ts'

const clients: Readonly<Record<string, readonly string[]>> = {
  gate: ['codepipeline', 'dynamodb', 'lambda'],
  intake: ['dynamodb', 'sfn'],
  admit: ['dynamodb', 'lambda', 'sfn'],
  prepare: ['cloudwatch', 'dynamodb', 'lambda'],
  hook: ['dynamodb', 'lambda', 'sfn'],
  shift: ['dynamodb', 'lambda'],
  bake: ['dynamodb', 'sfn'],
  judge: ['cloudwatch', 'dynamodb', 'lambda'],
  rollBack: ['dynamodb', 'lambda'],
  page: ['dynamodb', 'sns'],
  settle: ['dynamodb', 'sfn', 'sns'],
  handOver: ['dynamodb', 'sfn', 'sns'],
  pause: ['dynamodb', 'sfn'],
  promote: ['dynamodb', 'sfn'],
  answer: ['dynamodb', 'sfn'],
  stop: ['dynamodb', 'lambda', 'sfn'],
  announce: ['dynamodb', 'eventbridge'],
  alarm: ['dynamodb', 'lambda', 'sfn'],
  budget: ['cloudwatch', 'dynamodb', 'eventbridge', 'sns'],
  attest: ['dynamodb'],
  incident: ['dynamodb'],
  provision: ['dynamodb', 'lambda', 'sfn'],
  reconcile: ['dynamodb', 'lambda', 'sfn', 'sns'],
}

it.each(verbs)('%s is under 768 kB and carries only its own clients', (verb) => {
  const made = bundle(verb)
  expect(made.clients).toEqual(clients[verb])
  expect(made.code.length).toBeLessThan(768 * 1024)
})
