// What a guard looks at has to be there: a queue, a dead-letter queue or a mapping that is not is told when the definition is
// applied and when a release is prepared, and nothing moves. On the embedded cloud under the stack's policies.
import { CreateEventSourceMappingCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
/** Event source mappings: one that invokes checkout, and one of a function that is none of ours. */
let [ours, others] = ['', '']
const nobody = '0123abcd-0123-4567-89ab-0123456789ab'

type Consumer = Readonly<Record<string, unknown>>
const definition = (...consumers: readonly Consumer[]) => ({
  ...{ name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }] },
  plan: { steps: [{ weight: 50, bake: '5m' }] },
  signals: { errors: { minimumSamples: 5 }, latency: 'off', consumers },
})
const queues = { name: 'orders', queue: 'orders', oldestSeconds: 300, deadLetters: 'orders-dead', advisory: ['age'] }
const mapped = (mapping: string): Consumer => ({ name: 'batches', mapping, failedEvents: 5, advisory: ['failed'] })
const arn = (name: string, region = 'us-east-1', account = '000000000000') => `arn:aws:sqs:${region}:${account}:${name}`

beforeEach(async () => {
  let authorize: ReturnType<typeof enforcing>['authorize'] = () => true
  sandbox = await openSandbox({ authorize: (asked) => authorize(asked), sweepMinutes: 5, perMinute: 60 })
  const { lambda, sqs } = sandbox.clients
  const { EventSourceMappings: [first] = [] } = await lambda.send(new ListEventSourceMappingsCommand({}))
  const made = await lambda.send(
    new CreateEventSourceMappingCommand({
      ...{ FunctionName: 'checkout:live', StartingPosition: 'TRIM_HORIZON', EventSourceArn: first?.EventSourceArn },
      FilterCriteria: { Filters: [{ Pattern: '{"none":["x"]}' }] },
    }),
  )
  ;[ours, others] = [made.UUID ?? '', first?.UUID ?? '']
  for (const QueueName of ['orders', 'orders-dead', 'elsewhere']) await sqs.send(new CreateQueueCommand({ QueueName }))
  const named = [queues, { ...queues, name: 'gone', queue: 'misspelt', deadLetters: 'misspelt-dead' }]
  const consumers = [...named, mapped(ours), { ...mapped(others), name: 'other' }, { ...mapped(nobody), name: 'none' }]
  authorize = enforcing(synthesised([definition(...consumers)])).authorize
})
afterEach(() => sandbox.close())

const apply = (...consumers: readonly Consumer[]) =>
  sandbox.orderAs('ann')('apply', 'checkout', { definition: definition(...consumers) })

it('a definition is applied and a release promoted where all of it is there, by name or by ARN', async () => {
  await apply({ ...queues, queue: arn('orders') }, mapped(ours))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
})

const site = 'account 000000000000, region us-east-1'
it.each<[string, () => Consumer, string]>([
  [
    'a queue that is not there',
    () => ({ ...queues, queue: 'misspelt' }),
    `\`queue\` of consumer orders names misspelt, and there is no such queue in ${site}.`,
  ],
  [
    'a dead-letter queue that is not there',
    () => ({ ...queues, deadLetters: 'misspelt-dead' }),
    `\`deadLetters\` of consumer orders names misspelt-dead, and there is no such queue in ${site}.`,
  ],
  [
    'a mapping that is not there',
    () => mapped(nobody),
    `\`mapping\` of consumer batches names ${nobody}, and there is no such event source mapping in ${site}.`,
  ],
  [
    'the mapping of another function',
    () => mapped(others),
    `\`mapping\` of consumer batches names OTHERS, and that mapping invokes tidegate-announce and not checkout.`,
  ],
  [
    'a queue of another account, though one of its name is here',
    () => ({ ...queues, queue: arn('orders', 'us-east-1', '111111111111') }),
    `\`queue\` of consumer orders names ${arn('orders', 'us-east-1', '111111111111')}, and its metrics are looked for where checkout is: ${site}.`,
  ],
  [
    'a queue of another region',
    () => ({ ...queues, deadLetters: arn('orders-dead', 'eu-west-1') }),
    `\`deadLetters\` of consumer orders names ${arn('orders-dead', 'eu-west-1')}, and its metrics are looked for where checkout is: ${site}.`,
  ],
])('%s is refused when it is applied, and when a release is prepared', async (_, consumer, sentence) => {
  const words = sentence.replace('OTHERS', others)
  await expect(apply(consumer())).rejects.toMatchObject({ code: 'consumed_missing', message: words })
  await expect(sandbox.world.services.get('checkout')).rejects.toMatchObject({ code: 'service_missing' })
  // As it was applied before there was such a check.
  await sandbox.world.services.put(parseDefinition(definition(consumer())))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  const because = expect.stringContaining(`${words} Correct the name in \`signals.consumers\``) as string
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rejected', because })
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('a queue that was deleted since refuses the next release, all that is missing is named, and a way back goes on', async () => {
  await apply(queues)
  const { ending } = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
  expect(ending).toMatchObject({ outcome: 'promoted' })
  for (const name of ['orders', 'orders-dead']) {
    const QueueUrl = `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`
    await sandbox.clients.sqs.send(new DeleteQueueCommand({ QueueUrl }))
  }
  const next = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v4') }))
  expect(next.ending?.because).toMatch(/names orders, and .* names orders-dead, and there is no such queue/)
  await sandbox.ask('orderRollback', { verb: 'undo', service: 'checkout', by: 'ann', reason: 'it is slow' })
  await sandbox.minutes(5)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('what may not be looked for is not taken to be there', async () => {
  const unknown = { ...queues, queue: 'elsewhere' }
  await expect(apply(unknown)).rejects.toMatchObject({
    code: 'permission_denied',
    message: expect.stringMatching(/sqs:getqueueurl/i) as string,
  })
  await sandbox.world.services.put(parseDefinition(definition(unknown)))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending).toMatchObject({
    outcome: 'rejected',
    because: expect.stringMatching(/sqs:getqueueurl/i) as string,
  })
})
