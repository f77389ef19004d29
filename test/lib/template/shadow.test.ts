// The template of a team's shadows: it has what the construct has, and a release is tried under its policies.
import { Template } from 'aws-cdk-lib/assertions'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { shadowTemplateOf, templateFiles } from '../../../lib/template/write.ts'
import { shopInShadow } from '../../examples/shop.ts'
import { installed, policiesOf } from '../../shadow/installed.ts'
import { areAll } from '../../repeats.ts'

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
type Made = {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Parameters: Readonly<Record<string, { readonly Default?: string }>>
  readonly Outputs: Readonly<Record<string, unknown>>
}
const made = (file: unknown): Made => shadowTemplateOf('1.2.3', file) as unknown as Made
const table = (name: string) => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`
const reads = [{ actions: ['dynamodb:GetItem'], resources: [table('coupons')] }]
const of = ({ Resources }: Made, type: string) => Object.values(Resources).filter(({ Type }) => Type === `AWS::${type}`)

const network = { subnets: ['subnet-0123abcd', 'subnet-4567cdef'], securityGroups: ['sg-0123abcd'] }
const whole = {
  ...{ hook: 'team-shadow', encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/1' },
  functions: {
    shop: { reads, network, load: { times: 3, concurrency: 30 }, ignore: ['/at'] },
    orders: { layers: ['arn:aws:lambda:us-east-1:000000000000:layer:tools:3'] },
  },
}

describe('the template of shadows', () => {
  it('has the roles of the construct, right for right', () => {
    const functions = { shop: { reads, load: { times: 3 } }, orders: {} }
    const construct = policiesOf(installed({ functions }, 'shop'))
    const template = policiesOf(made({ functions }), { AnswerFunction: 'tidegate-answer' })
    for (const role of ['tidegate-shadow', 'shop-shadow', 'orders-shadow'])
      expect([role, template.get(role)?.length ?? 0, template.get(role)]).toEqual([role, 1, construct.get(role)])
    expect(template.get('Tidegate: keeps samples of shop')).toEqual(construct.get('shop'))
  })

  it('has the hook in the package of the controller, and the tag by which the controller may call it', () => {
    const functions = of(made(whole), 'Lambda::Function').map(({ Properties }) => Properties)
    expect(functions.map(({ FunctionName, Tags }) => [FunctionName, Tags])).toEqual([
      ['shop-shadow', undefined],
      ['orders-shadow', undefined],
      ['team-shadow', [{ Key: 'tidegate', Value: 'tidegate' }]],
    ])
    expect(functions.at(-1)).toMatchObject({
      Handler: 'shadowHook.handler',
      Code: {
        S3Bucket: { Ref: 'PackageBucket' },
        S3Key: { 'Fn::Join': ['', [{ Ref: 'PackagePrefix' }, 'tidegate-1.2.3.zip']] },
      },
    })
  })

  it('has networks, layers, a key and a load as the file says, and needs nothing of the CDK in the account', () => {
    const template = made(whole)
    const [shop] = of(template, 'Lambda::Function')
    expect(shop?.Properties).toMatchObject({
      ReservedConcurrentExecutions: 30,
      VpcConfig: { SubnetIds: network.subnets, SecurityGroupIds: network.securityGroups },
    })
    const samples = Template.fromJSON(JSON.parse(JSON.stringify(template)) as Record<string, unknown>)
    samples.hasResourceProperties('AWS::DynamoDB::Table', {
      ...{ TableName: 'team-shadow-samples', SSESpecification: { KMSMasterKeyId: whole.encryptionKey } },
    })
    expect(JSON.stringify(template)).toContain('layer:tools:3')
    expect(JSON.stringify(template)).not.toMatch(/hnb659fds|AssetParameters|BootstrapVersion|cdk-|aws:cdk|Custom::/i)
    const without = Object.entries(template.Parameters).filter(([, { Default }]) => Default === undefined)
    expect(without.map(([name]) => name)).toEqual(['PackageBucket'])
    expect(Object.keys(template.Outputs).sort()).toEqual([
      ...['Hook', 'SamplesTable', 'SamplingPolicyArn1', 'SamplingPolicyArn2'],
    ])
  })

  it('can be given inline with ten functions, which is the most', () => {
    const functions = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, nth) => [`shop-${nth}`, { reads, network, load: {} }]))
    const most = Object.fromEntries(
      Object.entries(functions(10)).map(([name, one]) => [name, { ...one, load: undefined }]),
    )
    expect(Buffer.byteLength(JSON.stringify(made({ functions: most })))).toBeLessThan(51_200)
    expect(() => made({ functions: functions(11) })).toThrow(/at most 10 functions/)
  })

  it.each<[string, unknown, RegExp]>([
    ['is no file', null, /The file of the shadows/],
    ['names no function', { functions: {} }, /name a function/],
    ['has a field that is none', { functions: { shop: { read: reads } } }, /read/],
    ['has a name with *', { functions: { '*': { reads } } }, /\*: Invalid key/],
    ['writes', { functions: { shop: { reads: [{ actions: ['s3:PutObject'], resources: ['*'] }] } } }, /like reading/],
    [
      'reads a thing that is no ARN',
      { functions: { shop: { reads: [{ ...reads[0], resources: ['coupons'] }] } } },
      /ARN/,
    ],
    ['has no resource', { functions: { shop: { reads: [{ ...reads[0], resources: [] }] } } }, /resources/],
    ['has a subnet that is none', { functions: { shop: { network: { ...network, subnets: ['a"b'] } } } }, /subnet-/],
    ['has a hook that is an ARN', { hook: 'arn:aws:x', functions: { shop: {} } }, /a name of a function/],
  ])('refuses a file that %s', (_, file, words) => {
    expect(() => made(file)).toThrow(
      expect.objectContaining({ name: 'Tidegate.shadow_invalid', message: expect.stringMatching(words) as string }),
    )
  })

  // To bundle all takes ten seconds of a processor.
  it.runIf(areAll)('is written beside the other files, with its checksum, and the package has the hook', () => {
    const files = templateFiles('1.2.3', whole)
    expect(Object.keys(files)).toEqual([
      ...['tidegate-1.2.3.json', 'tidegate-1.2.3.zip', 'tidegate-shadow-1.2.3.json', 'SHA256SUMS'],
    ])
    expect(Buffer.from(files['SHA256SUMS']!).toString()).toMatch(/ {2}tidegate-shadow-1\.2\.3\.json$/m)
    expect(Object.keys(unzipSync(files['tidegate-1.2.3.zip']!))).toContain('shadowHook.mjs')
  })
})

describe('under its policies', () => {
  it.each([
    ['a version that answers as stable does is promoted', '2', 'promoted', /./],
    ['one that writes in the shadow is rejected', '4', 'rejected', /it tries what IAM refuses \(dynamodb:PutItem\)/],
  ])('%s', async (_, version, outcome, because) => {
    const shop = await shopInShadow({ versions: ['1', version], template: made })
    const { sandbox, release, refused } = shop
    await sandbox.minutes(4)
    const { ending } = await sandbox.finish(await release(`shop ${version}`))
    expect(ending).toMatchObject({ outcome, because: expect.stringMatching(because) as string })
    expect([...refused].filter((one) => !one.startsWith('shop-shadow dynamodb:PutItem'))).toEqual([])
    shop.stop()
  })
})
