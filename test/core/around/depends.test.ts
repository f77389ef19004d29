// What a definition may say of what it depends on, and what a change is told as.
import { describe, expect, it } from 'vitest'
import {
  aroundAt,
  changesIn,
  changeWords,
  type Dependency,
  lookThere,
  withChanges,
} from '../../../core/around/changes.ts'
import { service } from '../sample.ts'

const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:checkout/db-AbCdEf'
const flags = { application: 'abc1234', environment: 'def5678', profile: 'flags' }

describe('a definition', () => {
  it('keeps what it names, and nothing where it names nothing', () => {
    const depends = { secrets: [secret], parameters: ['/checkout/limits', 'plain.name'], appConfig: [flags] }
    expect(service({ depends }).depends).toEqual(depends)
    expect(service()).not.toHaveProperty('depends')
    expect(service().gates).not.toHaveProperty('quietAlarms')
  })

  it.each<[what: string, change: Record<string, unknown>, says: RegExp]>([
    ['nothing', { depends: {} }, /depends: name a secret, a parameter or an environment of AppConfig/],
    ['an unknown kind', { depends: { tables: ['orders'] } }, /depends.*tables/],
    ['a secret by its name', { depends: { secrets: ['checkout/db'] } }, /secrets\[0\].*whole ARN/],
    ['a secret without its six characters', { depends: { secrets: [secret.slice(0, -7)] } }, /six characters/],
    ['a pattern of secrets', { depends: { secrets: [secret.replace('db', '*')] } }, /whole ARN/],
    ['a secret twice', { depends: { secrets: [secret, secret] } }, /each is named once/],
    [
      'eleven secrets',
      {
        depends: { secrets: Array.from({ length: 11 }, (_, at) => `${secret.slice(0, -1)}${'abcdefghijk'[at] ?? ''}`) },
      },
      /secrets/,
    ],
    [
      'a parameter by its ARN',
      { depends: { parameters: ['arn:aws:ssm:eu-west-1:111122223333:parameter/x'] } },
      /named as in Parameter Store/,
    ],
    ['a path of parameters', { depends: { parameters: ['/checkout/'] } }, /named as in Parameter Store/],
    ['a parameter twice', { depends: { parameters: ['/a', '/a'] } }, /each is named once/],
    [
      'an application by its name',
      { depends: { appConfig: [{ ...flags, application: 'Checkout' }] } },
      /id of four to seven characters/,
    ],
    ['no environment', { depends: { appConfig: [{ application: 'abc1234' }] } }, /environment/],
    ['an empty profile', { depends: { appConfig: [{ ...flags, profile: '' }] } }, /profile/],
    ['a profile twice', { depends: { appConfig: [flags, flags] } }, /each is named once/],
    [
      'a service that is only observed',
      { mode: 'observe', depends: { parameters: ['/a'] } },
      /only observed has no releases to which it matters/,
    ],
    ['an empty guard', { gates: { quietAlarms: [''] } }, /quietAlarms/],
    ['a guard twice', { gates: { quietAlarms: ['db', 'db'] } }, /it is named already/],
    ['a guard that puts the traffic back', { gates: { quietAlarms: ['checkout-errors'] } }, /it is named already/],
    ['guards that are no list', { gates: { quietAlarms: 'db' } }, /quietAlarms/],
    ['21 guards', { gates: { quietAlarms: Array.from({ length: 21 }, (_, at) => `db-${at}`) } }, /quietAlarms/],
  ])('is refused with %s', (_, change, says) => {
    expect(() => service(change)).toThrow(says)
  })
})

const found = (more: Partial<Dependency> = {}): Dependency => ({
  kind: 'parameter',
  name: '/limits',
  version: '1',
  ...more,
})
const atMs = Date.UTC(2026, 10, 27, 2, 13)
const changed = (before: Dependency, after: Dependency) => changesIn(aroundAt([before]), [after])

describe('a change', () => {
  it('is another version, told with when it came', () => {
    expect(changed(found(), found())).toEqual([])
    expect(changed(found(), found({ version: '2', changedAtMs: atMs })).map(changeWords)).toEqual([
      'parameter /limits changed from 1 to 2 at 2026-11-27 02:13Z',
    ])
    const of = (version: string) => found({ kind: 'secret', name: 'db-AbCdEf', version, changedAtMs: atMs })
    expect(changed(of('a1'), of('b2')).map(changeWords)).toEqual(['secret db-AbCdEf changed at 2026-11-27 02:13Z'])
  })

  it('is not another date: tags of a secret change without its value', () => {
    expect(changed(found({ changedAtMs: 1 }), found({ changedAtMs: atMs }))).toEqual([])
  })

  it('that cannot be seen is told once, and what is seen later is compared with what was known', () => {
    const { version: _, ...blind } = found({ unread: 'AWS denied it' })
    const around = aroundAt([found()])
    const lost = changesIn(around, [blind])
    expect(lost.map(changeWords)).toEqual(['nobody knows whether parameter /limits changed: AWS denied it'])
    const after = withChanges(around, lost, atMs, () => 0)
    expect(changesIn(after, [blind])).toEqual([])
    expect(changesIn(after, [found()])).toEqual([])
    expect(changesIn(after, [found({ version: '2' })]).map(changeWords)).toEqual([
      'parameter /limits changed from 1 to 2',
    ])
  })

  it('of what was never read is no change: it says when it was changed last', () => {
    const { version: _, ...blind } = found({ unread: 'AWS denied it' })
    expect(changed(blind, found({ changedAtMs: atMs })).map(changeWords)).toEqual([
      'parameter /limits can be read again; it was changed last at 2026-11-27 02:13Z',
    ])
  })

  it('is not ruled out of what could never be read, and a person hears so', () => {
    const { version: _, ...blind } = found({ unread: 'AWS denied it' })
    expect(lookThere(aroundAt([blind]))).toEqual([
      'Parameter /limits could not be read, so a change of it is not ruled out: AWS denied it.',
    ])
    const seen = changesIn(aroundAt([blind]), [found({ changedAtMs: atMs })])
    expect(lookThere(withChanges(aroundAt([blind]), seen, atMs, () => 0))).toHaveLength(1)
  })

  it('is what a person reads first, with the share that the candidate had', () => {
    const at = (version: string, changedAtMs: number) => changed(found(), found({ version, changedAtMs }))
    const weightAt = (ms: number): number => (ms < atMs ? 0 : 1000)
    const once = withChanges(aroundAt([found()]), at('2', atMs - 60_000), atMs, weightAt)
    const twice = withChanges(once, at('3', atMs), atMs, weightAt)
    expect(lookThere(twice)).toEqual([
      'Look there first: parameter /limits changed from 1 to 3 at 2026-11-27 02:13Z, while the candidate had 10 % of the traffic. Stable has it, too.',
      'Look there first: parameter /limits changed from 1 to 2 at 2026-11-27 02:12Z, before the candidate had traffic. Stable has it, too.',
    ])
    expect(lookThere(undefined)).toEqual([])
  })
})
