// Every error in Lambda's model, from the SDK and from botocore 1.44.8: either no retry cures it, and it has its own code and
// fix, or it is retried. An SDK with a new error fails here until somebody decides.
import * as lambda from '@aws-sdk/client-lambda'
import { expect, it } from 'vitest'
import { asProblem } from '../../cloud/aws/failure.ts'
import type { ProblemCode } from '../../core/problem.ts'

const known = Object.entries(lambda)
  .filter(([, one]) => typeof one === 'function' && one.prototype instanceof lambda.LambdaServiceException)
  .map(([name]) => name)

const final: Readonly<Record<string, ProblemCode>> = {
  AliasLimitExceededException: 'aws_refused',
  CodeArtifactUserFailedException: 'version_failed',
  CodeSigningConfigNotFoundException: 'code_unsigned',
  CodeStorageExceededException: 'code_storage_full',
  CodeVerificationFailedException: 'code_unsigned',
  EC2AccessDeniedException: 'version_failed',
  EFSMountFailureException: 'version_failed',
  FunctionVersionsPerCapacityProviderLimitExceededException: 'code_storage_full',
  InvalidCodeSignatureException: 'code_unsigned',
  InvalidParameterValueException: 'aws_refused',
  InvalidRequestContentException: 'aws_refused',
  InvalidRuntimeException: 'version_failed',
  InvalidSecurityGroupIDException: 'version_failed',
  InvalidSubnetIDException: 'version_failed',
  InvalidZipFileException: 'code_refused',
  KMSAccessDeniedException: 'key_unusable',
  KMSDisabledException: 'key_unusable',
  KMSInvalidStateException: 'key_unusable',
  KMSNotFoundException: 'key_unusable',
  ModeNotSupportedException: 'aws_refused',
  NoPublishedVersionException: 'version_missing',
  RecursiveInvocationException: 'aws_refused',
  RequestTooLargeException: 'aws_refused',
  RuntimeAliasDeletedException: 'version_failed',
  RuntimeVersionDeletedException: 'version_failed',
  S3FilesMountFailureException: 'version_failed',
  SerializedRequestEntityTooLargeException: 'aws_refused',
  SnapStartException: 'version_failed',
  UnsupportedMediaTypeException: 'aws_refused',
}

/** Each with the reason. */
const retried: Readonly<Record<string, string>> = {
  CodeArtifactUserDeletedException: 'Lambda provisions another',
  CodeArtifactUserPendingException: 'until the function is Active',
  EC2ThrottledException: 'EC2 throttles',
  EC2UnexpectedException: 'EC2 failed',
  EFSIOException: 'the file system failed',
  EFSMountConnectivityException: 'the network failed',
  EFSMountTimeoutException: 'it took too long',
  ENILimitReachedException: 'interfaces become free',
  ENINotReadyException: 'the interface is being made',
  PreconditionFailedException: 'has a meaning of its own wherever a revision is sent',
  ResourceConflictException: 'Lambda is still at something',
  ResourceInUseException: 'Lambda is still at something',
  ResourceNotFoundException: 'has a meaning of its own wherever something is named',
  ResourceNotReadyException: 'the connection is being made again',
  S3FilesMountConnectivityException: 'the network failed',
  S3FilesMountTimeoutException: 'it took too long',
  ServiceException: 'Lambda failed',
  ServiceQuotaExceededException: 'of what is running: it becomes free',
  SnapStartNotReadyException: 'until the version is Active',
  SnapStartRegenerationFailureException: 'Lambda makes another snapshot',
  SnapStartTimeoutException: 'it took too long',
  SubnetIPAddressLimitReachedException: 'addresses become free',
  TooManyRequestsException: 'Lambda throttles',
}

/** Errors of operations that the controller does not use. */
const others = [
  'CallbackTimeoutException',
  'CapacityProviderLimitExceededException',
  'DurableExecutionAlreadyStartedException',
  'PolicyLengthExceededException',
  'ProvisionedConcurrencyConfigNotFoundException',
  'PublicPolicyException',
]

/** Already in botocore, but not in the SDK. */
const newer = ['RuntimeAliasDeletedException', 'RuntimeVersionDeletedException']

it('every Lambda error that the SDK knows is either final or retried, never both', () => {
  expect([...Object.keys(final), ...Object.keys(retried), ...others].sort()).toEqual(
    [...new Set([...known, ...newer])].sort(),
  )
})

const failing = (name: string): Error => Object.assign(new Error('in words of Lambda'), { name })

it.each(Object.entries(final))("%s becomes %s, with Lambda's message", (name, code) => {
  const problem = asProblem(failing(name), 'lambda:UpdateFunctionCode of orders')
  expect(problem).toMatchObject({ code })
  expect(problem.message).toContain('in words of Lambda')
  expect(problem.cause).toMatchObject({ name })
})

it.each([...Object.keys(retried), ...others])('%s is retried', (name) => {
  expect(asProblem(failing(name), 'lambda:Invoke of orders').code).toMatch(/^aws_(unavailable|throttled)$/)
})

it('errors of other services with the same names are still retried', () => {
  expect(asProblem(failing('InvalidParameterValueException'), 'cloudwatch:GetMetricData').code).toBe('aws_unavailable')
})
