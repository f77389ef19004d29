// Lambda versions: describes them, and publishes an artifact as a new version, pinned to the code that was uploaded.
//
// `publish` keeps no state between calls. Each call asks Lambda how far the previous one came:
//   1. GetFunctionConfiguration. While an update is in progress (ours or not), there is nothing to do but come back later.
//   2. Compute the package's hash ourselves (package-hash.ts). If the function has it, an earlier call uploaded the artifact. A
//      crash before this point costs nothing.
//   3. Otherwise UpdateFunctionCode, guarded by the RevisionId from step 1. If the guard fails, the code decides: the wanted hash
//      means that the answer to our own call was lost; any other hash means that another publisher was faster (`code_changed`).
//   4. PublishVersion with that CodeSha256. Lambda refuses if the code was replaced since (`code_changed`), and returns the
//      existing version if nothing changed since the last publish. We do not guard it by RevisionId: publishing changes the
//      revision, so repeating a call whose answer was lost would be refused.
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import type { FunctionConfiguration, LambdaClient } from '@aws-sdk/client-lambda'
import { type Artifact, candidateWords } from '../../core/service/candidate.ts'
import { Problem } from '../../core/problem.ts'
import type { Versions, VersionState } from '../ports.ts'
import type { ClientAt } from './client-at.ts'
import { provisionedIn, provisionedOf } from './concurrency.ts'
import { configurationOf } from './version-configuration.ts'
import { asProblem, isNamed, present, translated } from './failure.ts'
import type { PackageHash } from './package-hash.ts'

/**
 * @param lambda looks, and publishes at home
 * @param hashOf computes the hash of a package; needed only to publish
 * @param moving wakes versions: invoking them is more than looking
 */
export function awsVersions(
  lambda: ClientAt<LambdaClient>,
  hashOf: PackageHash = noPackages,
  moving: ClientAt<LambdaClient> = lambda,
): Versions {
  return {
    async describe(target, version) {
      const { functionName } = target
      const call = `lambda:GetFunctionConfiguration of ${functionName}:${version}`
      return versionState(await configuration(lambda(target), functionName, version), version, call)
    },
    provisioned: (target) => provisionedOf(lambda(target), target.functionName, provisionedIn),
    async wake(target, version) {
      const { functionName: FunctionName } = target
      const Payload = new TextEncoder().encode(JSON.stringify({ tidegate: 'wake' }))
      const command = new InvokeCommand({ FunctionName, Qualifier: version, Payload })
      await translated(`lambda:InvokeFunction of ${FunctionName}:${version}`, moving(target).send(command))
    },
    async publish(functionName, artifact, description) {
      const client = lambda()
      const before = await configuration(client, functionName)
      if (isBusy(before)) return undefined
      const wanted = await hashOf(artifact)
      const isThere = before.CodeSha256 === wanted && before.LastUpdateStatus !== 'Failed'
      if (!isThere && !(await upload(client, functionName, artifact, { before, wanted }))) return undefined
      return publishPinned(client, functionName, wanted, description)
    },
  }
}

const noPackages: PackageHash = () => Promise.reject(new Error('bug: publishing needs a function that hashes packages'))

async function configuration(
  client: LambdaClient,
  functionName: string,
  version?: string,
): Promise<FunctionConfiguration> {
  const place = version === undefined ? functionName : `${functionName}:${version}`
  try {
    return await client.send(
      new GetFunctionConfigurationCommand({
        FunctionName: functionName,
        ...(version === undefined ? {} : { Qualifier: version }),
      }),
    )
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) {
      throw new Problem('version_missing', `There is no ${place}.`, { cause: error })
    }
    throw asProblem(error, `lambda:GetFunctionConfiguration of ${place}`)
  }
}

const states: Readonly<Record<string, VersionState['state']>> = {
  Active: 'active',
  Pending: 'pending',
  Inactive: 'sleeping',
}

