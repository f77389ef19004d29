// Turns every way of requesting a release into one normal form: the service or artifact, the candidate, the provenance, and a key
// that identifies the same request when it arrives again.
import * as z from 'zod'
import { Artifact, type Candidate, type Provenance, VersionByFunction } from '../service/candidate.ts'
import { isPlain } from '../foreign-text.ts'
import { isElsewhere } from '../location.ts'
import { functionAt, type Home, isEvent, isSame, origin, type Site, siteOf, siteWords } from '../origin.ts'
import { releaseIdForm } from './log-key.ts'
import { imageOf, registryHost } from '../service/artifacts.ts'
import { type Plan, PlanDefinition } from '../service/plan.ts'
import { plain, plainName, plainSentence } from '../plain-name.ts'
import { Problem, readInput } from '../problem.ts'
import { Version } from '../service/routing.ts'
import { type Service, ServiceName } from '../service/service.ts'

/** The request names a service, or applies to every service that the artifact triggers. */
export type ReleaseRequest = {
  readonly service?: string
  readonly candidate: Candidate
  readonly provenance: Provenance
  /** The same request has the same key: `s3/bucket/key/version`, `ecr/repository@digest`, `version/function:42`, `call/...`. */
  readonly key: string
  readonly tag?: string
  /** Where an event came from; a call has none. */
  readonly origin?: Site
  readonly plan?: Plan
  readonly reason?: string
  /** A security fix in the fast lane. */
  readonly urgent?: true
  /** The plan may be bolder than the service's. */
  readonly bolder?: true
  /** A rehearsal of the way back, in which the candidate gets this share. */
  readonly drill?: { readonly weightBp: number }
  /** The frozen release whose forward fix this is. */
  readonly fixes?: string
}

const [text, name] = [z.string().min(1).max(500), plainName(500)]
const releaseId = z.string().regex(releaseIdForm, 'not the id of a release').optional()
const when = z.iso.datetime({ offset: true }).optional()

/** S3 calls what was written without versioning `null`, and the next object without versioning replaces it. */
const isPinned = (versionId: string): boolean => versionId !== 'null'
const unpinned = 'the bucket must be versioned: what has the version-id null can be replaced'

/** A direct call: by the API, the CLI, or as the input of CodePipeline's StepFunctions action. */
export const ReleaseCall = z
  .strictObject({
    service: ServiceName,
    version: Version.optional().describe('A published version, of the one target of the service.'),
    versions: VersionByFunction.optional().describe('A published version for each function.'),
    artifact: Artifact.refine((artifact) => Object.values(artifact).every(isPlain), plainSentence)
      .refine((artifact) => artifact.kind !== 's3' || isPinned(artifact.versionId), {
        path: ['versionId'],
        error: unpinned,
      })
      .optional()
      .describe('Code from which the controller publishes a version.'),
    plan: PlanDefinition.optional().describe('Another plan than that of the service, for this release.'),
    source: z.enum(['codepipeline', 'api', 'cli']).default('api'),
    requestId: z
      .string()
      .regex(/^[A-Za-z0-9_.:-]{1,128}$/)
      .optional()
      .describe('The same id asks for the same release.'),
    commit: name.optional(),
    committedAt: when.describe('When the commit was made, for the lead time.'),
    build: name.optional(),
    author: name.optional(),
    reason: text.optional(),
    fixes: releaseId.describe('The frozen release whose forward fix it is (docs/one-way.md).'),
  })
  .refine(
    (call) => [call.version, call.versions, call.artifact].filter((one) => one !== undefined).length === 1,
    'give exactly one of version, versions and artifact',
  )

/** A security fix: the same call, sent to a separate function, with a reason. */
export const UrgentCall = ReleaseCall.safeExtend({ reason: text.describe('Why it cannot wait: kept in the log.') })

const envelope = { id: plain(z.string().max(200)).optional(), time: when, ...origin }

// AWS may add fields to its events at any time, so they are parsed loosely. The fields that we use are checked strictly.
const S3Event = z.looseObject({
  ...envelope,
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string().min(3).max(63) }),
    object: z.looseObject({
      key: z.string().min(1).max(1024),
      'version-id': plain(
        z
          .string({ error: 'the bucket must be versioned: the event has no version-id' })
          .min(1)
          .max(1024)
          .refine(isPinned, unpinned),
      ),
      etag: plain(z.string().max(200)).optional(),
    }),
    requester: plain(z.string().max(200)).optional(),
  }),
})

