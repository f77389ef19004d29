// Events of other accounts and regions, forged ones, and ones from the future: they change nothing, and the log says so.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { heardOf } from '../../functions/heard.ts'
import { rulesOf } from '../../functions/rules.ts'
import { minute, openSandbox, type Sandbox, startMs } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { service } from '../core/sample.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

const away = { account: '666666666666', region: 'us-east-1' }
const far = { account: '111122223333', region: 'eu-west-1' }
const farArn = `arn:aws:lambda:${far.region}:${far.account}:function:checkout`
const digest = `sha256:${'a'.repeat(64)}`

let sandbox: Sandbox
const open = async (changes: object = {}): Promise<void> => {
  sandbox = await openSandbox({ authorize, perMinute: 60, elsewhere: [far] })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...changes }))
}
afterEach(() => sandbox.close())

const time = () => new Date(sandbox.clock.nowMs()).toISOString()
const codes = () =>
  sandbox.logged.flatMap(({ code }) => (typeof code === 'string' && code.startsWith('event_') ? [code] : []))
const openIds = async () => (await sandbox.world.openReleases.list()).items.map(({ releaseId }) => releaseId)

const push = (changes: object = {}) => ({
  source: 'aws.ecr',
  'detail-type': 'ECR Image Action',
  time: time(),
  ...sandbox.world.home,
  ...changes,
  detail: { result: 'SUCCESS', 'action-type': 'PUSH', 'repository-name': 'checkout', 'image-digest': digest },
})
const alarm = (changes: object = {}, timestamp = time()) => ({
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  ...sandbox.world.home,
  ...changes,
  detail: { alarmName: 'checkout-errors', state: { value: 'ALARM', reason: 'forged', timestamp } },
})

describe('a push to a registry', () => {
  const triggers = (ecr: object) => ({ triggers: { ecr: { repository: 'checkout', ...ecr } } })

  it.each([
    ['another account', away],
    ['another region', { region: 'eu-west-1' }],
  ])('of %s starts nothing', async (_, site) => {
    await open(triggers({}))
    expect(await sandbox.ask('intake', push(site))).toEqual({ releases: [] })
    expect([codes(), await openIds()]).toEqual([['event_foreign'], []])
  })

  it('of the account that the definition names starts a release of its image; the one here does not', async () => {
    await open(triggers({ registry: away.account }))
    expect(await sandbox.ask('intake', push())).toEqual({ releases: [] })
    await sandbox.ask('intake', push(away))
    const [only] = (await sandbox.world.openReleases.list()).items
    const uri = `666666666666.dkr.ecr.us-east-1.amazonaws.com/checkout@${digest}`
    expect(only?.requested.candidate).toEqual({ kind: 'image', uri })
  })

  it('in the future starts nothing; one by a clock that is fast does', async () => {
    await open(triggers({}))
    const dated = (ms: number) => ({ time: new Date(sandbox.clock.nowMs() + ms).toISOString() })
    expect(await sandbox.ask('intake', push(dated(5 * minute + 1)))).toEqual({ releases: [] })
    expect([codes(), await openIds()]).toEqual([['event_ahead'], []])
    await sandbox.ask('intake', push(dated(5 * minute)))
    expect(await openIds()).toHaveLength(1)
  })
})

describe('the scan of an image', () => {
  const scan = (changes: object = {}) => ({
    ...push(changes),
    'detail-type': 'ECR Image Scan',
    detail: {
      'scan-status': 'COMPLETE',
      'repository-name': 'checkout',
      'image-digest': digest,
      'finding-severity-counts': { CRITICAL: 0 },
    },
  })
  const known = async () => (await sandbox.world.attestations.of([`ecr/checkout@${digest}`])).items.length

  it('of another account, or in the future, is not believed', async () => {
    await open({ triggers: { ecr: { repository: 'checkout' } } })
    expect(await sandbox.ask('hear', scan(away))).toEqual({ subjects: [] })
    expect(await sandbox.ask('hear', scan({ time: '9999-01-01T00:05:00Z' }))).toEqual({ subjects: [] })
    expect([codes(), await known()]).toEqual([['event_foreign', 'event_ahead'], 0])
  })

  it('of the registry that a definition names is', async () => {
    await open({ triggers: { ecr: { repository: 'checkout', registry: away.account } } })
    await sandbox.ask('hear', scan(away))
    expect([codes(), await known()]).toEqual([[], 1])
  })
})

