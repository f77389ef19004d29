// Silence of versions and alarms, and executions that die.
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, describe, expect, it } from 'vitest'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { minute } from '../../../local/house.ts'
import { house, open, close } from './trouble-house.ts'

afterEach(close)

describe('silence', () => {
  it('of both versions holds the release for as long as the policy says, and never promotes it', async () => {
    await open({ policy: { hold: { unknown: '10m', quiet: '2h' } } })
    house.traffic.stop()
    await house.minutes(1)
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(119)
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
    expect(release.ending?.because).toContain('no traffic on either version')
    expect((release.state.phase === 'settled' ? release.state.atMs : 0) - release.requestedAtMs).toBeGreaterThanOrEqual(
      120 * minute,
    )
  })

  it('of an alarm is unknown, names it, and pauses for a person when the policy says so', async () => {
    const { PutMetricAlarmCommand } = await import('@aws-sdk/client-cloudwatch')
    await open({
      signals: { alarms: ['mute'], errors: { minimumSamples: 1 } },
      policy: { whenHeldTooLong: 'pause', hold: { unknown: '5m', paused: '1h' } },
    })
    await house.clients.cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'mute',
        Namespace: 'Nobody',
        MetricName: 'Writes',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    )
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(15)
    const held = await house.release(id)
    expect(held).toMatchObject({ state: { phase: 'baking', step: 0 }, paused: { by: 'policy.whenHeldTooLong' } })
    expect(held.paused?.reason).toContain('alarm mute has insufficient data')
    expect(await house.finish(id)).toMatchObject({ ending: { outcome: 'rolledBack', by: 'policy' } })
  })

  it('an alarm that does not exist, or fires already, is said before anything moves', async () => {
    await open({ signals: { alarms: ['checkout-errors', 'mispelt'] } })
    expect((await house.finish(await house.start({ version: await house.publish('v2') }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alarm_missing',
    })
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    await house.clients.cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
    )
    const id = await house.start({ version: await house.publish('v1') })
    // It begins a second after the one before.
    await house.clock.advanceTo(house.clock.nowMs() + 2000)
    expect((await house.release(id)).excludedAlarms).toEqual(['checkout-errors'])
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('an execution that dies', () => {
  it.each([0, 1, 3, 7])('%d minutes into the release leaves no split alias, and the release ends', async (after) => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(after)
    const [execution] = house.cloud.states.executions()
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    await house.clock.settle()
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect(await house.finish(id)).toMatchObject({ ending: { outcome: 'aborted', by: 'sweep' } })
    expect((await house.world.openReleases.list()).items).toEqual([])
  })

  it('without anybody hearing of it is found by the sweep', async () => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.states' ? 0 : 1) } })
    const id = await house.start({ version: await house.publish('v2') })
    const [execution] = house.cloud.states.executions()
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    expect(await house.alias()).toMatchObject({ weights: { '2': 0.1 } })
    await house.minutes(6)
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await house.finish(id)).ending?.outcome).toBe('aborted')
  })

  it('again and again is given up after four, and the release still ends', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    for (let count = 0; count < 6; count++) {
      for (const execution of house.cloud.states.executions()) {
        if (execution.status === 'RUNNING')
          await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution.arn }))
      }
      await house.clock.settle()
    }
    expect((await house.finish(id)).ending?.outcome).toBe('aborted')
    expect(house.cloud.states.executions().length).toBeLessThanOrEqual(5)
  })

  it('an intake that dies between its two writes is completed by the sweep', async () => {
    await open()
    const version = await house.publish('v2')
    const request = { service: 'checkout', version, requestId: 'half' }
    const id = await house.start(request)
    const [requested] = await house.events(id)
    house.close()
    await open()
    await house.publish('v2')
    if (requested?.type !== 'requested') throw new Error('no request')
    await house.world.openReleases.add({ releaseId: id, service: 'checkout', requestedAtMs: requested.atMs, requested })
    expect(await house.events(id)).toEqual([])
    await house.minutes(6)
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('a release that outgrows one execution goes on in another, and both end as it ends', async () => {
    await open({ plan: { steps: [{ weight: 10, bake: '1h' }] } })
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(5)
    // As if it had been looked at for half a day already.
    const verdict: Verdict = {
      kind: 'unknown',
      quiet: true,
      because: 'test',
      window: { startMs: 0, endMs: 0 },
      signals: [],
    }
    for (let seq = (await house.release(id)).seq + 1; seq < 805; seq++) {
      await house.world.journal.append(id, { v: 1, seq, atMs: house.clock.nowMs(), type: 'judged', verdict })
    }
    await house.minutes(55)
    const release = await house.finish(id)
    expect(release).toMatchObject({
      ending: { outcome: 'promoted' },
      executions: [expect.any(String), expect.any(String)],
    })
    expect(house.cloud.states.executions().map((one) => one.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    const [first, second] = house.cloud.states.executions()
    expect(first?.output).toBe(second?.output)
  })
})
