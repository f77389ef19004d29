// Events that the controller could not handle, kept in the queues of its functions and of the rules that call them.
import { ListRuleNamesByTargetCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge'
import { GetFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda'
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import type { Verb } from '../../functions/handlers.ts'
import type { Account, Check } from './account.ts'
import { each, type Finding, ok, problem, unlessNamed } from './finding.ts'

/** The functions that events call. */
const heardBy: readonly Verb[] = ['intake', 'alarm', 'reconcile']

export const keptEvents: Check = {
  id: 'kept-events',
  right: 'No events that the controller could not handle are waiting.',
  asks: [
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'lambda:GetFunctionEventInvokeConfig',
    'events:ListRuleNamesByTarget',
    'events:ListTargetsByRule',
    'lambda:GetFunctionConfiguration',
  ],
  async look(account) {
    const queues = new Set<string>()
    for (const verb of heardBy) for (const arn of await queuesOf(account, verb)) queues.add(arn)
    if (queues.size > 0) return each([...queues], nameOf, 'sqs:GetQueueAttributes', (arn) => waiting(account, arn))
    const says =
      'Neither its functions nor its rules name a queue for events that cannot be handled: such events are lost.'
    return [problem(account.prefix, says, { words: 'Deploy the controller again.', cdk: 'npx cdk deploy' })]
  },
}

const nameOf = (arn: string): string => arn.split(':').at(-1) ?? arn
const isQueue = (arn: string | undefined): arn is string => arn?.split(':')[2] === 'sqs'

async function queuesOf({ lambda, events, controllerFunction }: Account, verb: Verb): Promise<readonly string[]> {
  const { FunctionName, FunctionArn: TargetArn } = (await controllerFunction(verb)) ?? {}
  if (FunctionName === undefined || TargetArn === undefined) return []
  const asked = lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }))
  const own = (await unlessNamed(asked, 'ResourceNotFoundException'))?.DestinationConfig?.OnFailure?.Destination
  const found = [own]
  for (const Rule of (await events.send(new ListRuleNamesByTargetCommand({ TargetArn }))).RuleNames ?? []) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }))
    found.push(...Targets.filter(({ Arn }) => Arn === TargetArn).map((target) => target.DeadLetterConfig?.Arn))
  }
  return found.filter(isQueue)
}

async function waiting({ sqs }: Account, arn: string): Promise<readonly Finding[]> {
  const name = nameOf(arn)
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }))
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  )
  const count = Number(Attributes?.['ApproximateNumberOfMessages'])
  if (!Number.isFinite(count)) throw new Error(`${name} does not say how much it holds.`)
  if (count === 0) return [ok(name, 'It is empty.')]
  return [
    problem(name, `${count} event(s) that the controller could not handle are waiting.`, {
      words: '`tidegate lost list` names them. Mend the cause, then `tidegate lost retry` (docs/operate.md).',
    }),
  ]
}
