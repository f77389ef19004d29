// The queues that services name for their consumers. CloudWatch is silent about a queue that is misspelt as it is about a
// dead-letter queue to which nothing has come; so whether it is there is asked of SQS.
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { queueOf } from '../../core/consumers/consumer.ts'
import { isElsewhere } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import type { Account, Check } from './account.ts'
import { each, type Finding, ok, problem, unlessNamed } from './finding.ts'

export const consumers: Check = {
  id: 'consumers',
  right: 'The queues of consumers exist (signals.consumers).',
  asks: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
  async look(account) {
    const named = (await account.services()).flatMap(queuesOf)
    if (named.length === 0) return [ok('services', 'No service names a queue of this account and region.')]
    return each(
      named,
      ({ about }) => about,
      'sqs:GetQueueUrl',
      (one) => look(account, one),
    )
  },
}

type Named = { readonly queue: string; readonly about: string }

/** A queue is where its function is; those elsewhere are not looked up. */
const queuesOf = ({ name, targets, signals }: Service): readonly Named[] =>
  (signals.consumers ?? []).flatMap(({ function: consumer = targets[0]?.functionName ?? '', queue, deadLetters }) =>
    isElsewhere({ functionName: consumer })
      ? []
      : [queue, deadLetters].flatMap((one) =>
          one === undefined ? [] : [{ queue: queueOf(one), about: `${queueOf(one)} (${name})` }],
        ),
  )

/** Any call wakes a queue, so that CloudWatch has its points for six hours (docs/aws.md §2.1): it is asked for its messages. */
async function look({ sqs }: Account, { queue, about }: Named): Promise<readonly Finding[]> {
  const found = await unlessNamed(sqs.send(new GetQueueUrlCommand({ QueueName: queue })), 'QueueDoesNotExist')
  if (found === undefined)
    return [
      problem(about, 'There is no such queue here, so nothing is ever seen in it.', {
        words: 'Correct its name in `signals.consumers`, and apply the definition.',
      }),
    ]
  const AttributeNames = ['ApproximateNumberOfMessages' as const]
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl: found.QueueUrl, AttributeNames }))
  return [ok(about, 'It is there.')]
}
