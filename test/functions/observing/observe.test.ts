// Others move the alias, and Tidegate says what it would have done: by the verdicts that a release of its own has on the same
// minutes, and without a right to write.
import { afterEach, expect, it } from 'vitest'
import { showObserved } from '../../../cli/commands/observed.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { findingOf, minutesEarlier, totalsOf } from '../../../core/observe/report.ts'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { minute, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { authorize as asOwned } from '../../scenarios/least-privilege.ts'
import { enforcing } from '../../lib/policies.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { repeats } from '../../repeats.ts'
import { openWatched, rows, shift, type Shifting, toldBy, watchedRoles, watchedService } from './watched.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const log = (id: string, service = 'checkout') => sandbox.world.observations.read(service, id)

/** By CloudTrail's events, or without a trail: then a look finds out. */
const cases = [
  ['v3', 'no trail'],
  ['v2', 'no trail'],
  ['v2', 'a trail'],
  ['v3', 'a trail'],
] as const

it.each(cases.slice(0, repeats(cases.length, 2)))(
  'the verdicts on a shift to %s, with %s, are those of the release that makes it, to the last digit',
  async (code, trail) => {
    const authorize: typeof asOwned = (asked) =>
      asked.caller.arn.includes('tidegate-observe') ? enforcing(watchedRoles).authorize(asked) : asOwned(asked)
    const delayMs = ({ 'detail-type': kind }: Readonly<Record<string, unknown>>): number =>
      trail === 'no trail' && kind === 'AWS API Call via CloudTrail' ? 600 * minute : 0
    sandbox = await openWatched({ authorize, sweepMinutes: 5, delivery: { delayMs } })
    const same = {
      mode: 'own',
      plan: {
        steps: [
          { weight: 10, bake: '6m' },
          { weight: 50, bake: '6m' },
        ],
      },
    }
    await sandbox.world.services.put(watchedService({ ...same, name: 'owner' }))
    await sandbox.world.services.put(watchedService({ ...same, mode: 'observe' }))
    const version = await sandbox.publish(code)
    // Neither the beginning of a minute nor its end.
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 17_000)
    const id = await sandbox.start({ service: 'owner', version })
    await sandbox.finish(id)
    const [row] = await rows(sandbox)
    const [owned, watched] = [await sandbox.events(id), await log(row?.id ?? '')]
    const frozen = owned.flatMap((event) => (event.type === 'prepared' ? event.targets : []))
    const began = watched.flatMap((event) => (event.type === 'began' ? event.target : []))
    expect(began[0]?.baseline).toEqual(frozen[0]?.baseline)
    const own = owned.flatMap((event) => (event.type === 'judged' ? [event.verdict] : []))
    const seen = watched.flatMap((event) => (event.type === 'judged' ? [event.verdict] : []))
    const byWindow = new Map(seen.map((verdict) => [verdict.window.endMs, verdict]))
    const withoutReadings = ({ readings: _, ...verdict }: Verdict) => verdict
    const both = own.filter(({ window }) => byWindow.has(window.endMs))
    expect(both.length).toBeGreaterThan(code === 'v2' ? 8 : 1)
    for (const verdict of both) {
      const other = byWindow.get(verdict.window.endMs)
      expect(other && withoutReadings(other)).toEqual(withoutReadings(verdict))
    }
    expect(own.at(-1)?.kind).toBe(code === 'v2' ? 'pass' : 'fail')
  },
)

const linear: Shifting['steps'] = [10, 20, 40].map((percent) => [percent, 5] as const)
const canary: Shifting['steps'] = [[20, 10]]
const releases: readonly Shifting[] = [
  { code: 'v2', steps: canary },
  { code: 'v3', steps: canary, backAfter: 9 },
  { code: 'v3', steps: linear, backAfter: 14 },
  { code: 'v1', steps: linear },
]

