// Whether queues and event source mappings are there. Nothing of a queue is read: its address says that it exists.
import { GetEventSourceMappingCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Consumed } from '../../ports.ts'
import type { ClientAt } from '../client-at.ts'
import { asProblem, isNamed, present } from '../failure.ts'

type Clients = { readonly sqs: ClientAt<SQSClient>; readonly lambda: ClientAt<LambdaClient> }

export function awsConsumed({ sqs, lambda }: Clients): Consumed {
  return {
    async hasQueue(place, QueueName) {
      try {
        await sqs(place).send(new GetQueueUrlCommand({ QueueName }))
        return true
      } catch (error) {
        if (isNamed(error, 'QueueDoesNotExist')) return false
        throw asProblem(error, `sqs:GetQueueUrl of ${QueueName}`)
      }
    },
    async invokedBy(place, UUID) {
      const call = `lambda:GetEventSourceMapping of ${UUID}`
      try {
        const { FunctionArn } = await lambda(place).send(new GetEventSourceMappingCommand({ UUID }))
        return present(FunctionArn, 'FunctionArn', call)
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return undefined
        throw asProblem(error, call)
      }
    },
  }
}
