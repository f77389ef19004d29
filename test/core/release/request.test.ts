// Every way to request a release, in one normal form; everything else is refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { type Home, homeOf, isEvent } from '../../../core/origin.ts'
import { Problem } from '../../../core/problem.ts'
import { candidateFor, readCall, readEvent, triggers } from '../../../core/release/request.ts'
import type { Service } from '../../../core/service/service.ts'
import { service } from '../sample.ts'

const s3Event = {
  version: '0',
  id: 'e1',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: [],
  detail: {
    version: '0',
    bucket: { name: 'artifacts' },
    object: { key: 'checkout.zip', size: 5, etag: 'b1946ac9', 'version-id': 'IYV3', sequencer: '61' },
    requester: '123456789012',
    reason: 'PutObject',
  },
}
const ecrEvent = {
  version: '0',
  id: 'e2',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2019-11-16T01:54:34Z',
  region: 'us-west-2',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'checkout',
    'image-digest': `sha256:${'7'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': 'latest',
  },
}
const cfnEvent = {
  version: '0',
  id: 'e3',
  'detail-type': 'CloudFormation Resource Status Change',
  source: 'aws.cloudformation',
  account: '111122223333',
  time: '2026-01-01T00:00:00Z',
  region: 'us-east-1',
  detail: {
    'stack-id': 'arn:aws:cloudformation:us-east-1:111122223333:stack/teststack',
    'logical-resource-id': 'V',
    'physical-resource-id': 'arn:aws:lambda:us-east-1:111122223333:function:checkout:42',
    'resource-type': 'AWS::Lambda::Version',
    'status-details': { status: 'CREATE_COMPLETE' },
  },
}

/** As the door of people or that of AWS reads it. */
const read = (input: unknown, at: Home) => (isEvent(input) ? readEvent(input, at) : readCall(input, 'c'))

const home = homeOf('arn:aws:states:us-east-1:111122223333:')
/** Where the samples of S3 and ECR are from. */
const canada = homeOf('arn:aws:states:ca-central-1:111122223333:')
const west = homeOf('arn:aws:states:us-west-2:123456789012:')

/** Changes one place in the value; `undefined` removes it. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>
  const last = path.at(-1) ?? ''
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy)
  if (to === undefined) Reflect.deleteProperty(parent, last)
  else parent[last] = to
  return copy
}

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    expect(error.message.length).toBeGreaterThan(10)
    expect(error.fix.length).toBeGreaterThan(10)
    return error.code
  }
}

describe('a request', () => {
  it('from S3 names the object by its version', () => {
    expect(read(s3Event, canada)).toEqual({
      origin: { account: '111122223333', region: 'ca-central-1' },
      key: 's3/artifacts/checkout.zip/IYV3',
      candidate: { kind: 's3', bucket: 'artifacts', key: 'checkout.zip', versionId: 'IYV3' },
      provenance: {
        source: 's3',
        digest: 'etag:b1946ac9',
        author: '123456789012',
        eventId: 'e1',
        eventAtMs: Date.UTC(2021, 10, 12),
      },
    })
  })

  it('from ECR names the image by its digest, whatever its tag', () => {
    const request = read(ecrEvent, west)
    expect(request.candidate).toEqual({
      kind: 'image',
      uri: `123456789012.dkr.ecr.us-west-2.amazonaws.com/checkout@sha256:${'7'.repeat(64)}`,
    })
    expect(read(changed(ecrEvent, ['detail', 'image-tag'], 'v2'), home).key).toBe(request.key)
  })

  it('from CloudFormation names the version', () => {
    expect(read(cfnEvent, home)).toMatchObject({
      key: 'version/checkout:42',
      candidate: { kind: 'versions', versions: { checkout: '42' } },
    })
  })

  it('by call is recognised by its id, or else by the id of the invocation', () => {
    const call = {
      service: 'checkout',
      version: '42',
      commit: 'abc',
      build: '7',
      author: 'ann',
      source: 'codepipeline',
    }
    expect(readCall({ ...call, requestId: 'r' }, 'c')).toMatchObject({
      key: 'call/r',
      provenance: { source: 'codepipeline', commit: 'abc', build: '7', author: 'ann' },
    })
    expect(readCall(call, 'c').key).toBe('call/c')
    expect(readCall({ ...call, plan: 'AllAtOnce' }, 'c').plan).toEqual({ steps: [] })
  })

  it('goes to the services that have the artifact as a trigger, and to no other', () => {
    const request = read(ecrEvent, west)
    const isTold = (one: Service, input: unknown, at: Home): boolean => triggers(one, read(input, at), at)
    expect(triggers(service({ triggers: { ecr: { repository: 'checkout' } } }), request, west)).toBe(true)
    expect(triggers(service({ triggers: { ecr: { repository: 'checkout', tag: 'prod' } } }), request, west)).toBe(false)
    expect(triggers(service(), request, west)).toBe(false)
    const object = (key: string) => service({ triggers: { s3: { bucket: 'artifacts', key } } })
    expect(isTold(object('checkout.zip'), s3Event, canada)).toBe(true)
    expect(isTold(object('other.zip'), s3Event, canada)).toBe(false)
    expect(isTold(service({ triggers: { cloudFormation: true } }), cfnEvent, home)).toBe(true)
    expect(isTold(service(), cfnEvent, home)).toBe(false)
    const strange = { targets: [{ function: 'toString', alias: 'live' }], triggers: { cloudFormation: true } }
    expect(isTold(service(strange), cfnEvent, home)).toBe(false)
  })

  describe('from elsewhere goes to nobody', () => {
    const isTold = (one: Service, input: unknown): boolean => triggers(one, read(input, home), home)
    const away = { account: '666666666666', region: 'us-east-1' }
    const image = (changes: object = {}) => service({ triggers: { ecr: { repository: 'checkout', ...changes } } })
    const object = (changes: object = {}) =>
      service({ triggers: { s3: { bucket: 'artifacts', key: 'checkout.zip', ...changes } } })

    it('but to a definition that names its account, in the own region: Lambda takes code from no other', () => {
      for (const [event, make, field] of [
        [ecrEvent, image, 'registry'],
        [s3Event, object, 'account'],
      ] as const) {
        const at = (site: object) => ({ ...event, ...home, ...site })
        expect([isTold(make(), at({})), isTold(make(), at(away))]).toEqual([true, false])
        const named = make({ [field]: '666666666666' })
        expect([isTold(named, at({})), isTold(named, at(away))]).toEqual([false, true])
        expect(isTold(named, at({ ...away, region: 'eu-west-1' }))).toBe(false)
      }
    })

    it('of CloudFormation but to a target that is named by its ARN there', () => {
      const far = 'arn:aws:lambda:us-east-1:666666666666:function:checkout'
      const there = changed({ ...cfnEvent, ...away }, ['detail', 'physical-resource-id'], `${far}:42`)
      const triggered = { triggers: { cloudFormation: true } }
      expect(isTold(service(triggered), there)).toBe(false)
      expect(isTold(service({ ...triggered, targets: [{ function: far, alias: 'live' }] }), there)).toBe(true)
      expect(read(there, home).candidate).toEqual({ kind: 'versions', versions: { [far]: '42' } })
      expect(codeOf(() => read({ ...cfnEvent, ...away }, home))).toBe('event_invalid')
    })
  })

  it('for a version is resolved to the only target, and refused if there are several or none of that name', () => {
    const one = readCall({ service: 'checkout', version: '42' }, 'c').candidate
    expect(candidateFor(service(), one)).toEqual({ kind: 'versions', versions: { checkout: '42' } })
    const two = service({
      targets: [
        { function: 'a', alias: 'live' },
        { function: 'b', alias: 'live' },
      ],
    })
    expect(codeOf(() => candidateFor(two, one))).toBe('target_unknown')
    expect(codeOf(() => candidateFor(two, { kind: 'versions', versions: { c: '1' } }))).toBe('target_unknown')
  })

  it.each([
    [
      'an S3 event of an unversioned bucket',
      changed(s3Event, ['detail', 'object', 'version-id'], undefined),
      'event_invalid',
    ],
    [
      'an S3 event of a bucket whose versioning is suspended',
      changed(s3Event, ['detail', 'object', 'version-id'], 'null'),
      'event_invalid',
    ],
    [
      'a call of an object that can be replaced',
      { service: 'checkout', artifact: { kind: 's3', bucket: 'artifacts', key: 'k', versionId: 'null' } },
      'call_invalid',
    ],
    ['an S3 event without a bucket', changed(s3Event, ['detail', 'bucket'], undefined), 'event_invalid'],
    ['an S3 event with a key that is a number', changed(s3Event, ['detail', 'object', 'key'], 7), 'event_invalid'],
    ['an S3 event of a deletion', changed(s3Event, ['detail-type'], 'Object Deleted'), 'event_invalid'],
    ['an S3 event without detail', changed(s3Event, ['detail'], undefined), 'event_invalid'],
    ['an S3 event with no time', changed(s3Event, ['time'], 'yesterday'), 'event_invalid'],
    ['an ECR push that failed', changed(ecrEvent, ['detail', 'result'], 'FAILURE'), 'event_invalid'],
    ['an ECR deletion', changed(ecrEvent, ['detail', 'action-type'], 'DELETE'), 'event_invalid'],
    ['an ECR event with a short digest', changed(ecrEvent, ['detail', 'image-digest'], 'sha256:77'), 'event_invalid'],
    ['an ECR event of no account', changed(ecrEvent, ['account'], undefined), 'event_invalid'],
    [
      'an ECR event with a repository of strange letters',
      changed(ecrEvent, ['detail', 'repository-name'], 'a b'),
      'event_invalid',
    ],
    [
      'a CloudFormation event of another resource',
      changed(cfnEvent, ['detail', 'resource-type'], 'AWS::Lambda::Alias'),
      'event_invalid',
    ],
    [
      'a CloudFormation event under way',
      changed(cfnEvent, ['detail', 'status-details'], { status: 'CREATE_IN_PROGRESS' }),
      'event_invalid',
    ],
    [
      'a CloudFormation event of $LATEST',
      changed(
        cfnEvent,
        ['detail', 'physical-resource-id'],
        'arn:aws:lambda:us-east-1:111122223333:function:checkout:$LATEST',
      ),
      'event_invalid',
    ],
    ['an event of another source', changed(s3Event, ['source'], 'aws.ec2'), 'event_unknown'],
    ['a call of no service', { version: '42' }, 'call_invalid'],
    ['a call of no version', { service: 'checkout' }, 'call_invalid'],
    [
      'a call of a version and an artifact',
      { service: 'checkout', version: '42', artifact: { kind: 's3', bucket: 'artifacts', key: 'k', versionId: 'v' } },
      'call_invalid',
    ],
    ['a call of $LATEST', { service: 'checkout', version: '$LATEST' }, 'call_invalid'],
    ['a call of version 0', { service: 'checkout', version: '0' }, 'call_invalid'],
    ['a call of a version that is a number', { service: 'checkout', version: 42 }, 'call_invalid'],
    ['a call with a misspelt field', { service: 'checkout', verison: '42' }, 'call_invalid'],
    ['a call with an unknown plan', { service: 'checkout', version: '42', plan: 'Fast' }, 'call_invalid'],
    [
      'a call of an image by tag',
      { service: 'checkout', artifact: { kind: 'image', uri: 'r/checkout:latest' } },
      'call_invalid',
    ],
    ['a call with an id of strange letters', { service: 'checkout', version: '42', requestId: 'a b' }, 'call_invalid'],
    ['a call with no versions', { service: 'checkout', versions: {} }, 'call_invalid'],
    ['a call with a very long reason', { service: 'checkout', version: '42', reason: 'x'.repeat(501) }, 'call_invalid'],
    ['nothing', undefined, 'call_invalid'],
    ['null', null, 'call_invalid'],
    ['a text', 'release', 'call_invalid'],
    ['a list', [], 'call_invalid'],
  ])('%s is refused with a code, a sentence and a fix', (_, input, code) => {
    expect(
      codeOf(() => {
        const request = read(input, home)
        if (request.service !== undefined) candidateFor(service(), request.candidate)
      }),
    ).toBe(code)
  })

  it('any input is a request or a Problem', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom<unknown>(s3Event, ecrEvent, cfnEvent, { service: 'checkout', version: '1' }),
        fc.jsonValue(),
        fc.nat(40),
      )
      .map(([base, junk, at]) => {
        const keys = Object.keys(base as object)
        return { ...(base as object), [keys[at % keys.length] ?? 'x']: junk }
      })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutated), (input) => {
        codeOf(() => read(input, home))
      }),
      { numRuns: repeats(500, 150) },
    )
  })
})
