// The sample services on the embedded cloud: checkout version 1 behind its alias, with its smoke test, alarm and definition, and
// payments, for those who serve.
import { readFileSync } from 'node:fs'
import { type CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { parse } from 'yaml'
import { parseDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'

const sampleRole = 'arn:aws:iam::000000000000:role/checkout'

/** As people write it. */
export const sampleDefinition = (name: 'checkout' | 'payments' = 'checkout'): Readonly<Record<string, unknown>> =>
  parse(readFileSync(new URL(`../examples/${name}/service.yaml`, import.meta.url), 'utf8')) as Record<string, unknown>

export const sampleService = (changes: Readonly<Record<string, unknown>> = {}): Service =>
  parseDefinition({ ...sampleDefinition(), ...changes })

type Clients = { readonly lambda: LambdaClient; readonly cloudwatch: CloudWatchClient }

/** @param code the packages of version 1 and of the smoke test */
export async function createSample(
  clients: Clients,
  code: { readonly v1: Uint8Array; readonly smoke: Uint8Array },
): Promise<void> {
  await createFunction(clients, 'checkout', code.v1)
  await createFunction(clients, 'checkout-smoke', code.smoke)
  await createAlias(clients, 'checkout')
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

const createFunction = ({ lambda }: Pick<Clients, 'lambda'>, name: string, ZipFile: Uint8Array) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: sampleRole,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile },
      Timeout: 10,
      Publish: true,
    }),
  )

const createAlias = ({ lambda }: Pick<Clients, 'lambda'>, FunctionName: string) =>
  lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))

/** The second service, whose releases need another person's approval. */
export async function createPayments(clients: Pick<Clients, 'lambda'>, code: Uint8Array): Promise<void> {
  await createFunction(clients, 'payments', code)
  await createAlias(clients, 'payments')
}

/** What the pipeline of a sample does with a new build. @returns the version's number */
export async function publishSample(
  { lambda }: Pick<Clients, 'lambda'>,
  FunctionName: string,
  ZipFile: Uint8Array,
): Promise<string> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
  return (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version ?? ''
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
