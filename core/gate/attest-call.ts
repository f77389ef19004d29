// How something is attested about a candidate: by a call from CI, or by the event of a finished ECR scan. Both become
// attestations, and neither is taken for the other. Extra fields that AWS adds to its events are ignored; the fields we use are
// checked strictly.
import * as z from 'zod'
import { type Attestation, By, commitName, commitSubject, facts, Reason, Subject } from './attestation.ts'
import { VersionByFunction } from '../service/candidate.ts'
import { awsScanner, isReserved, type Statement, statements } from '../service/attestations.ts'
import { BundleCall } from './statement.ts'
import { isAhead, origin, type Site, siteOf } from '../origin.ts'
import { plain, plainName } from '../plain-name.ts'
import { Problem, readInput } from '../problem.ts'
import { Version } from '../service/routing.ts'
import { ServiceName } from '../service/service.ts'

/** What is stored under another name than what is looked for would be lost. */
const exact = (subject: string): boolean =>
  !subject.startsWith('ecr/') || /^ecr\/[^@\s]+@sha256:[a-f0-9]{64}$/.test(subject)
const isSayable = (subject: string): boolean => !subject.startsWith('sha256/')

export const AttestCall = z
  .strictObject({
    what: z.enum(statements).describe('Said by the route.'),
    subject: plain(Subject)
      .refine(exact, 'an image is ecr/REPOSITORY@sha256: and 64 hex digits in lower case')
      .refine(isSayable, 'packages by their hash are for signed statements: name the object or the version')
      .optional()
      .describe(
        'What it is said about: `s3/BUCKET/KEY/VERSION`, `ecr/REPOSITORY@sha256:...`, `version/FUNCTION:N`, `commit/SHA`, `release/ID`, or `call/REQUEST-ID`.',
      ),
    service: ServiceName.optional().describe('Instead of a subject: the service, with `version` or `versions`.'),
    version: Version.optional().describe('A published version, of the one target of the service.'),
    versions: VersionByFunction.optional().describe('A published version for each function.'),
    by: plain(By).describe('Who says it.'),
    ...facts,
    commit: plainName(500).optional().describe('The commit that it was built from. `attest-binding`.'),
    tests: facts.tests.describe('`attest-tests`.'),
    scan: facts.scan.describe('`attest-scan`.'),
    flags: z
      .array(plainName(200))
      .max(100)
      .optional()
      .describe('Feature flags that the change is behind. `attest-flags`.'),
    committedAt: z.iso.datetime({ offset: true }).optional().describe('When the commit was made. `attest-binding`.'),
    replaces: plain(Reason)
      .optional()
      .describe(
        'Why this takes the place of what the same caller has said about the same subject. Without it the worst stands. Both are kept.',
      ),
  })
  .refine(
    ({ subject, service, version, versions }) =>
      subject === undefined
        ? service !== undefined && [version, versions].filter((one) => one !== undefined).length === 1
        : [service, version, versions].every((one) => one === undefined),
    'name either a subject, or a service with version or versions',
  )
  .superRefine((call, context) => {
    const { what, subject, commit } = call
    for (const field of ['tests', 'scan', 'flags', 'commit', 'committedAt'] as const)
      if (call[field] !== undefined && !fieldsOf[what].includes(field))
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `attest-${what} does not take it: each is a right of its own`,
        })
    if (fieldsOf[what].every((field) => call[field] === undefined))
      context.addIssue({ code: 'custom', message: `say something: ${fieldsOf[what].join(' or ')}` })
    if (commit !== undefined && subject?.startsWith(commitSubject('')) === true)
      context.addIssue({
        code: 'custom',
        path: ['commit'],
        message: 'a commit is not built from a commit: name the artifact or the version',
      })
  })
export type AttestCall = z.output<typeof AttestCall>

