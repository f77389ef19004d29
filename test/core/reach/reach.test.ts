// What the template without the CDK cannot reach: whatever of a definition it could not hear of or touch.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outOfReach, type Reach } from '../../../core/reach/reach.ts'
import { ServiceDefinition } from '../../../core/service/service.ts'
import { heardOf } from '../../../functions/heard.ts'

const home = { partition: 'aws', account: '111122223333', region: 'eu-west-1' }
const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234'
const reach: Reach = {
  functions: 'shop-*',
  tag: { key: 'tidegate', value: 'tidegate' },
  bucket: 'artifacts',
  key,
  repositories: 'team/*',
}
const service = (more: object = {}) =>
  ServiceDefinition.parse({
    name: 'cart',
    targets: [{ function: 'shop-cart', alias: 'live' }],
    plan: 'AllAtOnce',
    ...more,
  })
const outside = (more: object, other: Partial<Reach> = {}) => outOfReach(service(more), { ...reach, ...other }, home)
const there = 'arn:aws:lambda:us-east-1:111122223333:function:shop-cart'

describe('a definition', () => {
  it('may name the workspace of the parameter, and no other', () => {
    const workspace = 'arn:aws:aps:eu-west-1:111122223333:workspace/ws-1'
    const bad = 'sum(declined{version="{version}"} - declined{version="{version}"} offset 1m)'
    const signals = { prometheus: [{ name: 'declined', workspace, bad, total: bad.replaceAll('declined', 'asked') }] }
    expect(outside({ signals }, { workspace })).toEqual([])
    expect(outside({ signals }, { workspace: `${workspace}2` })).toHaveLength(1)
    // Of an installation from before there was the parameter.
    expect(outside({ signals })).toEqual([expect.stringContaining('PrometheusWorkspace')])
  })

  it('that stays in the account and region is within reach', () => {
    expect(
      outside({
        hooks: [{ at: 'beforeTraffic', function: 'anything' }],
        triggers: { s3: { bucket: 'artifacts', key: 'cart.zip', kmsKey: key }, ecr: { repository: 'team/cart' } },
        allowedArtifacts: { ecr: [{ repository: 'team/other', registry: home.account }] },
        incidents: { from: ['111122223333'] },
        slos: [{ name: 'paid', sli: { applicationSignals: 'paid' } }],
      }),
    ).toEqual([])
    const named = 'arn:aws:lambda:eu-west-1:111122223333:function:shop-basket'
    expect(outside({ targets: [{ function: named, alias: 'live' }] })).toEqual([])
  })

  it.each<[string, object, Partial<Reach>]>([
    ['another account or region', { targets: [{ function: there, alias: 'live' }] }, {}],
    [
      'assume no role',
      {
        targets: [
          {
            function: 'arn:aws:lambda:eu-west-1:444455556666:function:shop-cart',
            alias: 'live',
            role: 'arn:aws:iam::444455556666:role/tidegate-target',
          },
        ],
      },
      {},
    ],
    ['FunctionNames', { targets: [{ function: 'warehouse', alias: 'live' }] }, {}],
    [
      'moveScaling',
      { targets: [{ function: 'shop-cart', alias: 'live', provisionedConcurrency: 5, moveScaling: true }] },
      {},
    ],
    ['none of shop-?', {}, { functions: 'shop-?' }],
    ['ArtifactBucket', { triggers: { s3: { bucket: 'other', key: 'a.zip' } } }, {}],
    ['ArtifactBucket', { triggers: { s3: { bucket: 'artifacts', key: 'a.zip' } } }, { bucket: '' }],
    ['ArtifactBucket', { triggers: { s3: { bucket: 'artifacts', key: 'a.zip', account: '444455556666' } } }, {}],
    ['ArtifactKey', { triggers: { s3: { bucket: 'artifacts', key: 'a.zip', kmsKey: key } } }, { key: '' }],
    ['ImageRepositories', { triggers: { ecr: { repository: 'teams/cart' } } }, {}],
    ['ImageRepositories', { triggers: { ecr: { repository: 'team/cart' } } }, { repositories: '' }],
    ['ImageRepositories', { triggers: { ecr: { repository: 'team/cart', registry: '444455556666' } } }, {}],
    ['incidents', { incidents: { from: ['444455556666'] } }, {}],
    [
      'SLO',
      {
        slos: [
          { name: 'paid', sli: { applicationSignals: 'arn:aws:application-signals:us-east-1:111122223333:slo/paid' } },
        ],
      },
      {},
    ],
  ])('names what is out of reach: %s', (words, more, other) => {
    expect(outside(more, other).join(' ')).toContain(words)
  })

  it('within reach is heard of wherever its events come from', () => {
    // The template has the rules of its own account and region, and no others.
    const site = fc.constantFrom('111122223333', '444455556666')
    fc.assert(
      fc.property(site, site, fc.constantFrom('eu-west-1', 'us-east-1'), site, (bucket, registry, region, from) => {
        const isMade = region === home.region
        const one = service({
          ...(isMade
            ? {
                triggers: {
                  s3: { bucket: 'artifacts', key: 'a.zip', account: bucket },
                  ecr: { repository: 'team/cart', registry },
                },
              }
            : { targets: [{ function: there, alias: 'live' }], triggers: { cloudFormation: true } }),
          incidents: { from: [from] },
        })
        const heard = heardOf([one], home, 'arn:machine', [])
        const sites = [heard.buckets, heard.repositories, heard.aliases].flatMap((all) => all.map((at) => at.site))
        const isHome = [...sites, ...heard.stacks, ...heard.incidents].every(
          ({ account, region: where }) => account === home.account && where === home.region,
        )
        expect(outOfReach(one, reach, home).length === 0).toBe(isHome)
      }),
    )
  })

  it('takes signs of regular expressions in a pattern as they are', () => {
    const triggers = { ecr: { repository: 'a.b' } }
    expect(outside({ triggers }, { repositories: 'a.b' })).toEqual([])
    expect(outside({ triggers: { ecr: { repository: 'axb' } } }, { repositories: 'a.b' })).not.toEqual([])
  })
})
