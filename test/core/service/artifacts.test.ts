// Which artifacts a call may name: by the rule, and by a second statement of it, EventBridge's pattern of the same definition,
// whose matching is compared with AWS's Event Ruler (test/cloud/local/eventbridge/event-ruler.test.ts).
import { RegionInfo } from 'aws-cdk-lib/region-info'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { matchesPattern, parsePattern } from '../../../cloud/local/eventbridge/pattern.ts'
import { homeOf } from '../../../core/origin.ts'
import { Problem } from '../../../core/problem.ts'
import {
  callableOf,
  imageOf,
  isFrom,
  objectResource,
  registryHost,
  sourcesOf,
  sourcesWords,
} from '../../../core/service/artifacts.ts'
import type { Artifact } from '../../../core/service/candidate.ts'
import { service } from '../sample.ts'

const home = homeOf('arn:aws:states:eu-west-1:111122223333:')
const digest = `sha256:${'a'.repeat(64)}`
const object = (bucket: string, key: string): Artifact => ({ kind: 's3', bucket, key, versionId: 'v' })
const image = (registryAndName: string): Artifact => ({ kind: 'image', uri: `${registryAndName}@${digest}` })
const may = (changes: Record<string, unknown>, artifact: Artifact): boolean =>
  isFrom(callableOf(service(changes)), artifact, home)
const host = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'

describe('a call may name', () => {
  const s3 = [
    { bucket: 'my-bucket', prefix: 'releases/' },
    { bucket: 'my-bucket', key: 'checkout.zip' },
  ]

  it.each([
    ['my-bucket', 'releases/checkout.zip', true],
    ['my-bucket', 'releases/', true],
    ['my-bucket', 'releases/a/b c+d%2Fe.zip', true],
    ['my-bucket', 'checkout.zip', true],
    ['my-bucket', 'checkout.zip.bak', false],
    ['my-bucket', 'releases', false],
    ['my-bucket', 'Releases/checkout.zip', false],
    ['my-bucket', '/releases/checkout.zip', false],
    ['my-bucket', 'x/releases/checkout.zip', false],
    ['my-bucket', 'releases%2Fcheckout.zip', false],
    ['my-bucket', 'releases-evil/checkout.zip', false],
    ['my-bucket', 'releases/../secret.zip', false],
    ['my-bucket', 'releases/./x', false],
    ['my-bucket', 'releases/..', false],
    ['my-bucket-evil', 'releases/checkout.zip', false],
    ['my-bucke', 'releases/checkout.zip', false],
    ['My-Bucket', 'releases/checkout.zip', false],
  ])('the object s3://%s/%s: %s', (bucket, key, allowed) => {
    expect(may({ allowedArtifacts: { s3 } }, object(bucket, key))).toBe(allowed)
  })

  it.each([
    [`${host}/team/app`, true],
    [`${host}/team/app/evil`, false],
    [`${host}/team/ap`, false],
    [`${host}/team/app-evil`, false],
    [`${host}/evil/team/app`, false],
    ['444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/app', false],
    ['111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app', false],
    ['111122223333.dkr.ecr-fips.eu-west-1.amazonaws.com/team/app', false],
    ['111122223333.dkr-ecr.eu-west-1.on.aws/team/app', false],
    [`${host}.cn/team/app`, false],
    [`${host}.evil.com/team/app`, false],
    [`evil.com/${host}/team/app`, false],
    ['public.ecr.aws/team/app', false],
  ])('the image %s: %s', (name, allowed) => {
    expect(may({ allowedArtifacts: { ecr: [{ repository: 'team/app' }] } }, image(name))).toBe(allowed)
    // As with the trigger.
    expect(may({ triggers: { ecr: { repository: 'team/app' } } }, image(name))).toBe(allowed)
  })

  it('an image of another registry only where the definition names it, and then none of its own', () => {
    const far = { allowedArtifacts: { ecr: [{ repository: 'app', registry: '444455556666' }] } }
    expect(may(far, image('444455556666.dkr.ecr.eu-west-1.amazonaws.com/app'))).toBe(true)
    expect(may(far, image(`${host}/app`))).toBe(false)
  })

  it('what the triggers name, but by no digest an image that its trigger wants by tag', () => {
    const triggers = { s3: { bucket: 'my-bucket', key: 'a*/../b' }, ecr: { repository: 'app', tag: 'prod' } }
    expect(may({ triggers }, object('my-bucket', 'a*/../b'))).toBe(true)
    expect(may({ triggers }, object('my-bucket', 'aa/../b'))).toBe(false)
    expect(may({ triggers }, image(`${host}/app`))).toBe(false)
    // A push with the tag becomes a version all the same.
    expect(isFrom(sourcesOf(service({ triggers })), image(`${host}/app`), home)).toBe(true)
  })

  it('nothing where the definition names nothing', () => {
    for (const changes of [{}, { allowedArtifacts: {} }, { triggers: { cloudFormation: true } }]) {
      expect([may(changes, object('my-bucket', 'x')), may(changes, image(`${host}/app`))]).toEqual([false, false])
      expect(sourcesWords(callableOf(service(changes)), home)).toBe('no artifact')
    }
  })

  it('exactly the objects that the pattern of EventBridge chooses, of those with no relative part', () => {
    const bucket = fc.constantFrom('bucket', 'bucket-', 'bucket-evil', 'Bucket', 'b.u-c_ket')
    const key = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '.', '+', '%2F', 'é', '^', '(', '$', '|', '\\'),
      minLength: 1,
      maxLength: 6,
    })
    const entry = fc.oneof(fc.record({ bucket, key }), fc.record({ bucket, prefix: key }))
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), bucket, key, (s3, name, asked) => {
        const chosen = s3.some((one) => {
          const keys = 'key' in one ? [one.key] : [{ prefix: one.prefix }]
          const pattern = parsePattern(JSON.stringify({ bucket: { name: [one.bucket] }, object: { key: keys } }))
          const isRelative = 'prefix' in one && /(^|\/)\.\.?(\/|$)/.test(asked)
          return !isRelative && matchesPattern(pattern, { bucket: { name }, object: { key: asked } })
        })
        expect(may({ allowedArtifacts: { s3 } }, object(name, asked))).toBe(chosen)
      }),
      { numRuns: repeats(2000, 500) },
    )
  })
})

