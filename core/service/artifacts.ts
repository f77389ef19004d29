// The code of a service: what starts a release by itself (triggers), and what a call may name besides (allowedArtifacts). Names
// are compared letter by letter, as AWS has them: nothing is a pattern, nothing is decoded, and a registry has one spelling.
import * as z from 'zod'
import { nameWords } from '../foreign-text.ts'
import { Account, type Home } from '../origin.ts'
import { own } from '../own.ts'
import type { Artifact } from './candidate.ts'

const bucketAccount = Account.optional().describe("The account of the bucket, where it is not the controller's.")
const kmsKey = z
  .string()
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,128}$/, 'the ARN of a key, not of an alias')
  .optional()
  .describe('The ARN of the KMS key that the objects are encrypted with, where it is not one of S3.')
const registry = Account.optional().describe("The account of the registry, where it is not the controller's.")

export const Triggers = z.strictObject({
  s3: z
    .strictObject({
      bucket: z.string().min(3).max(63),
      key: z.string().min(1).max(1024),
      account: bucketAccount,
      kmsKey,
    })
    .optional(),
  ecr: z
    .strictObject({
      repository: z.string().min(2).max(256),
      tag: z.string().min(1).max(128).optional(),
      registry,
    })
    .optional(),
  cloudFormation: z.boolean().default(false).describe('Release every version that a CloudFormation deploy publishes.'),
})
type Triggers = z.output<typeof Triggers>

/** As Lambda takes it (botocore, UpdateFunctionCodeRequest S3Bucket). Other characters could be a pattern in a policy. */
const bucketName = /^[0-9A-Za-z._-]{3,63}(?<!\.)$/
/** As ECR takes it (botocore, ECR's RepositoryName). */
const repositoryName = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
export const isBucketName = (name: string): boolean => bucketName.test(name)
export const isRepositoryName = (name: string): boolean => repositoryName.test(name) && !/^\d{12}\.dkr[.-]/.test(name)
export const noBucket = 'no bucket can be called so'
export const noRepository = 'no repository can be called so; it is named without its registry and without a tag'

const entriesMax = 20
const taken = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^*?]*$/, 'it is taken as it is, so it has no * or ?; a prefix matches what begins with it')

const AllowedObjects = z
  .strictObject({
    bucket: z.string().refine(isBucketName, noBucket),
    key: taken.optional().describe('One key.'),
    prefix: taken.optional().describe('Every key that begins so, such as `checkout/`.'),
    account: bucketAccount,
    kmsKey,
  })
  .refine(({ key, prefix }) => (key === undefined) !== (prefix === undefined), 'give either a key or a prefix')

const AllowedRepository = z.strictObject({
  repository: z.string().min(2).max(256).refine(isRepositoryName, noRepository),
  registry,
})

export const AllowedArtifacts = z.strictObject({
  s3: z.array(AllowedObjects).max(entriesMax).default([]).describe('Objects of these keys.'),
  ecr: z
    .array(AllowedRepository)
    .max(entriesMax)
    .default([])
    .describe('Images of these repositories, by their digest.'),
})
type AllowedArtifacts = z.output<typeof AllowedArtifacts>

type Defined = { readonly triggers: Triggers; readonly allowedArtifacts?: AllowedArtifacts | undefined }
type Objects = z.output<typeof AllowedObjects>
type Repository = z.output<typeof AllowedRepository>
type Sources = { readonly s3: readonly Objects[]; readonly ecr: readonly Repository[] }

const listed = <T>(one: T | undefined): readonly T[] => (one === undefined ? [] : [one])

/** Everything that versions of the service may be made from. */
export const sourcesOf = ({ triggers: { s3, ecr }, allowedArtifacts }: Defined): Sources => ({
  s3: [...listed(s3), ...(allowedArtifacts?.s3 ?? [])],
  ecr: [...listed(ecr), ...(allowedArtifacts?.ecr ?? [])],
})

/** What a call may name. A digest says nothing of tags, so a trigger that asks for one starts releases by pushes only. */
export const callableOf = ({ triggers, ...rest }: Defined): Sources =>
  sourcesOf({ ...rest, triggers: { ...triggers, ecr: triggers.ecr?.tag === undefined ? triggers.ecr : undefined } })

export const makesVersions = (service: Defined): boolean => Object.values(sourcesOf(service)).flat().length > 0

/** @param artifact its image is named by the registry's one spelling (`imageOf`) */
export function isFrom(sources: Sources, artifact: Artifact, home: Home): boolean {
  return artifact.kind === 's3'
    ? sources.s3.some((one) => one.bucket === artifact.bucket && isKeyOf(one, artifact.key))
    : sources.ecr.some((one) => artifact.uri.startsWith(`${imageOf(one, home)}@`))
}

// S3 takes `a/../b` as a key like any other, and tools on the way may not.
const isKeyOf = ({ key, prefix }: Objects, asked: string): boolean =>
  key === undefined
    ? prefix !== undefined && asked.startsWith(prefix) && !asked.split('/').some((part) => /^\.\.?$/.test(part))
    : key === asked

/** By partition; of the others, `amazonaws.com`. test/core/service/artifacts.test.ts compares them with the CDK's. */
const domains: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
}

/** The registry's host as Lambda takes it: it takes no FIPS endpoint (docs/aws.md §9). */
export const registryHost = (account: string, { partition, region }: Pick<Home, 'partition' | 'region'>): string =>
  `${account}.dkr.ecr.${region}.${own(domains, partition) ?? 'amazonaws.com'}`

/** `REGISTRY/REPOSITORY` in the controller's region, which is the only one that Lambda takes images from. */
export const imageOf = ({ repository, registry: account }: Repository, home: Home): string =>
  `${registryHost(account ?? home.account, home)}/${repository}`

const wordsMax = 5

/** What a call may name, for people. */
export function sourcesWords({ s3, ecr }: Sources, home: Home): string {
  const words = [
    ...s3.map(({ bucket, key, prefix }) =>
      key === undefined
        ? `keys that begin with ${nameWords(`s3://${bucket}/${prefix ?? ''}`)}`
        : nameWords(`s3://${bucket}/${key}`),
    ),
    ...ecr.map((one) => `images of ${imageOf(one, home)}`),
  ]
  if (words.length === 0) return 'no artifact'
  const more = words.length > wordsMax ? `, and ${words.length - wordsMax} more` : ''
  return words.slice(0, wordsMax).join(', ') + more
}

/**
 * The object or objects in the resource of a policy, without `arn:…:s3:::`. There `*`, `?` and `$` mean something, and `${*}` is
 * the character (docs/aws.md §9).
 */
export const objectResource = ({ bucket, key, prefix }: Objects): string =>
  `${bucket}/${(key ?? prefix ?? '').replaceAll(/[*?$]/g, (char) => `\${${char}}`)}${key === undefined ? '*' : ''}`
