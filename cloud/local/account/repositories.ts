// Amazon ECR, only repository policies. Which images exist, and what code they run, is set in s3.ts (putImage).
import { AwsError } from '../protocol/aws-error.ts'
import { text } from '../protocol/field.ts'
import { answerJson, type Input, type Operations } from '../protocol/json-protocol.ts'
import { account, defaultRegion, type LocalService } from '../protocol/service.ts'

export function localRepositories(): LocalService {
  const policies = new Map<string, string | undefined>()
  const named = (input: Input): string => {
    const name = text(input, 'repositoryName')
    const { registryId = account } = input
    if (policies.has(name) && registryId === account) return name
    const message = `The repository with name '${name}' does not exist in the registry with id '${String(registryId)}'`
    throw new AwsError('RepositoryNotFoundException', message)
  }
  const answer = (name: string): Record<string, unknown> => ({
    registryId: account,
    repositoryName: name,
    policyText: policies.get(name),
  })
  const operations: Operations = {
    CreateRepository(input) {
      const name = text(input, 'repositoryName')
      if (policies.has(name)) {
        const message = `The repository with name '${name}' already exists in the registry with id '${account}'`
        throw new AwsError('RepositoryAlreadyExistsException', message)
      }
      policies.set(name, undefined)
      const repositoryArn = `arn:aws:ecr:${defaultRegion}:${account}:repository/${name}`
      return { repository: { repositoryArn, registryId: account, repositoryName: name } }
    },
    GetRepositoryPolicy(input) {
      const name = named(input)
      if (policies.get(name) !== undefined) return answer(name)
      const message = `Repository policy does not exist for the repository with name '${name}' in the registry with id '${account}'`
      throw new AwsError('RepositoryPolicyNotFoundException', message)
    },
    SetRepositoryPolicy(input) {
      const name = named(input)
      const policy = text(input, 'policyText')
      if (!isObject(policy)) throw new AwsError('InvalidParameterException', 'Invalid parameter at PolicyText')
      policies.set(name, policy)
      return answer(name)
    },
    DeleteRepositoryPolicy(input) {
      const name = named(input)
      const before = answer(name)
      policies.set(name, undefined)
      return before
    },
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}