describe('an alarm', () => {
  const release = async (): Promise<string> => {
    await open({ signals: { alarms: ['checkout-errors'] } })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(1)
    return id
  }
  const weights = async () => (await sandbox.alias()).weights
  const page = () =>
    sandbox
      .pages()
      .map(({ message }) => message)
      .join()

  it('of another account or region, or from the future, puts nothing back', async () => {
    await release()
    for (const event of [alarm(away), alarm({ region: 'ap-south-2' }), alarm({}, '2099-01-01T00:00:00.000+0000')])
      expect(await sandbox.ask('alarm', event)).toEqual({ returned: [] })
    expect(codes()).toEqual(['event_foreign', 'event_foreign', 'event_ahead'])
    expect(await weights()).toEqual({ '2': 0.1 })
  })

  it('that CloudWatch says is OK puts the traffic back at once all the same, and the page says so', async () => {
    const id = await release()
    expect(await sandbox.ask('alarm', alarm())).toEqual({ returned: [id] })
    expect(await weights()).toEqual({})
    await sandbox.finish(id)
    expect(page()).toContain('The event said ALARM, CloudWatch says OK: if nobody can explain it, someone forged it.')
    expect((await sandbox.events(id)).filter(({ type }) => type === 'alarmDoubted')).toHaveLength(1)
  })

  it('that fires is not doubted', async () => {
    const id = await release()
    const fires = { AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' } as const
    await sandbox.clients.cloudwatch.send(new SetAlarmStateCommand(fires))
    await sandbox.clock.settle()
    expect(await weights()).toEqual({})
    await sandbox.finish(id)
    expect(page()).toContain('checkout-errors')
    expect(page()).not.toContain('forged')
  })

  it('that does not exist has put the traffic back', async () => {
    const id = await release()
    await sandbox.world.alarmWatch.add('gone', id)
    const event = alarm()
    expect(await sandbox.ask('alarm', { ...event, detail: { ...event.detail, alarmName: 'gone' } })).toEqual({
      returned: [id],
    })
    await sandbox.finish(id)
    expect(page()).toContain('CloudWatch knows no such alarm')
  })
})

describe('who moved an alias', () => {
  const moved = (site: object, by: string) => ({
    source: 'aws.lambda',
    ...site,
    detail: {
      eventName: 'UpdateAlias20150331',
      userIdentity: { arn: `arn:aws:iam::${away.account}:user/${by}` },
      requestParameters: { functionName: 'checkout', name: 'live' },
    },
  })

  it('is heard from where the function is, and of no other function of that name', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.moveByHand('2', {}, 'role.tidegate-shift')
    expect(await sandbox.ask('reconcile', moved(away, 'mallory'))).toMatchObject({ finished: [] })
    expect(codes()).toEqual(['event_foreign'])
    expect(await sandbox.ask('reconcile', moved(sandbox.world.home, 'sam'))).toMatchObject({ finished: [id] })
    expect((await sandbox.release(id)).ending?.by).toContain('user/sam')
  })
})

