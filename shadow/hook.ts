// The wiring of the hook: a Lambda function that a team installs (lib/shadow) and names in `hooks` of its service.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { configsIn, environmentsMost } from '../core/shadow/config.ts'
import { awsPorts } from './aws.ts'
import { shadowHook } from './try.ts'

// The SDK opens 50 connections by default (@smithy/node-http-handler): the 51st call would wait for one, and be measured as slow.
const agent = { maxSockets: environmentsMost }
/** A call that is sent again would be measured with both. */
export const calling = { maxAttempts: 1, requestHandler: { httpAgent: agent, httpsAgent: agent } }

let made: ReturnType<typeof shadowHook> | undefined

function make(): ReturnType<typeof shadowHook> {
  const ports = awsPorts({
    ...{
      lambda: new LambdaClient(calling),
      dynamodb: new DynamoDBClient({}),
      cloudwatch: new CloudWatchClient({}),
      hookName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
      table: process.env['TIDEGATE_SAMPLES'] ?? '',
    },
    ...{ nowMs: Date.now, random: Math.random, log: (line) => console.log(JSON.stringify(line)) },
    rest: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    download: async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer()),
  })
  return shadowHook(ports, configsIn(process.env['TIDEGATE_SHADOWS'] ?? ''))
}

export const handler: ReturnType<typeof shadowHook> = (event, context) => {
  made ??= make()
  return made(event, context)
}
