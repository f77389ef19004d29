// How something is attested about a candidate: by a call from CI, or by the event of a finished ECR scan. Both become
// attestations. Extra fields that AWS adds to its events are ignored; the fields we use are checked strictly.
import * as z from 'zod'
import { type Attestation, By, commitSubject, facts, Subject } from './attestation.ts'
import { VersionByFunction } from '../service/candidate.ts'
import { isEvent, origin, type Site, siteOf } from '../origin.ts'
import { plain, plainName } from '../plain-name.ts'
import { Problem, readInput } from '../problem.ts'
import { Version } from '../service/routing.ts'
import { ServiceName } from '../service/service.ts'

export const AttestCall = z
  .strictObject({
    subject: plain(Subject)
      .optional()
      .describe(
        'What it is said about: `s3/BUCKET/KEY/VERSION`, `ecr/REPOSITORY@sha256:...`, `version/FUNCTION:N`, `commit/SHA`, `release/ID`, or `call/REQUEST-ID`.',
      ),
    service: ServiceName.optional().describe('Instead of a subject: the service, with `version` or `versions`.'),
    version: Version.optional().describe('A published version, of the one target of the service.'),
    versions: VersionByFunction.optional().describe('A published version for each function.'),
    by: plain(By).describe(
      'Who says it. Saying something again replaces all that the same one said about the same subject.',
    ),
    ...facts,
    commit: plainName(500).optional(),
    flags: z.array(plainName(200)).max(100).optional().describe('Feature flags that the change is behind.'),
    committedAt: z.iso.datetime({ offset: true }).optional().describe('When the commit was made.'),
  })
  .refine(
    ({ subject, service, version, versions }) =>
      subject === undefined
        ? service !== undefined && [version, versions].filter((one) => one !== undefined).length === 1
        : [service, version, versions].every((one) => one === undefined),
    'name either a subject, or a service with version or versions',
  )
  .refine(
    ({ commit, committedAt, tests, scan, flags }) =>
      [commit, committedAt, tests, scan, flags].some((one) => one !== undefined),
    'say something: commit, committedAt, tests, scan or flags',
  )
export type AttestCall = z.output<typeof AttestCall>

/** AWS leaves out a severity that it did not find. */
const found = z.int().min(0).max(1_000_000_000).default(0)

const EcrScanEvent = z.looseObject({
  source: z.literal('aws.ecr'),
  'detail-type': z.literal('ECR Image Scan'),
  ...origin,
  time: z.iso.datetime({ offset: true }),
  detail: z.looseObject({
    'scan-status': z.literal('COMPLETE'),
    'repository-name': z.string().regex(/^[a-z0-9._/-]{2,256}$/),
    'image-digest': z.string().regex(/^sha256:[a-f0-9]{64}$/, 'an image digest is sha256: and 64 hex digits'),
    'finding-severity-counts': z.looseObject({ CRITICAL: found, HIGH: found, MEDIUM: found, LOW: found }),
  }),
})

/** A complete attestation, or a call about a service's versions whose subject still has to be looked up. */
type Said =
  | { readonly kind: 'attestation'; readonly attestation: Attestation }
  | { readonly kind: 'scan'; readonly attestation: Attestation; readonly repository: string; readonly site: Site }
  | { readonly kind: 'ofService'; readonly call: AttestCall & { readonly service: string } }

/** @throws Problem `call_invalid`, `event_invalid`, `event_unknown` */
export function readAttestation(input: unknown, nowMs: number): Said {
  if (isEvent(input)) return fromScan(input, input.source)
  const call = readInput(AttestCall, input, 'call_invalid', 'The call')
  const { subject, service } = call
  if (subject === undefined && service !== undefined) return { kind: 'ofService', call: { ...call, service } }
  return { kind: 'attestation', attestation: attestationOf(call, subject ?? '', nowMs) }
}

/** The content of a call, as an attestation about one subject. */
export function attestationOf(call: AttestCall, subject: string, nowMs: number): Attestation {
  const { by, tests, scan, flags, committedAt } = call
  const commit = call.commit ?? commitOf(subject)
  return {
    subject,
    atMs: nowMs,
    by,
    ...(commit === undefined ? {} : { commit }),
    ...(committedAt === undefined ? {} : { committedAtMs: Date.parse(committedAt) }),
    ...(tests === undefined ? {} : { tests }),
    ...(scan === undefined ? {} : { scan }),
    ...(flags === undefined ? {} : { flags }),
  }
}

/** A subject `commit/SHA` already names the commit. */
const commitOf = (subject: string): string | undefined => {
  const prefix = commitSubject('')
  return subject.startsWith(prefix) ? subject.slice(prefix.length) : undefined
}

function fromScan(input: unknown, source: string): Said {
  if (source !== 'aws.ecr')
    throw new Problem('event_unknown', `An event of source "${source.slice(0, 80)}" says nothing about a candidate.`)
  const { time, detail, ...event } = readInput(EcrScanEvent, input, 'event_invalid', 'The event')
  const { CRITICAL: critical, HIGH: high, MEDIUM: medium, LOW: low } = detail['finding-severity-counts']
  const repository = detail['repository-name']
  const subject = `ecr/${repository}@${detail['image-digest']}`
  const attestation = { subject, atMs: Date.parse(time), by: 'aws.ecr', scan: { critical, high, medium, low } }
  return { kind: 'scan', attestation, repository, site: siteOf(event) }
}