/** A state in which Lambda does not run the version counts as failed, also one that AWS adds later. */
function versionState(found: FunctionConfiguration, version: string, call: string): VersionState {
  const lambdaState = present(found.State, 'State', call)
  const state = states[lambdaState] ?? 'failed'
  const reason = found.StateReason ?? (state === 'failed' ? `its state is ${lambdaState}` : undefined)
  return {
    version: found.Version ?? version,
    state,
    ...(reason === undefined ? {} : { stateReason: reason }),
    role: present(found.Role, 'Role', call),
    codeSha256: present(found.CodeSha256, 'CodeSha256', call),
    // The AWS Signer job that signed the code (API reference of FunctionConfiguration).
    isSigned: (found.SigningJobArn ?? '') !== '',
    ...(found.SigningProfileVersionArn === undefined ? {} : { signingProfile: found.SigningProfileVersionArn }),
    ...billingOf(found),
    ...(found.Timeout === undefined ? {} : { timeoutSeconds: found.Timeout }),
    configuration: configurationOf(found),
  }
}

function billingOf({ MemorySize, Architectures }: FunctionConfiguration): Pick<VersionState, 'billing'> {
  if (MemorySize === undefined) return {}
  // Functions that are older than Lambda's Arm64 support name no architecture.
  return { billing: { memoryMb: MemorySize, architecture: Architectures?.[0] ?? 'x86_64' } }
}

const isBusy = (found: FunctionConfiguration): boolean =>
  found.State === 'Pending' || found.LastUpdateStatus === 'InProgress'

function codeOf(artifact: Artifact) {
  return artifact.kind === 'image'
    ? { ImageUri: artifact.uri }
    : { S3Bucket: artifact.bucket, S3Key: artifact.key, S3ObjectVersion: artifact.versionId }
}

type Basis = { readonly before: FunctionConfiguration; readonly wanted: string }

/** @returns whether the code is already in place; false while Lambda is still updating it */
async function upload(client: LambdaClient, functionName: string, artifact: Artifact, basis: Basis): Promise<boolean> {
  const call = `lambda:UpdateFunctionCode of ${functionName}`
  try {
    const command = new UpdateFunctionCodeCommand({
      FunctionName: functionName,
      ...codeOf(artifact),
      RevisionId: present(basis.before.RevisionId, 'RevisionId', call),
    })
    const after = await client.send(command)
    if (after.CodeSha256 !== basis.wanted) throw codeChanged(functionName)
    return !isBusy(after)
  } catch (error) {
    if (isNamed(error, 'ResourceConflictException')) return false
    if (!isNamed(error, 'PreconditionFailedException')) throw uploadProblem(error, artifact, call)
    if ((await configuration(client, functionName)).CodeSha256 === basis.wanted) return false
    throw codeChanged(functionName, error)
  }
}

async function publishPinned(
  client: LambdaClient,
  functionName: string,
  codeSha256: string,
  description: string,
): Promise<string | undefined> {
  const call = `lambda:PublishVersion of ${functionName}`
  try {
    const command = new PublishVersionCommand({
      FunctionName: functionName,
      CodeSha256: codeSha256,
      Description: description.slice(0, 256),
    })
    return present((await client.send(command)).Version, 'Version', call)
  } catch (error) {
    if (isNamed(error, 'ResourceConflictException')) return undefined
    if (isNamed(error, 'InvalidParameterValueException') && /CodeSHA256/i.test(error.message)) {
      throw codeChanged(functionName, error)
    }
    throw asProblem(error, call)
  }
}

const codeChanged = (functionName: string, cause?: Error): Problem =>
  new Problem('code_changed', `Another publisher replaced the code of ${functionName}.`, cause && { cause })

// Lambda fetches the artifact with the caller's permissions. What S3 or ECR answered is only in the message.
const artifactTrouble = /S3 Error Code|GetObject|denied by S3|Source image|ECR image|image manifest/i

function uploadProblem(error: unknown, artifact: Artifact, call: string): Problem {
  if (error instanceof Error && error.message.includes('kms:Decrypt')) {
    const sentence = `Lambda could not decrypt ${candidateWords(artifact)}: ${error.message.slice(0, 500)}`
    return new Problem('key_unusable', sentence, { cause: error })
  }
  if (error instanceof Error && artifactTrouble.test(error.message)) {
    const sentence = `Lambda could not read ${candidateWords(artifact)}: ${error.message.slice(0, 300)}`
    return new Problem('artifact_missing', sentence, { cause: error })
  }
  return asProblem(error, call)
}
