// A function in another account or region, as its owner there sees it.
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { wayTo } from '../../../local/clients.ts'
import type { Sandbox } from '../../../local/sandbox.ts'

export type AwayFunction = ReturnType<typeof awayFunction>

/** A function elsewhere, with its owner's clients there. */
export function awayFunction(sandbox: Sandbox, key: string, region: string, name: string) {
  const { place } = sandbox.clientsFor(key)
  const lambda = wayTo(place)(new LambdaClient({ ...place, region }))
  const code = (text: string) => new TextEncoder().encode(text)
  return {
    lambda,
    create: async () => {
      const Role = 'arn:aws:iam::000000000000:role/orders'
      const common = { Role, Runtime: 'nodejs24.x', Handler: 'index.handler', Publish: true } as const
      await lambda.send(new CreateFunctionCommand({ FunctionName: name, Code: { ZipFile: code('v1') }, ...common }))
      await lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }))
    },
    queue: async (QueueName: string) => {
      await wayTo(place)(new SQSClient({ ...place, region })).send(new CreateQueueCommand({ QueueName }))
    },
    publish: async (version: string) => {
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: code(version) }))
      return (await lambda.send(new PublishVersionCommand({ FunctionName: name }))).Version ?? ''
    },
    // Without the SDK, because there are thousands of these.
    call: () =>
      sandbox.cloud.handler({
        method: 'POST',
        path: `/2015-03-31/functions/${name}/invocations`,
        query: new URLSearchParams({ Qualifier: 'live' }),
        headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/lambda/aws4_request` },
        body: code(JSON.stringify({ coupon: 'FRIEND' })),
      }),
    routing: async () => {
      const alias = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }))
      return [alias.FunctionVersion, alias.RoutingConfig?.AdditionalVersionWeights ?? {}]
    },
    move: (version: string) =>
      lambda.send(
        new UpdateAliasCommand({
          FunctionName: name,
          Name: 'live',
          FunctionVersion: version,
          RoutingConfig: { AdditionalVersionWeights: {} },
        }),
      ),
  }
}
