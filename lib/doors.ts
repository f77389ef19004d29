// The controller's API: an HTTP API on which every route is authorised by IAM. It says to a function who calls; a function that
// is invoked directly cannot know that (docs/decisions/0055).
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { drillAlarmOf } from '../core/drill/drill.ts'
import { type Statement, statements } from '../core/service/attestations.ts'
import type { Verb } from '../functions/handlers.ts'
import {
  doorVerbs,
  gatewayRoutes,
  isOfService,
  readingNames,
  readingPath,
  type RouteName,
  routeOf,
} from '../functions/routes.ts'

/** People order a few times a day, and scripts do not have to order more than some dozen times a second. */
const throttle = { rateLimit: 50, burstLimit: 100 }
/**
 * A stream of events waits for them, and each that waits takes one of the executions that the account's functions have in common.
 * With this, those that wait 20 seconds take 120 at most.
 */
const waiting = `GET ${readingPath('events')}`
const waitingThrottle = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 20 }
// API Gateway waits no longer. One permission for each function: a template has 500 resources at most.
const timeout = Duration.seconds(29)

export function apiOf(
  scope: Construct,
  name: string,
  functions: Readonly<Record<Verb, lambda.IFunction>>,
): apigateway.HttpApi {
  const api = new apigateway.HttpApi(scope, 'Door', {
    apiName: name,
    description: 'Orders of people to Tidegate, and what they read. Every route is authorised by IAM.',
    createDefaultStage: false,
  })
  const accessLog = new logs.LogGroup(scope, 'DoorLog', {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  const stage = new apigateway.HttpStage(scope, 'DoorStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle,
    accessLogSettings: {
      destination: new apigateway.LogGroupLogDestination(accessLog),
      format: AccessLogFormat.custom(accessLine),
    },
  })
  // By its name alone: CloudFormation does not see that the stage needs the route to be there first.
  const { defaultChild } = stage.node
  if (defaultChild instanceof apigateway.CfnStage) defaultChild.routeSettings = { [waiting]: waitingThrottle }
  const authorizer = new HttpIamAuthorizer()
  const integrations = new Map(
    doorVerbs.map((verb) => [
      verb,
      new HttpLambdaIntegration(verb, functions[verb], { timeout, scopePermissionToRoute: false }),
    ]),
  )
  for (const { method, path, verb } of gatewayRoutes) {
    const integration = integrations.get(verb)
    if (integration === undefined) continue
    const routes = api.addRoutes({ path, methods: [apigateway.HttpMethod[method]], integration, authorizer })
    if (`${method} ${path}` === waiting) stage.node.addDependency(...routes)
  }
  return api
}

/** Who called which route, and what came of it; never what the body says. */
const accessLine = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  path: '$context.path',
  caller: '$context.identity.userArn',
  ip: '$context.identity.sourceIp',
  status: '$context.status',
  error: '$context.error.message',
})

/** What may be attested. A bundle is signed, and so it does not matter who hands it in. */
export type Attestable = Statement | 'bundle'
export const attestable: readonly Attestable[] = [...statements, 'bundle']
export const attestRoutes = (what: Attestable): readonly RouteName[] =>
  what === 'bundle' ? ['attest-bundle'] : [`attest-${what}`, `attest-${what}-of-subject`]

/** The alarms of drills are not the stack's: each drill creates its own, and deletes it. */
export const grantDrills = (api: apigateway.HttpApi, grantee: iam.IGrantable, service?: string): iam.Grant =>
  grantRoutes(api, grantee, ['drill', 'ask', 'abort'], service).combine(
    iam.Grant.addToPrincipal({
      grantee,
      actions: [
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:SetAlarmState',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:DeleteAlarms',
      ],
      resourceArns: [
        Stack.of(api).formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: drillAlarmOf(service ?? '*'),
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    }),
  )

/** The right to some routes. @param service of this service alone; without it, of every one */
export function grantRoutes(
  api: apigateway.HttpApi,
  grantee: iam.IGrantable,
  names: readonly RouteName[],
  service?: string,
): iam.Grant {
  const paths = names.flatMap((name) => {
    if (routeOf(name).everywhere === true) return service === undefined ? [`/${name}`] : []
    return [`/${name}/${service ?? '*'}`]
  })
  return grantPaths(api, grantee, 'POST', paths)
}

/** The right to read by the API. @param service what there is of this service alone; without it, everything */
export function grantReadings(api: apigateway.HttpApi, grantee: iam.IGrantable, service?: string): iam.Grant {
  const names = readingNames.filter((name) => service === undefined || isOfService(name) || ofNobody.has(name))
  const paths = names.map((name) =>
    readingPath(name)
      .replace('{service}', service ?? '*')
      .replace(/\{\w+\}/g, '*'),
  )
  return grantPaths(api, grantee, 'GET', paths)
}

/** What says nothing of any service. */
const ofNobody = new Set<string>(['problem', 'openapi'])

const grantPaths = (api: apigateway.HttpApi, grantee: iam.IGrantable, method: string, paths: readonly string[]) =>
  iam.Grant.addToPrincipal({
    grantee,
    actions: ['execute-api:Invoke'],
    resourceArns: paths.map((path) => api.arnForExecuteApi(method, path, '$default')),
  })
