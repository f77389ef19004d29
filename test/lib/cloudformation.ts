// A stand-in for CloudFormation over synthesised templates: what it does to functions, versions, aliases and our custom
// resources, for deployments in the middle of a release (docs/aws.md §10.3). It ignores everything else in a template.
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import type { Sandbox } from '../../local/sandbox.ts'

type Properties = Readonly<Record<string, unknown>>
type Resource = { readonly Type: string; readonly Properties: Properties; readonly DeletionPolicy?: string }
export type Deployable = { readonly Resources: Readonly<Record<string, Resource>> }
/** A deployed resource: `id` is its physical id, `version` the resolved number of a version. */
type Made = { readonly resource: Resource; readonly given: Properties; readonly id: string; readonly version?: string }

const stackId = 'arn:aws:cloudformation:us-east-1:000000000000:stack/shop/0b6f3a2e'
// In dependency order.
const types = [
  'AWS::Lambda::Function',
  'AWS::Lambda::Version',
  'AWS::Lambda::Alias',
  'Custom::TidegateAlias',
  'Custom::TidegateService',
]
const isOurs = (one: Resource): boolean =>
  /^Tidegate: /.test((one.Properties['Description'] as string | undefined) ?? '')

export function cloudFormation(sandbox: Sandbox) {
  const stack = new Map<string, Made>()
  let token = ''
  let deploys = 0
  const { lambda } = sandbox.clients

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const { Ref, 'Fn::GetAtt': att } = value as { Ref?: string; 'Fn::GetAtt'?: readonly [string, string] }
    if (Ref !== undefined) return stack.get(Ref)?.id ?? Ref
    if (att !== undefined) return stack.get(att[0])?.version ?? att.join('.')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(one)]))
  }
  const provision = async (RequestType: string, ResourceProperties: Properties): Promise<string> => {
    const answer = await sandbox.ask('provision', { RequestType, ResourceProperties })
    return (answer as { PhysicalResourceId: string }).PhysicalResourceId
  }
  const text = (properties: Properties, name: string): string => String(properties[name])
  const codeOf = (properties: Properties): Uint8Array =>
    new TextEncoder().encode(text(properties['Code'] as Properties, 'ZipFile'))
  const routing = (properties: Properties) => ({
    FunctionName: text(properties, 'FunctionName'),
    Name: text(properties, 'Name'),
    FunctionVersion: text(properties, 'FunctionVersion'),
  })

  async function create(resource: Resource, given: Properties): Promise<Made> {
    const FunctionName = text(given, 'FunctionName')
    switch (resource.Type) {
      case 'AWS::Lambda::Function':
        await lambda.send(
          new CreateFunctionCommand({
            FunctionName,
            Role: 'arn:aws:iam::000000000000:role/checkout',
            Handler: 'index.handler',
            Code: { ZipFile: codeOf(given) },
          }),
        )
        return { resource, given, id: FunctionName }
      case 'AWS::Lambda::Version': {
        const { Version = '', FunctionArn = '' } = await lambda.send(new PublishVersionCommand({ FunctionName }))
        const detail = {
          'stack-id': stackId,
          'physical-resource-id': `${FunctionArn.replace(/:\d+$/, '')}:${Version}`,
          'resource-type': resource.Type,
          'client-request-token': token,
          'status-details': { status: 'CREATE_COMPLETE' },
        }
        sandbox.cloud.events.emit({
          source: 'aws.cloudformation',
          detailType: 'CloudFormation Resource Status Change',
          detail,
        })
        return { resource, given, id: `${FunctionName}:${Version}`, version: Version }
      }
      case 'AWS::Lambda::Alias':
        await lambda.send(new CreateAliasCommand(routing(given)))
        return { resource, given, id: FunctionName }
      default:
        return { resource, given, id: await provision('Create', given) }
    }
  }

  async function update(made: Made, resource: Resource, given: Properties): Promise<Made> {
    switch (resource.Type) {
      case 'AWS::Lambda::Function':
        await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: made.id, ZipFile: codeOf(given) }))
        return { ...made, resource, given }
      case 'AWS::Lambda::Alias':
        // Its handler sends the whole routing of the template: weights that are not in it are removed.
        await lambda.send(
          new UpdateAliasCommand({ ...routing(given), RoutingConfig: { AdditionalVersionWeights: {} } }),
        )
        return { ...made, resource, given }
      case 'AWS::Lambda::Version':
        return made
      default:
        return { ...made, resource, given, id: await provision('Update', given) }
    }
  }

  async function remove({ resource, given, id, version }: Made): Promise<void> {
    if (resource.DeletionPolicy === 'Retain') return
    if (resource.Type.startsWith('Custom::')) await provision('Delete', given)
    else if (resource.Type === 'AWS::Lambda::Alias') await lambda.send(new DeleteAliasCommand(routing(given)))
    else
      await lambda.send(
        new DeleteFunctionCommand({
          FunctionName: id.split(':')[0],
          ...(version === undefined ? {} : { Qualifier: version }),
        }),
      )
  }

  const resourcesOf = (template: Deployable): readonly (readonly [string, Resource])[] =>
    Object.entries(template.Resources)
      .filter(([, one]) => types.includes(one.Type) && !isOurs(one))
      .sort(([, a], [, b]) => types.indexOf(a.Type) - types.indexOf(b.Type))

  /** `fails`: something else in the stack fails, and everything is rolled back. */
  async function deploy(
    template: Deployable,
    { revertDrift = false, fails = false, tokens = true } = {},
  ): Promise<void> {
    const before = new Map(stack)
    token = tokens ? `deploy-${++deploys}` : ''
    for (const [id, resource] of resourcesOf(template)) {
      const given = resolve(resource.Properties) as Properties
      const made = stack.get(id)
      const isChanged = made === undefined || JSON.stringify(made.given) !== JSON.stringify(given)
      // A drift-aware deployment resets every AWS resource to its template; custom resources have no readable state.
      const isReverted = revertDrift && resource.Type.startsWith('AWS::')
      if (made === undefined) stack.set(id, await create(resource, given))
      else if (isChanged || isReverted) stack.set(id, await update(made, resource, given))
    }
    if (fails) return rollBack(before)
    const wanted = new Set(resourcesOf(template).map(([id]) => id))
    for (const [id, made] of [...stack].reverse()) {
      if (wanted.has(id)) continue
      await remove(made)
      stack.delete(id)
    }
  }

  async function rollBack(before: ReadonlyMap<string, Made>): Promise<void> {
    // A failing deployment takes a while.
    await sandbox.minutes(1)
    const detail = {
      'stack-id': stackId,
      'client-request-token': token,
      'status-details': { status: 'UPDATE_ROLLBACK_IN_PROGRESS' },
    }
    sandbox.cloud.events.emit({
      source: 'aws.cloudformation',
      detailType: 'CloudFormation Stack Status Change',
      detail,
    })
    for (const [id, made] of [...stack].reverse()) {
      const old = before.get(id)
      if (old === undefined) await remove(made)
      else if (old !== made) await update(made, old.resource, old.given)
      if (old === undefined) stack.delete(id)
      else stack.set(id, old)
    }
  }

  return {
    deploy,
    async destroy(): Promise<void> {
      for (const [id, made] of [...stack].reverse()) {
        await remove(made)
        stack.delete(id)
      }
    },
  }
}
