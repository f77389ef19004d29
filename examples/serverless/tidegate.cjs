// A plugin of the Serverless Framework: gives each function with the tag `tidegate` an alias that is made once, and lets
// everything that calls the function call the alias.
const alias = 'live'

// Parts of the function itself, which are no callers.
const own = new Set([
  'AWS::Lambda::Function',
  'AWS::Lambda::Version',
  'AWS::Lambda::Alias',
  'AWS::IAM::Role',
  'AWS::Logs::LogGroup',
])

class Tidegate {
  constructor(serverless) {
    this.serverless = serverless
    this.hooks = { 'after:aws:package:finalize:mergeCustomProviderResources': () => this.addAliases() }
  }

  addAliases() {
    const { service } = this.serverless
    const { naming } = this.serverless.getProvider('aws')
    const template = service.provider.compiledCloudFormationTemplate
    for (const name of service.getAllFunctions()) {
      const { tags = {}, versionFunction = service.provider.versionFunctions } = service.getFunction(name)
      if (tags.tidegate === undefined) continue
      if (versionFunction === false)
        throw new Error(`${name} has the tag tidegate, and no versions: set versionFunctions.`)
      const id = naming.getLambdaLogicalId(name)
      const aliasId = `${id}Live`
      const version = Object.keys(template.Resources).find(
        (one) =>
          template.Resources[one].Type === 'AWS::Lambda::Version' &&
          template.Resources[one].Properties.FunctionName.Ref === id,
      )
      for (const resource of Object.values(template.Resources))
        if (!own.has(resource.Type)) resource.Properties = calling(resource.Properties, id, aliasId)
      template.Resources[aliasId] = {
        Type: 'AWS::Lambda::Alias',
        DependsOn: version === undefined ? [] : [version],
        // CloudFormation leaves it alone as long as nothing in it changes: Tidegate moves it.
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { FunctionName: { Ref: id }, Name: alias, FunctionVersion: '1' },
      }
    }
  }
}

/** The same, with the alias wherever the function was named. */
function calling(value, id, aliasId) {
  if (Array.isArray(value)) return value.map((one) => calling(one, id, aliasId))
  if (typeof value !== 'object' || value === null) return value
  const [resource, attribute] = value['Fn::GetAtt'] ?? []
  if (value.Ref === id || (resource === id && attribute === 'Arn')) return { Ref: aliasId }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, calling(one, id, aliasId)]))
}

module.exports = Tidegate
