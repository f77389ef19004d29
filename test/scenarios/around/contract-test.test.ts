// The example of a contract test: a candidate that its consumers can live with is promoted, and one that they cannot live with
// never gets traffic.
import { readFileSync } from 'node:fs'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { LocalFunction } from '../../../cloud/local/runtime/in-process-runtime.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'

type Answer = { readonly statusCode?: number; readonly body?: unknown }
type Target = { readonly function: string; readonly candidate: string }
type Invoke = (name: string, version: string, event: unknown) => Promise<unknown>
type Verifier = {
  readonly wrongIn: (response: unknown, answer: Answer | null) => readonly string[]
  readonly verified: (contract: unknown, targets: readonly Target[], invoke: Invoke) => Promise<unknown>
}
const folder = new URL('../../../examples/contract-test/', import.meta.url)
const { verified, wrongIn } = (await import(new URL('verify.mjs', folder).href)) as Verifier
const contract: unknown = JSON.parse(readFileSync(new URL('web-checkout.json', folder), 'utf8'))

let sandbox: Sandbox | undefined
afterEach(() => sandbox?.close())

type Http = { readonly rawPath?: string; readonly body?: string }
const prices =
  (total: unknown): LocalFunction =>
  (event) => {
    const { rawPath, body = '{}' } = event as Http
    if (rawPath !== '/price') return { total: 1 }
    const { cart } = JSON.parse(body) as { cart: readonly { cents: number }[] }
    return cart.length === 0
      ? { statusCode: 400, body: '{"error":"empty","more":"what nobody reads"}' }
      : { statusCode: 200, body: JSON.stringify({ total, currency: 'CHF', items: cart }) }
  }

async function released(version: string) {
  const opened = await openSandbox({
    functions: {
      good: prices(9900),
      bad: prices('99.00 CHF'),
      contract: (event) => verified(contract, (event as { targets: Target[] }).targets, invoke),
    },
  })
  sandbox = opened
  const invoke: Invoke = async (FunctionName, Qualifier, event) => {
    const Payload = new TextEncoder().encode(JSON.stringify(event))
    const answer = await opened.clients.lambda.send(new InvokeCommand({ FunctionName, Qualifier, Payload }))
    return JSON.parse(new TextDecoder().decode(answer.Payload)) as unknown
  }
  await opened.publish('contract', 'checkout-smoke')
  const text = readFileSync(new URL('service.yaml', folder), 'utf8').replace('checkout-contract', 'checkout-smoke')
  await opened.world.services.put(parseDefinition(parse(text)))
  const release = await opened.finish(await opened.start({ version: await opened.publish(version) }))
  return { release, sandbox: opened }
}

it('a candidate that answers as the contract says is promoted', async () => {
  const { release } = await released('good')
  expect(release.ending).toMatchObject({ outcome: 'promoted' })
})

it('a candidate that answers otherwise is rejected before it has traffic, and it is said what breaks whom', async () => {
  const { release, sandbox } = await released('bad')
  expect(release.ending).toMatchObject({ outcome: 'rejected' })
  expect(release.ending?.because).toContain(
    'version 2 breaks web, the price of a cart: $.body.total is string, not number',
  )
  expect(release.shifts).toEqual([])
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

describe('a contract', () => {
  const like = (rules: object, body: unknown, found: unknown) =>
    wrongIn({ body, matchingRules: rules }, { statusCode: 200, body: JSON.stringify(found) })

  it.each<[what: string, rules: object, body: unknown, found: unknown, wrong: readonly string[]]>([
    ['takes more than it asks for', {}, { a: 1 }, { a: 1, b: 2 }, []],
    ['misses what is not there', {}, { a: 1 }, {}, ['$.body.a is undefined, not number']],
    ['compares by equality without a rule', {}, { a: 1 }, { a: 2 }, ['$.body.a is not 1']],
    ['compares by type below a rule', { '$.body': { match: 'type' } }, { a: { b: 1 } }, { a: { b: 2 } }, []],
    [
      'sees another type there',
      { '$.body': { match: 'type' } },
      { a: 1 },
      { a: null },
      ['$.body.a is null, not number'],
    ],
    [
      'looks at every item',
      { '$.body.a': { match: 'type', min: 1 } },
      { a: [1] },
      { a: [1, 'x'] },
      ['$.body.a[1] is string, not number'],
    ],
    [
      'wants so many items',
      { '$.body.a': { match: 'type', min: 2 } },
      { a: [1] },
      { a: [1] },
      ['$.body.a has 1 items, not 2'],
    ],
    [
      'goes by a closer rule',
      { '$.body': { match: 'type' }, '$.body.a': { match: 'regex', regex: '^x' } },
      { a: 'x' },
      { a: 'y' },
      ['$.body.a does not look like ^x'],
    ],
  ])('%s', (_, rules, body, found, wrong) => {
    expect(like(rules, body, found)).toEqual(wrong)
  })

  it('is broken by another status, by what is no JSON, and by no answer', () => {
    expect(wrongIn({ body: {} }, { statusCode: 500, body: 'Internal' })).toEqual([
      'the status is 500, not 200',
      '$.body is undefined, not object',
    ])
    expect(wrongIn({ status: 204 }, null)).toEqual(['the status is undefined, not 204'])
  })
})