describe('a definition', () => {
  const codeOf = (changes: Record<string, unknown>): string => {
    try {
      service(changes)
      return 'taken'
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return `${error.code}: ${error.message}`
    }
  }
  const allowing = (...s3: readonly object[]) => ({ allowedArtifacts: { s3 } })

  it.each([
    ['an empty prefix', allowing({ bucket: 'artifacts', prefix: '' })],
    ['a prefix that looks like a pattern', allowing({ bucket: 'artifacts', prefix: 'releases/*' })],
    ['a key that looks like a pattern', allowing({ bucket: 'artifacts', key: 'release?.zip' })],
    ['neither key nor prefix', allowing({ bucket: 'artifacts' })],
    ['both', allowing({ bucket: 'artifacts', key: 'a', prefix: 'a' })],
    ['every bucket', allowing({ bucket: '***', prefix: 'a' })],
    ['a bucket with a path', allowing({ bucket: 'artifacts/*', key: 'a' })],
    ['a bucket that is a variable', allowing({ bucket: '${aws:x}', key: 'a' })],
    ['an alias of a key', allowing({ bucket: 'artifacts', key: 'a', kmsKey: 'alias/x' })],
    [
      '1,000 objects',
      allowing(...Array.from({ length: 1000 }, (_, at) => ({ bucket: 'artifacts', key: `${at}.zip` }))),
    ],
    ['every repository', { allowedArtifacts: { ecr: [{ repository: '**' }] } }],
    ['a repository with its registry', { allowedArtifacts: { ecr: [{ repository: `${host}/app` }] } }],
    ['a repository with a tag', { allowedArtifacts: { ecr: [{ repository: 'app:prod' }] } }],
    ['a repository that goes up', { allowedArtifacts: { ecr: [{ repository: 'app/../evil' }] } }],
    ['a trigger of every bucket', { triggers: { s3: { bucket: '***', key: 'a' } } }],
    ['a trigger of every repository', { triggers: { ecr: { repository: 'a*' } } }],
    ['an unknown kind', { allowedArtifacts: { git: [] } }],
    [
      'artifacts for a function elsewhere',
      {
        ...allowing({ bucket: 'artifacts', key: 'a' }),
        targets: [{ function: 'arn:aws:lambda:us-east-1:111122223333:function:a', alias: 'live' }],
      },
    ],
  ])('with %s is refused', (_, changes) => {
    expect(codeOf(changes)).toMatch(/^definition_invalid: .*(triggers|allowedArtifacts|targets)/)
  })

  it('of any repository is taken or a Problem, in no time', () => {
    for (const repository of ['a-'.repeat(128), 'a/'.repeat(127) + 'a', `${'a_'.repeat(127)}!`, '-'.repeat(256)])
      expect(codeOf({ allowedArtifacts: { ecr: [{ repository }] } })).toMatch(/^(taken|definition_invalid)/)
  })
})

it('the resource of a policy names the key letter by letter, and what begins with the prefix', () => {
  expect(objectResource({ bucket: 'b', key: 'a*?${x}' })).toBe('b/a${*}${?}${$}{x}')
  expect(objectResource({ bucket: 'b', prefix: 'a$/' })).toBe('b/a${$}/*')
})

it("a registry's host has the domain of its partition, as the CDK knows it", () => {
  for (const { name: region, partition, domainSuffix } of RegionInfo.regions.filter(
    (one) => one.partition !== undefined,
  ))
    expect(registryHost('1', { partition: partition ?? '', region })).toBe(`1.dkr.ecr.${region}.${domainSuffix}`)
  const china = homeOf('arn:aws-cn:states:cn-north-1:111122223333:')
  expect(imageOf({ repository: 'app' }, china)).toBe('111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/app')
})

it('people read what a call may name, in one line', () => {
  const s3 = [
    { bucket: 'artifacts', prefix: 'releases/' },
    { bucket: 'artifacts', key: 'a b\n".zip' },
  ]
  const ecr = Array.from({ length: 5 }, (_, at) => ({ repository: `app${at}` }))
  expect(sourcesWords(callableOf(service({ allowedArtifacts: { s3, ecr } })), home)).toBe(
    String.raw`keys that begin with s3://artifacts/releases/, "s3://artifacts/a b\n'.zip", images of ${host}/app0, images of ${host}/app1, images of ${host}/app2, and 2 more`,
  )
})