const EcrEvent = z.looseObject({
  ...envelope,
  source: z.literal('aws.ecr'),
  'detail-type': z.literal('ECR Image Action'),
  detail: z.looseObject({
    result: z.literal('SUCCESS'),
    'action-type': z.literal('PUSH'),
    'repository-name': z.string().regex(/^[a-z0-9._/-]{2,256}$/),
    'image-digest': z.string().regex(/^sha256:[a-f0-9]{64}$/, 'an image digest is sha256: and 64 hex digits'),
    'image-tag': plain(z.string().max(128)).optional(),
  }),
})

const CloudFormationEvent = z.looseObject({
  ...envelope,
  source: z.literal('aws.cloudformation'),
  'detail-type': z.literal('CloudFormation Resource Status Change'),
  detail: z.looseObject({
    'stack-id': plain(z.string().max(500)),
    'physical-resource-id': z
      .string()
      .regex(
        /^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}:[1-9][0-9]*$/,
        'not the ARN of a function version',
      ),
    'resource-type': z.literal('AWS::Lambda::Version'),
    'client-request-token': plain(z.string().max(200)).optional(),
    'status-details': z.looseObject({ status: z.literal('CREATE_COMPLETE') }),
  }),
})

/** @throws Problem `event_unknown`, `event_invalid` */
export function readEvent(input: unknown, home: Home): ReleaseRequest {
  if (!isEvent(input)) throw new Problem('event_unknown', 'This is no event of EventBridge, and calls go to the API.')
  const what = 'The event'
  switch (input.source) {
    case 'aws.s3':
      return fromS3(readInput(S3Event, input, 'event_invalid', what))
    case 'aws.ecr':
      return fromEcr(readInput(EcrEvent, input, 'event_invalid', what), home)
    case 'aws.cloudformation':
      return fromCloudFormation(readInput(CloudFormationEvent, input, 'event_invalid', what), home)
    default:
      throw new Problem('event_unknown', `Events of source "${input.source.slice(0, 80)}" do not start releases.`)
  }
}

/**
 * A call, and nothing that looks like an event.
 * @param callId identifies a call that has no requestId of its own, such as the invocation's id
 * @throws Problem `call_invalid`
 */
export const readCall = (input: unknown, callId: string): ReleaseRequest =>
  fromCall(readInput(ReleaseCall, input, 'call_invalid', 'The call'), callId)

/** @throws Problem `call_invalid` */
export const readUrgent = (input: unknown, callId: string): ReleaseRequest => ({
  ...fromCall(readInput(UrgentCall, input, 'call_invalid', 'The call'), callId),
  urgent: true,
})

type Envelope = { readonly id?: string | undefined; readonly time?: string | undefined }
const eventFacts = ({ id, time }: Envelope) => ({
  ...(id === undefined ? {} : { eventId: id }),
  ...(time === undefined ? {} : { eventAtMs: Date.parse(time) }),
})

function fromS3({ detail, ...event }: z.output<typeof S3Event>): ReleaseRequest {
  const { bucket, object, requester } = detail
  const versionId = object['version-id']
  return {
    origin: siteOf(event),
    key: `s3/${bucket.name}/${object.key}/${versionId}`,
    candidate: { kind: 's3', bucket: bucket.name, key: object.key, versionId },
    provenance: {
      source: 's3',
      ...(object.etag === undefined ? {} : { digest: `etag:${object.etag}` }),
      ...(requester === undefined ? {} : { author: requester }),
      ...eventFacts(event),
    },
  }
}

function fromEcr({ detail, ...event }: z.output<typeof EcrEvent>, { partition }: Home): ReleaseRequest {
  const digest = detail['image-digest']
  const repository = detail['repository-name']
  const tag = detail['image-tag']
  return {
    origin: siteOf(event),
    key: `ecr/${repository}@${digest}`,
    // Of the event's registry, which `triggers` compares with the definition's.
    candidate: {
      kind: 'image',
      uri: `${registryHost(event.account, { ...event, partition })}/${repository}@${digest}`,
    },
    provenance: { source: 'ecr', digest, ...eventFacts(event) },
    ...(tag === undefined || tag === '' ? {} : { tag }),
  }
}

