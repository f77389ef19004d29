// Signed statements about code, in the form of in-toto: SLSA provenance, test results, vulnerability scans, cosign's signatures.
// A statement says of which bytes it speaks, so it cannot be moved to others. Who signed it was checked before (provenance/).
import * as z from 'zod'
import { type Attestation, By, commitName, commitSubject, hashSubject, Subject } from './attestation.ts'
import { own } from '../own.ts'
import { Problem, readInput } from '../problem.ts'
import { plain } from '../plain-name.ts'
import { type Signer, signerParty } from '../service/attestations.ts'
import { ServiceName } from '../service/service.ts'

/** Larger ones are refused; one of GitHub has 11 kB. */
const bundleMaxChars = 300_000
const imageOf = /^ecr\/[^@\s]+@sha256:([a-f0-9]{64})$/
const packageOf = /^sha256\/([a-f0-9]{64})$/
const commitOf = /^commit\/([a-f0-9]{40,64})$/i

export const BundleCall = z.strictObject({
  what: z.literal('bundle').describe('Said by the route.'),
  service: ServiceName,
  by: plain(By).describe('Who hands it in. It is the signer who says it.'),
  subject: plain(Subject)
    .refine((subject) => [imageOf, packageOf, commitOf].some((form) => form.test(subject)), {
      error:
        'a signed statement is about ecr/REPOSITORY@sha256:..., sha256/HEX (of the package), or commit/SHA (of its tests), in full and in lower case',
    })
    .describe('What it is to be about: `ecr/REPOSITORY@sha256:...`, `sha256/HEX` of the package, or `commit/SHA`.'),
  bundle: z
    .looseObject({})
    .refine((bundle) => JSON.stringify(bundle).length <= bundleMaxChars, `at most ${bundleMaxChars} characters`)
    .describe('A Sigstore bundle, or a DSSE envelope, as JSON.'),
})
export type BundleCall = z.output<typeof BundleCall>

