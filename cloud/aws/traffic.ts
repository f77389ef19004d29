// Lambda aliases. Only this file converts basis points to fractions, and every write carries the revision that it expects.
import { CreateAliasCommand, GetAliasCommand, paginateListAliases, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import type { AliasConfiguration, LambdaClient } from '@aws-sdk/client-lambda'
import { Problem } from '../../core/problem.ts'
import { type Routing, routingWords } from '../../core/service/routing.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Aliases, AliasState, Traffic } from '../ports.ts'
import type { ClientAt } from './client-at.ts'
import { allPages, asProblem, isNamed, present } from './failure.ts'

export const awsAliases = (lambda: ClientAt<LambdaClient>): Aliases => ({
  async read(target) {
    const call = `lambda:GetAlias of ${words(target)}`
    try {
      const command = new GetAliasCommand({ FunctionName: target.functionName, Name: target.alias })
      return aliasState(await lambda(target).send(command), call)
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) throw aliasMissing(target, error)
      throw asProblem(error, call)
    }
  },
})

/** Every alias of a function, with the versions that it points at. @throws Problem `version_missing` */
export async function aliasesOf(
  client: LambdaClient,
  FunctionName: string,
): Promise<readonly { readonly name: string; readonly versions: readonly string[] }[]> {
  const call = `lambda:ListAliases of ${FunctionName}`
  const found = await allPages(
    paginateListAliases({ client }, { FunctionName }),
    ({ Aliases }) => Aliases,
    call,
    FunctionName,
  )
  return found.map((alias) => ({
    name: present(alias.Name, 'Name', call),
    versions: [
      present(alias.FunctionVersion, 'FunctionVersion', call),
      ...Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {}),
    ],
  }))
}

export function awsTraffic(lambda: ClientAt<LambdaClient>): Traffic {
  return {
    ...awsAliases(lambda),
    async write(target, routing, expectedRevision) {
      const call = `lambda:UpdateAlias of ${words(target)}`
      try {
        const command = new UpdateAliasCommand({
          FunctionName: target.functionName,
          Name: target.alias,
          FunctionVersion: routing.version,
          // An empty map removes weights; omitting it would keep the existing ones.
          RoutingConfig: { AdditionalVersionWeights: weightsOf(routing) },
          RevisionId: expectedRevision,
        })
        return aliasState(await lambda(target).send(command), call)
      } catch (error) {
        throw writeProblem(error, target, routing, call)
      }
    },
    async create(target, version) {
      const call = `lambda:CreateAlias of ${words(target)}`
      try {
        const { functionName: FunctionName, alias: Name } = target
        await lambda().send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: version }))
        return true
      } catch (error) {
        if (isNamed(error, 'ResourceConflictException')) return false
        // Lambda names only the function, whether the function or the version is missing.
        if (isNamed(error, 'ResourceNotFoundException'))
          throw new Problem('version_missing', `There is no ${target.functionName}:${version}.`, { cause: error })
        throw asProblem(error, call)
      }
    },
  }
}

function weightsOf({ additional }: Routing): Record<string, number> {
  return additional === undefined ? {} : { [additional.version]: additional.weightBp / 10_000 }
}

function routingOf(version: string, weights: Readonly<Record<string, number>> | undefined): Routing {
  const [additional] = Object.entries(weights ?? {}).filter(([, weight]) => weight > 0)
  if (additional === undefined) return { version }
  // Somebody else may have set a weight below one basis point: that is little traffic, but not none.
  const weightBp = Math.max(1, Math.round(additional[1] * 10_000))
  return { version, additional: { version: additional[0], weightBp } }
}

type Named = Pick<AliasPlace, 'functionName' | 'alias'>

const words = ({ functionName, alias }: Named): string => `${functionName}:${alias}`

function aliasState(alias: AliasConfiguration, call: string): AliasState {
  const version = present(alias.FunctionVersion, 'FunctionVersion', call)
  return {
    routing: routingOf(version, alias.RoutingConfig?.AdditionalVersionWeights),
    revision: present(alias.RevisionId, 'RevisionId', call),
  }
}

const aliasMissing = (target: Named, cause: Error): Problem =>
  new Problem('alias_missing', `There is no alias ${words(target)}.`, { cause })

/** The messages are those in docs/aws.md §1.1, recorded from Lambda. */
function writeProblem(error: unknown, target: Named, routing: Routing, call: string): Problem {
  if (isNamed(error, 'PreconditionFailedException')) {
    return new Problem('traffic_moved', `Alias ${words(target)} is no longer what it was.`, { cause: error })
  }
  if (isNamed(error, 'ResourceNotFoundException')) {
    const version = /:function:[^:]+:([0-9]+|\$LATEST)\b/.exec(error.message)?.[1]
    if (version === undefined) return aliasMissing(target, error)
    return new Problem('version_missing', `${target.functionName} has no version ${version}.`, { cause: error })
  }
  if (isNamed(error, 'InvalidParameterValueException') && error.message.includes('same execution role')) {
    const sentence = `Lambda refused ${routingWords(routing)} for ${words(target)}: their execution roles differ.`
    return new Problem('roles_differ', sentence, { cause: error })
  }
  return asProblem(error, call)
}
