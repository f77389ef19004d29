// The aliases that are released: each exists, points to a published version that is active, and has weights only during a live
// release.
import {
  GetFunctionConfigurationCommand,
  ListProvisionedConcurrencyConfigsCommand,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda'
import { Problem } from '../../core/problem.ts'
import { isElsewhere } from '../../core/location.ts'
import { routingWords } from '../../core/service/routing.ts'
import { isObserved, type Service, type Target } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { Account, Check } from './account.ts'
import { type AwsCommand, awsCommand, each, type Finding, ok, problem } from './finding.ts'

type Named = { readonly service: Service; readonly target: Target }
const about = ({ service, target }: Named): string => `${target.functionName}:${target.alias} (${service.name})`

export const aliases: Check = {
  id: 'aliases',
  right: 'The aliases of all targets exist, point to active versions, and are not split without a release.',
  asks: [
    'lambda:GetAlias',
    'lambda:GetFunctionConfiguration',
    'lambda:ListProvisionedConcurrencyConfigs',
    'lambda:ListVersionsByFunction',
    'dynamodb:GetItem',
  ],
  async look(account) {
    const named = (await account.services()).flatMap((service) =>
      service.targets.map((target) => ({ service, target })),
    )
    if (named.length === 0) return [ok('services', 'No service is registered.')]
    return each(named, about, 'lambda:GetAlias', (one) => look(account, one))
  },
}

async function look(account: Account, one: Named): Promise<readonly Finding[]> {
  const { target, service } = one
  const place = { FunctionName: target.functionName, Name: target.alias }
  const routing = await account.backend.aliases.read(placedIn(service, target)).catch((error: unknown) => {
    if (error instanceof Problem && ['alias_missing', 'alias_on_latest'].includes(error.code)) return error
    throw error
  })
  if (routing instanceof Problem) {
    const verb = routing.code === 'alias_missing' ? 'create-alias' : 'update-alias'
    return [problem(about(one), routing.message, { commands: await onNewest(account, target, verb) })]
  }
  const { version, additional } = routing.routing
  // A split of what is only watched is for those to end who made it.
  if (
    additional !== undefined &&
    !isObserved(service) &&
    (await account.backend.leases.holder(service.name)) === undefined
  )
    return [
      problem(about(one), `It is split and no release is live: ${routingWords(routing.routing)}.`, {
        words: `All traffic to version ${version}; the command does nothing if somebody moves the alias meanwhile.`,
        commands: [
          awsCommand('lambda', 'update-alias', {
            ...{ ...place, FunctionVersion: version, RoutingConfig: { AdditionalVersionWeights: {} } },
            RevisionId: routing.revision,
          }),
        ],
      }),
    ]
  // In other accounts or regions, the caller may read the alias but perhaps not the version, so stop here.
  if (isElsewhere(target)) return [ok(about(one), `On version ${version}.`)]
  const { State, StateReason = '' } = await account.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: target.functionName, Qualifier: version }),
  )
  const provisioned = await provisionedOn(account, one, version)
  if (provisioned !== undefined) return [provisioned]
  if (State === 'Active' || State === 'Inactive') return [ok(about(one), `On version ${version}.`)]
  return [
    problem(about(one), `Version ${version}, which has the traffic, is ${State}. ${StateReason}`.trim(), {
      words: `Release a version that is active, or go back: tidegate rollback ${service.name}.`,
    }),
  ]
}

/** Releases of an alias that itself has provisioned concurrency are refused. */
async function provisionedOn({ lambda }: Account, one: Named, version: string): Promise<Finding | undefined> {
  const { functionName: FunctionName, alias } = one.target
  const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName })
  const { ProvisionedConcurrencyConfigs = [] } = await lambda.send(command)
  const found = ProvisionedConcurrencyConfigs.find(({ FunctionArn }) => FunctionArn?.endsWith(`:${alias}`) === true)
  if (found === undefined) return undefined
  const count = found.RequestedProvisionedConcurrentExecutions ?? 1
  const says = `The alias itself has provisioned concurrency (${count}): its releases are refused.`
  return problem(about(one), says, {
    words: 'Move it to the version. Between the two commands there is none, so choose a quiet hour.',
    commands: [
      awsCommand('lambda', 'delete-provisioned-concurrency-config', { FunctionName, Qualifier: alias }),
      awsCommand('lambda', 'put-provisioned-concurrency-config', {
        ...{ FunctionName, Qualifier: version, ProvisionedConcurrentExecutions: count },
      }),
    ],
  })
}

/** Points the alias to the newest published version; publishes a first version if there is none. */
async function onNewest(
  { lambda }: Account,
  { functionName, alias }: Target,
  verb: 'create-alias' | 'update-alias',
): Promise<readonly AwsCommand[]> {
  let newest = 0
  for await (const { Versions = [] } of paginateListVersionsByFunction(
    { client: lambda },
    { FunctionName: functionName },
  ))
    for (const { Version = '' } of Versions) if (/^\d+$/.test(Version)) newest = Math.max(newest, Number(Version))
  const publish = newest > 0 ? [] : [awsCommand('lambda', 'publish-version', { FunctionName: functionName })]
  const FunctionVersion = String(Math.max(newest, 1))
  return [...publish, awsCommand('lambda', verb, { FunctionName: functionName, Name: alias, FunctionVersion })]
}