/** What each right lets a caller say. */
const fieldsOf: Readonly<Record<Statement, readonly ('tests' | 'scan' | 'commit' | 'committedAt' | 'flags')[]>> = {
  tests: ['tests'],
  scan: ['scan'],
  binding: ['commit', 'committedAt'],
  flags: ['flags'],
}

const factFields = Object.values(fieldsOf).flat()

/** A call for each right that it takes. @param said facts of several kinds, and what they are about */
export function callsFor(
  said: Readonly<Record<string, unknown>>,
): readonly { readonly what: Statement; readonly call: Readonly<Record<string, unknown>> }[] {
  const about = Object.fromEntries(
    Object.entries(said).filter(([field]) => !(factFields as readonly string[]).includes(field)),
  )
  return statements.flatMap((what) => {
    const facts = fieldsOf[what]
      .filter((field) => said[field] !== undefined)
      .map((field) => [field, said[field]] as const)
    return facts.length === 0 ? [] : [{ what, call: { ...about, ...Object.fromEntries(facts) } }]
  })
}

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
  | { readonly kind: 'attestation'; readonly attestation: Attestation; readonly replaces?: string | undefined }
  | { readonly kind: 'bundle'; readonly call: BundleCall }
  | { readonly kind: 'ofService'; readonly call: AttestCall & { readonly service: string } }

const isBundle = (input: unknown): boolean => z.looseObject({ what: z.literal('bundle') }).safeParse(input).success

/** @throws Problem `call_invalid`, `attester_reserved` */
export function readAttestation(input: unknown, nowMs: number): Said {
  if (isBundle(input)) return { kind: 'bundle', call: readInput(BundleCall, input, 'call_invalid', 'The call') }
  const call = readInput(AttestCall, input, 'call_invalid', 'The call')
  const { subject, service, by, committedAt } = call
  refuseReserved(by)
  if (committedAt !== undefined && isAhead(Date.parse(committedAt), nowMs))
    throw new Problem('call_invalid', `committedAt is ${committedAt}, which is in the future.`)
  if (subject === undefined && service !== undefined) return { kind: 'ofService', call: { ...call, service } }
  return { kind: 'attestation', attestation: attestationOf(call, subject ?? '', nowMs), replaces: call.replaces }
}

/** @throws Problem `attester_reserved` when a caller has a name of AWS's own */
function refuseReserved(by: string): void {
  if (isReserved(by))
    throw new Problem('attester_reserved', `${by} may not attest: names that begin with aws. are those of AWS.`)
}

/** The content of a call, as an attestation about one subject. */
export function attestationOf(call: AttestCall, subject: string, nowMs: number): Attestation {
  const { by, tests, scan, flags, commit, committedAt } = call
  return {
    subject: nameOf(subject),
    atMs: nowMs,
    by,
    ...(commit === undefined ? {} : { commit: commitName(commit) }),
    ...(committedAt === undefined ? {} : { committedAtMs: Date.parse(committedAt) }),
    ...(tests === undefined ? {} : { tests }),
    ...(scan === undefined ? {} : { scan }),
    ...(flags === undefined ? {} : { flags }),
  }
}

const nameOf = (subject: string): string => {
  const prefix = commitSubject('')
  return subject.startsWith(prefix) ? commitSubject(commitName(subject.slice(prefix.length))) : subject
}

/** A finished scan of an image, and where it is from. */
export type Scan = { readonly attestation: Attestation; readonly repository: string; readonly site: Site }

/** @throws Problem `event_invalid` */
export function readScan(input: unknown): Scan {
  const { time, detail, ...event } = readInput(EcrScanEvent, input, 'event_invalid', 'The event')
  const { CRITICAL: critical, HIGH: high, MEDIUM: medium, LOW: low } = detail['finding-severity-counts']
  const repository = detail['repository-name']
  const subject = `ecr/${repository}@${detail['image-digest']}`
  const attestation = { subject, atMs: Date.parse(time), by: awsScanner, scan: { critical, high, medium, low } }
  return { attestation, repository, site: siteOf(event) }
}
