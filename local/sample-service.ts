// The sample service on the embedded cloud: checkout version 1 behind its alias, with its smoke test, alarm and definition.
import { readFileSync } from 'node:fs'
import { type CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { CreateAliasCommand, CreateFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { parse } from 'yaml'
import { parseDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'

const sampleRole = 'arn:aws:iam::000000000000:role/checkout'

/** As people write it. */
export const sampleDefinition = (): Readonly<Record<string, unknown>> =>
  parse(readFileSync(new URL('../examples/checkout/service.yaml', import.meta.url), 'utf8')) as Record<string, unknown>

export const sampleService = (changes: Readonly<Record<string, unknown>> = {}): Service =>
  parseDefinition({ ...sampleDefinition(), ...changes })

type Clients = { readonly lambda: LambdaClient; readonly cloudwatch: CloudWatchClient }

/** @param code the packages of version 1 and of the smoke test */
export async function createSample(
  clients: Clients,
  code: { readonly v1: Uint8Array; readonly smoke: Uint8Array },
): Promise<void> {
  const create = (name: string, zip: Uint8Array) =>
    clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: sampleRole,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile: zip },
        Timeout: 10,
        Publish: true,
      }),
    )
  await create('checkout', code.v1)
  await create('checkout-smoke', code.smoke)
  await clients.lambda.send(new CreateAliasCommand({ FunctionName: 'checkout', Name: 'live', FunctionVersion: '1' }))
  await clients.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'checkout-errors',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: 'checkout' },
        { Name: 'Resource', Value: 'checkout:live' },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 2,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    }),
  )
}

/**
 * Creates the bucket for the sample's packages as a deployment would: versioned, with EventBridge notifications.
 * @param put sends a PUT to S3
 */
export async function openArtifacts(put: (path: string, body: string) => Promise<unknown>): Promise<void> {
  await put('/artifacts', '')
  await put('/artifacts?versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>')
  await put(
    '/artifacts?notification',
    '<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>',
  )
}