describe('the end of an execution, a stack, a look, an incident', () => {
  beforeEach(() => open({ incidents: { from: [far.account + '/' + far.region] }, triggers: { cloudFormation: true } }))

  it('elsewhere is nothing to us', async () => {
    const here = sandbox.world.home
    const execution = { executionArn: 'arn:aws:states:us-east-1:666666666666:execution:a:b', status: 'FAILED' }
    const stack = {
      'stack-id': 'arn:aws:cloudformation:us-east-1:000000000000:stack/a/b',
      'status-details': { status: 'ROLLBACK_IN_PROGRESS' },
    }
    const rollback = {
      source: 'aws.cloudformation',
      'detail-type': 'CloudFormation Stack Status Change',
      detail: stack,
    }
    expect(await sandbox.ask('reconcile', { ...away, source: 'aws.states', detail: execution })).toMatchObject({
      finished: [],
    })
    expect(await sandbox.ask('reconcile', { ...rollback, ...away })).toMatchObject({ finished: [] })
    const look = { source: 'tidegate.release', 'detail-type': 'Release Judged', detail: { service: 'checkout' } }
    expect(await sandbox.ask('budget', { ...look, ...away })).toMatchObject({ updated: [] })
    expect(codes()).toEqual(['event_foreign', 'event_foreign', 'event_foreign'])
    expect(await sandbox.ask('reconcile', { ...rollback, ...here })).toMatchObject({ finished: [] })
    expect(codes()).toHaveLength(3)
  })

  it('is believed of accounts that the definition names', async () => {
    const incident = { id: 'i', service: 'checkout', openedAt: time(), source: 'statuspage' }
    const told = { source: 'tidegate.incident', 'detail-type': 'Incident', detail: incident }
    expect(await sandbox.ask('hear', { ...told, ...away })).toEqual({ services: [] })
    expect(codes()).toEqual(['event_foreign'])
    expect(await sandbox.ask('hear', { ...told, ...far })).toEqual({ services: ['checkout'] })
    const later = { ...told, ...far, detail: { ...incident, id: 'j', openedAt: '2099-01-01T00:00:00Z' } }
    expect(await sandbox.ask('hear', later)).toEqual({ services: [] })
    expect(codes()).toEqual(['event_foreign', 'event_ahead'])
    await expect(sandbox.ask('incident', later.detail)).rejects.toMatchObject({ name: 'Tidegate.call_invalid' })
    const known = await sandbox.world.incidents.list('checkout', 0, startMs + 90_000_000)
    expect(known.items.map(({ id }) => id)).toEqual(['i'])
  })
})

describe('the rules', () => {
  beforeEach(() => open())
  const home = { account: '000000000000', region: 'us-east-1' }

  it('let through what is from here, or from where a definition says, and nothing else', () => {
    const ecr = { repository: 'orders' }
    const services = [
      service({ triggers: { ecr: { ...ecr, registry: away.account } } }),
      service({ name: 'b', triggers: { ecr }, incidents: { from: [far.account] } }),
      service({
        name: 'c',
        targets: [{ function: farArn, alias: 'live', role: `arn:aws:iam::${far.account}:role/tidegate-target` }],
        triggers: { cloudFormation: true },
      }),
    ]
    const rules = rulesOf(heardOf(services, home, 'arn:machine', ['arn:mover']))
    const heard = rules.map(({ name, pattern }) => {
      expect(JSON.stringify(pattern).length).toBeLessThan(2048)
      return [name, (pattern['account'] as string[]).join(), (pattern['region'] as string[]).join()]
    })
    const [here, there] = [
      ['000000000000', 'us-east-1'],
      [far.account, far.region],
    ]
    expect(heard).toEqual([
      ['ecr', away.account, 'us-east-1'],
      ['ecr-2', ...here],
      ['ecr-scan', away.account, 'us-east-1'],
      ['ecr-scan-2', ...here],
      ['cloudformation', ...there],
      ['stack-rollback', ...there],
      ['incident', ...here],
      ['incident-2', far.account, 'us-east-1'],
      ['incident-manager', ...here],
      ['incident-manager-2', far.account, 'us-east-1'],
      ['alarm', ...here],
      ['execution', ...here],
      ['alias', ...here],
      ['alias-2', ...there],
    ])
    expect(JSON.stringify(rules.find(({ name }) => name === 'alias-2')?.pattern)).toContain('role/tidegate-target')
  })

  it('keep an event of another account from every function', async () => {
    const before = sandbox.logged.length
    for (const event of [push(), alarm()]) {
      const { source, 'detail-type': detailType, detail } = event
      sandbox.cloud.events.emit({ source, detailType, detail, site: away })
      await sandbox.clock.settle()
    }
    expect(sandbox.logged).toHaveLength(before)
    const { source, 'detail-type': detailType, detail } = push()
    sandbox.cloud.events.emit({ source, detailType, detail, site: far })
    await sandbox.clock.settle()
    expect(codes()).toEqual(['event_foreign'])
  })
})