/** @throws Problem `event_invalid` when the version is not where the event is from */
function fromCloudFormation({ detail, ...event }: z.output<typeof CloudFormationEvent>, home: Home): ReleaseRequest {
  const token = detail['client-request-token'] ?? ''
  const [, , , region = '', account = '', , name = '', version = ''] = detail['physical-resource-id'].split(':')
  if (!isSame({ account, region }, event))
    throw new Problem('event_invalid', `The event is from elsewhere than its version: ${siteWords(event)}.`)
  const functionName = functionAt(name, event, home)
  return {
    origin: siteOf(event),
    key: `version/${functionName}:${version}`,
    candidate: { kind: 'versions', versions: { [functionName]: version } },
    provenance: {
      source: 'cloudformation',
      build: detail['stack-id'].slice(0, 500),
      ...(token === '' ? {} : { deployToken: token }),
      ...eventFacts(event),
    },
  }
}

function fromCall(call: z.output<typeof ReleaseCall>, callId: string): ReleaseRequest {
  const { service, artifact, plan, source, requestId, commit, committedAt, build, author, reason, fixes } = call
  return {
    service,
    key: `call/${requestId ?? callId}`,
    candidate: artifact ?? candidateOfCall(call),
    provenance: {
      source,
      ...(commit === undefined ? {} : { commit }),
      ...(committedAt === undefined ? {} : { committedAtMs: Date.parse(committedAt) }),
      ...(build === undefined ? {} : { build }),
      ...(author === undefined ? {} : { author }),
    },
    ...(plan === undefined ? {} : { plan }),
    ...{ ...(reason === undefined ? {} : { reason }), ...(fixes === undefined ? {} : { fixes }) },
  }
}

const soleTarget = '_'

/** A single version without a function name is later resolved to the service's only target (`candidateFor`). */
export const candidateOfCall = (call: {
  readonly version?: string | undefined
  readonly versions?: Readonly<Record<string, string>> | undefined
}): Candidate => ({ kind: 'versions', versions: call.versions ?? { [soleTarget]: call.version ?? '' } })

/**
 * Whether the artifact triggers a release of the service: it is in the bucket or registry of the account that the definition
 * names, else of the controller's own. Lambda takes both from its own region only.
 */
export function triggers(service: Service, request: ReleaseRequest, home: Home): boolean {
  const { candidate } = request
  const isFrom = (account = home.account): boolean =>
    request.origin !== undefined && isSame(request.origin, { account, region: home.region })
  switch (candidate.kind) {
    case 's3': {
      const { s3 } = service.triggers
      return s3 !== undefined && s3.bucket === candidate.bucket && s3.key === candidate.key && isFrom(s3.account)
    }
    case 'image': {
      const { ecr } = service.triggers
      if (ecr === undefined || !isFrom(ecr.registry)) return false
      return candidate.uri.startsWith(`${imageOf(ecr, home)}@`) && (ecr.tag === undefined || ecr.tag === request.tag)
    }
    // By its ARN, a function elsewhere is nobody's but the definition's that names it so.
    case 'versions':
      return (
        service.triggers.cloudFormation &&
        service.targets.some(({ functionName }) => Object.hasOwn(candidate.versions, functionName))
      )
  }
}

/**
 * The candidate, with versions keyed by the service's targets.
 * @throws Problem `target_unknown` when a version names a function that is not a target, or names no function although there are
 * several; `artifact_elsewhere` when an artifact would have to be published in another account or region
 */
export function candidateFor(service: Service, candidate: Candidate): Candidate {
  if (candidate.kind !== 'versions') {
    const away = service.targets.find(isElsewhere)
    if (away === undefined) return candidate
    const sentence = `${away.functionName} is elsewhere, and artifacts become versions in the controller's own account and region only.`
    throw new Problem('artifact_elsewhere', sentence)
  }
  const versions = Object.entries(candidate.versions).map(([name, version]) => {
    const target = name === soleTarget && service.targets.length === 1 ? service.targets[0]?.functionName : name
    if (target === undefined || !service.targets.some((one) => one.functionName === target)) {
      const which = name === soleTarget ? 'several targets: name a version for each' : `no target called ${name}`
      throw new Problem('target_unknown', `The service ${service.name} has ${which}.`)
    }
    return [target, version] as const
  })
  return { kind: 'versions', versions: Object.fromEntries(versions) }
}