it('says of every shift of a shifter that is not ours what its log gives', async () => {
  sandbox = await openWatched({ perMinute: 90 })
  const count = repeats(20, releases.length)
  for (let one = 0; one < count; one++) await shift(sandbox, releases[one % releases.length] as Shifting)
  const found = await rows(sandbox)
  expect(found).toHaveLength(count)
  for (const [index, row] of found.entries()) {
    const told = toldBy(await log(row.id))
    const back = releases[index % releases.length]?.backAfter
    expect(row.end).toEqual({ how: told.how, atMs: told.endAtMs })
    expect(row.end?.how).toBe(back === undefined ? 'through' : 'putBack')
    expect(row.wouldPutBack?.atMs).toBe(told.failedAtMs)
    expect(findingOf(row)).toBe(back === undefined ? 'passed' : 'caught')
    if (row.wouldPutBack === undefined) continue
    expect(row.saved).toEqual({ requests: told.saved, knownMinutes: told.minutes, minutes: told.minutes })
    expect(minutesEarlier(row)).toBe(Math.round(((told.endAtMs ?? 0) - (told.failedAtMs ?? 0)) / 60_000))
    expect(row.saved?.requests).toBeGreaterThan(0)
  }
  expect(totalsOf(found)).toMatchObject({ shifts: count, caught: count / 2, alsoByOthers: count / 2, missed: 0 })
  const printed: string[] = []
  const backend = backendOnAws({ TIDEGATE_TABLE: 'tidegate' }, sandbox.clients.place)
  await showObserved({ backend, screen: screenOn((line) => void printed.push(line), false) }, 'checkout', 30)
  expect(printed.join('\n')).toContain(`${count} shifts by others. Tidegate would have put back ${count / 2}`)
}, 180_000)

it('writes the row of a shift when something has changed, and not at every look', async () => {
  const puts: number[] = []
  sandbox = await openWatched({
    perMinute: 0,
    through:
      (handler) =>
      (request, ...rest) => {
        const text = new TextDecoder().decode(request.body)
        if (text.includes('SHIFT#') && text.includes('"Item"')) puts.push(sandbox.clock.nowMs())
        return handler(request, ...rest)
      },
  })
  await sandbox.world.services.put(watchedService({ policy: { lookEvery: '5m' } }))
  const version = await sandbox.publish('v2')
  await sandbox.moveByHand('1', { [version]: 0.2 })
  const fromMs = sandbox.clock.nowMs()
  await sandbox.minutes(9)
  expect(puts.map((atMs) => Math.round((atMs - fromMs) / minute))).toEqual([0, 5])
  await sandbox.moveByHand('1')
  await sandbox.minutes(6)
  const [row] = await rows(sandbox)
  // Put back, counted when the last minutes are whole, and once more when it is no longer looked at.
  expect(puts.map((atMs) => Math.round((atMs - fromMs) / minute))).toEqual([0, 5, 9, 12, 13])
  expect(row?.end?.how).toBe('putBack')
})

it('no role of a service that is only watched may write to its function', async () => {
  sandbox = await openWatched({ perMinute: 0 })
  const { authorize } = enforcing(watchedRoles)
  const resource = 'arn:aws:lambda:us-east-1:000000000000:function:checkout'
  const writes = ['UpdateAlias', 'CreateAlias', 'DeleteAlias', 'PublishVersion', 'UpdateFunctionCode', 'DeleteFunction']
  const allowed: string[] = []
  for (const role of Object.keys(watchedRoles))
    for (const action of writes.map((name) => `lambda:${name}`)) {
      const caller = { accessKeyId: `role.${role}`, arn: `arn:aws:sts::000000000000:assumed-role/${role}/x` }
      if (await authorize({ caller, action, resource })) allowed.push(`${role} ${action}`)
    }
  expect(allowed).toEqual([])
  const actions = watchedRoles['tidegate-observe']?.statements.flatMap((one) => one.actions) ?? []
  expect(actions.filter((action) => !/:(Get|Describe|List|Query)/.test(action)).sort()).toEqual([
    'dynamodb:PutItem',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'sqs:SendMessage',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ])
})

it('refuses releases of it, and changes its mode by the definition alone, while nothing is live', async () => {
  sandbox = await openWatched({ perMinute: 0, authorize: asOwned })
  const call = sandbox.orderAs('ann')
  await expect(call('start', 'checkout', { version: '1' })).rejects.toMatchObject({ code: 'service_observed' })
  await expect(call('roll-back', 'checkout', { reason: 'x' })).rejects.toMatchObject({ code: 'service_observed' })
  expect(await call('ask', 'checkout', {})).toMatchObject({ may: false })
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
  await sandbox.start({ version: await sandbox.publish('v2') })
  const { triggers: _t, ...definition } = {
    name: 'checkout',
    targets: [{ function: 'checkout', alias: 'live' }],
    plan: 'AllAtOnce',
    triggers: {},
  }
  await expect(call('apply', 'checkout', { definition: { ...definition, mode: 'observe' } })).rejects.toMatchObject({
    code: 'mode_not_now',
  })
})

it('a way back after the watch is told of the shift that it undoes', async () => {
  sandbox = await openWatched()
  const version = await shift(sandbox, { code: 'v2', steps: canary })
  await sandbox.minutes(60)
  await sandbox.moveByHand('1')
  await sandbox.minutes(2)
  const found = await rows(sandbox)
  expect(found.map(({ candidate, end, undoneAtMs }) => [candidate, end?.how, undoneAtMs !== undefined])).toEqual([
    [version, 'through', true],
  ])
})
