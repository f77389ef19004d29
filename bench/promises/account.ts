// An account with many functions, seeded: their traffic of 28 days, releases of which some were bad, alarms, and deployment
// groups of CodeDeploy. Each kind of function that `adopt` must tell apart is among them.
import { CodeDeployClient, CreateApplicationCommand, CreateDeploymentGroupCommand } from '@aws-sdk/client-codedeploy'
import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { localCloud, type LocalCloudOptions } from '../../cloud/local/cloud.ts'
import type { LocalHandler } from '../../cloud/local/dispatch.ts'
import { inProcessRuntime } from '../../cloud/local/runtime/in-process-runtime.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { placeOf } from '../../local/clients.ts'

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 1)
export const days = 28
const releaseHour = 20 * 24
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const Role = 'arn:aws:iam::000000000000:role/x'

export type Fleet = ReturnType<typeof openFleet>

/** @param through sees every request, and may change it */
export function openFleet(
  options: Partial<LocalCloudOptions> = {},
  through: (handler: LocalHandler) => LocalHandler = (handler) => handler,
) {
  const clock = steppedClock(startMs)
  const runtime = inProcessRuntime({ code: () => ({}) }, clock)
  const cloud = localCloud({ ...options, clock, runtime })
  const place = placeOf(through(cloud.handler), 'operator')
  const lambda = new LambdaClient(place)
  return {
    ...{
      clock,
      cloud,
      place,
      lambda,
      cloudwatch: new CloudWatchClient(place),
      codedeploy: new CodeDeployClient(place),
    },
    close: () => cloud.close(),
  }
}

/** Makes a function with a version and, unless told otherwise, an alias on it. */
export async function addFunction(
  { lambda }: Pick<Fleet, 'lambda'>,
  FunctionName: string,
  {
    aliases = ['live'],
    version,
    tags,
  }: { aliases?: readonly string[]; version?: string; tags?: Record<string, string> } = {},
): Promise<void> {
  const Code = { ZipFile: bytes('code') }
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role,
      Code,
      Publish: true,
      ...(tags === undefined ? {} : { Tags: tags }),
    }),
  )
  for (const Name of aliases)
    await lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: version ?? '1' }))
}

/** Publishes another version now. */
export async function release({ lambda }: Pick<Fleet, 'lambda'>, FunctionName: string, at: string): Promise<void> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: bytes(`code ${at}`) }))
  await lambda.send(new PublishVersionCommand({ FunctionName }))
}

type Course = {
  /** Requests a minute by hour since the beginning. */
  readonly perMinute: (hour: number) => number
  readonly rate: number
  /** After the release so many hours fail this share of all. */
  readonly bad?: { readonly hours: number; readonly share: number }
  readonly alias?: string
}

/** As Lambda publishes them, one point an hour. */
export function addTraffic(
  { cloud }: Pick<Fleet, 'cloud'>,
  name: string,
  { perMinute, rate, bad, alias = 'live' }: Course,
): void {
  const dimensionSets = [{ FunctionName: name }, { FunctionName: name, Resource: `${name}:${alias}` }]
  for (let hour = 0; hour < days * 24; hour++) {
    const requests = Math.round(perMinute(hour) * 60)
    if (requests === 0) continue
    const isBad = bad !== undefined && hour >= releaseHour && hour < releaseHour + bad.hours
    const failed = Math.round(requests * (isBad ? bad.share : rate))
    const point = { namespace: 'AWS/Lambda', dimensionSets, atMs: startMs + hour * hourMs }
    const record = (metric: string, value: number, unit: string): void =>
      cloud.cloudwatch.record({ ...point, name: metric, value, unit })
    record('Invocations', requests, 'Count')
    record('Errors', failed, 'Count')
    record('Throttles', 0, 'Count')
    record('Duration', 40, 'Milliseconds')
  }
}

/** A day's sine, quieter on days 6 and 7. */
export const daily =
  (mean: number, amplitude = 0.6) =>
  (hour: number): number =>
    mean * (1 + amplitude * Math.sin((2 * Math.PI * hour) / 24)) * (Math.floor(hour / 24) % 7 >= 5 ? 0.6 : 1)

/** @returns the names of the functions, and of those that have an alias on a version */
export async function seedFleet(fleet: Fleet, count: number, seed: number) {
  const { clock, cloudwatch, codedeploy, lambda, cloud } = fleet
  const random = chance(seed, 'fleet')
  const made = Array.from({ length: count }, (_, index) => {
    const perMinute = 10 ** (-2.5 + 6.5 * random())
    return { name: `Team${index % 7}_fn-${index}`, perMinute, rate: 10 ** (-4 + 2.5 * random()), isBad: random() < 0.3 }
  })
  for (const { name } of made) await addFunction(fleet, name)
  await clock.advanceTo(startMs + releaseHour * hourMs)
  for (const { name, isBad } of made) if (isBad || random() < 0.5) await release(fleet, name, 'new')
  await clock.advanceTo(startMs + days * 24 * hourMs)
  for (const { name, perMinute, rate, isBad } of made)
    addTraffic(fleet, name, { perMinute: daily(perMinute), rate, ...(isBad ? { bad: { hours: 2, share: 0.4 } } : {}) })
  await codedeploy.send(new CreateApplicationCommand({ applicationName: 'delivery', computePlatform: 'Lambda' }))
  for (const [index, { name }] of made.entries()) {
    if (index % 5 === 0)
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          ...{
            AlarmName: `${name}-errors`,
            Namespace: 'AWS/Lambda',
            MetricName: 'Errors',
            Statistic: 'Sum',
            Period: 60,
          },
          ...{ EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' },
          Dimensions: [{ Name: 'FunctionName', Value: name }],
        }),
      )
    if (index % 6 === 0) {
      const Principal = index % 12 === 0 ? 'apigateway.amazonaws.com' : 'events.amazonaws.com'
      await lambda.send(
        new AddPermissionCommand({
          FunctionName: name,
          StatementId: 'a',
          Action: 'lambda:InvokeFunction',
          Principal,
          Qualifier: 'live',
        }),
      )
    }
    if (index % 8 === 0) {
      await codedeploy.send(
        new CreateDeploymentGroupCommand({
          ...{ applicationName: 'delivery', deploymentGroupName: name, serviceRoleArn: Role },
          deploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
          alarmConfiguration: { enabled: true, alarms: [{ name: `${name}-deploy` }] },
        }),
      )
      cloud.codedeploy.deployed('delivery', name, { functionName: name, alias: 'live', hooks: ['BeforeAllowTraffic'] })
    }
  }
  return made
}