const Statement = z.looseObject({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z.array(z.looseObject({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string(),
  predicate: z.unknown(),
})
type Statement = z.output<typeof Statement>
type Facts = Pick<Attestation, 'commit' | 'builder' | 'tests' | 'scan' | 'verified'>

/**
 * What the signer has said, as an attestation. Images and packages are stored by their hash, whoever names them how.
 * @param payload the bytes that were signed
 * @throws Problem `bundle_invalid`, `bundle_foreign`, `bundle_unsupported`
 */
export function attestationBy(
  signer: Signer,
  payload: Uint8Array,
  { service, subject }: Pick<BundleCall, 'service' | 'subject'>,
  nowMs: number,
): Attestation {
  const statement = readInput(Statement, fromJson(payload), 'bundle_invalid', 'The signed statement')
  const commit = commitOf.exec(subject)?.[1]
  const hash = (imageOf.exec(subject) ?? packageOf.exec(subject))?.[1] ?? ''
  if (!isAbout(statement, commit === undefined ? ['sha256', hash] : ['gitCommit', commitName(commit)]))
    throw new Problem('bundle_foreign', `The signed statement is about other code than ${subject}.`)
  const said = factsOf(statement)
  if (said === undefined || (commit !== undefined && said.verified === true))
    throw new Problem(
      'bundle_unsupported',
      `A signed statement of type ${statement.predicateType.slice(0, 200)} says nothing about ${subject} that gates can use.`,
    )
  return {
    subject: commit === undefined ? hashSubject(hash) : commitSubject(commitName(commit)),
    atMs: nowMs,
    by: signerParty(service, signer.name),
    ...said,
    signer,
  }
}

function fromJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (cause) {
    throw new Problem('bundle_invalid', 'The signed statement is not JSON.', { cause })
  }
}

/** One of its subjects is enough: a build may make several artifacts. */
const isAbout = ({ subject }: Statement, [algorithm, value]: readonly [string, string]): boolean =>
  subject.some(({ digest }) => own(digest, algorithm)?.toLowerCase() === value)

/** `undefined` for types that say nothing that gates ask for. */
function factsOf({ predicateType, predicate }: Statement): Facts | undefined {
  switch (predicateType) {
    case 'https://slsa.dev/provenance/v1':
      return ofProvenance(read(Provenance, predicate))
    case 'https://slsa.dev/provenance/v0.2':
      return ofOldProvenance(read(OldProvenance, predicate))
    case 'https://in-toto.io/attestation/test-result/v0.1':
      return ofTests(read(TestResult, predicate))
    case 'https://in-toto.io/attestation/vulns/v0.1':
    case 'https://in-toto.io/attestation/vulns/v0.2':
      return { scan: ofScan(read(Vulns, predicate)) }
    // What `cosign sign` says: only that it was signed.
    case 'https://sigstore.dev/cosign/sign/v1':
      return { verified: true }
    default:
      return undefined
  }
}

const read = <S extends z.ZodType>(schema: S, predicate: unknown): z.output<S> =>
  readInput(schema, predicate, 'bundle_invalid', 'The predicate of the signed statement')

const Digest = z.record(z.string(), z.string()).default({})
const Material = z.looseObject({ uri: z.string().default(''), digest: Digest })
const Builder = z.looseObject({ id: plain(z.string().min(1).max(500)) })
const Provenance = z.looseObject({
  buildDefinition: z.looseObject({ resolvedDependencies: z.array(Material).default([]) }),
  runDetails: z.looseObject({ builder: Builder }),
})
const OldProvenance = z.looseObject({ builder: Builder, materials: z.array(Material).default([]) })

const gitId = /^[a-f0-9]{40,64}$/i
/** The one commit that it was built from. Of several nobody knows which is the source: then there is none. */
function commitAmong(ids: readonly (string | undefined)[]): Pick<Facts, 'commit'> {
  const [commit, another] = new Set(
    ids.filter((id) => id !== undefined && gitId.test(id)).map((id) => commitName(id ?? '')),
  )
  return commit === undefined || another !== undefined ? {} : { commit }
}

const ofProvenance = ({ buildDefinition, runDetails }: z.output<typeof Provenance>): Facts => ({
  builder: runDetails.builder.id,
  ...commitAmong(buildDefinition.resolvedDependencies.map(({ digest }) => own(digest, 'gitCommit'))),
  verified: true,
})

/** Before version 1, the digest of a commit was called sha1, as that of any other material. */
const ofOldProvenance = ({ builder, materials }: z.output<typeof OldProvenance>): Facts => ({
  builder: builder.id,
  ...commitAmong(materials.filter(({ uri }) => uri.startsWith('git+')).map(({ digest }) => own(digest, 'sha1'))),
  verified: true,
})

const names = z.array(z.string()).default([])
const TestResult = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  passedTests: names,
  warnedTests: names,
  failedTests: names,
})
/** The lists are optional, and the result is not: it counts as one test where they say less. */
function ofTests({ result, passedTests, warnedTests, failedTests }: z.output<typeof TestResult>): Facts {
  const failed = Math.max(failedTests.length, result === 'FAILED' ? 1 : 0)
  const passed = Math.max(passedTests.length + warnedTests.length, failed === 0 ? 1 : 0)
  return { tests: { passed, failed, skipped: 0 } }
}

const Vulns = z.looseObject({
  scanner: z.looseObject({
    result: z.array(z.looseObject({ severity: z.array(z.looseObject({ score: z.union([z.string(), z.number()]) })) })),
  }),
})
const levels = ['low', 'medium', 'high', 'critical'] as const
/** The worst of its scores, as words or as numbers of CVSS v3. What nobody understands is critical. */
function levelOf(scores: readonly (string | number)[]): (typeof levels)[number] {
  const found = scores.map((score) => {
    const word = String(score).toLowerCase()
    const index = ['none', 'negligible'].includes(word) ? 0 : levels.findIndex((level) => level === word)
    if (index >= 0) return index
    const number = Number(word)
    if (word.trim() === '' || !(number >= 0 && number <= 10)) return 3
    return [4, 7, 9].filter((from) => number >= from).length
  })
  return levels[found.length === 0 ? 3 : Math.max(...found)] ?? 'critical'
}

function ofScan({ scanner }: z.output<typeof Vulns>): NonNullable<Facts['scan']> {
  const scan = { critical: 0, high: 0, medium: 0, low: 0 }
  for (const { severity } of scanner.result) scan[levelOf(severity.map(({ score }) => score))] += 1
  return scan
}
