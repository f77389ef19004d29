// Silence of versions and alarms, and executions that die.
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, describe, expect, it } from 'vitest'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { minute } from '../../../local/sandbox.ts'
import { sandbox, open, close } from './trouble-sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

afterEach(close)

describe('silence', () => {
  it('of both versions holds the release for as long as the policy says, and never promotes it', async () => {
    await open({ policy: { hold: { unknown: '10m', quiet: '2h' } } })
    sandbox.traffic.stop()
    await sandbox.minutes(1)
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(119)
    const release = await sandbox.finish(id)
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
    await sandbox.clients.cloudwatch.send(
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
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(15)
    const held = await sandbox.release(id)
    expect(held).toMatchObject({ state: { phase: 'baking', step: 0 }, paused: { by: 'policy.whenHeldTooLong' } })
    expect(held.paused?.reason).toContain('alarm mute has insufficient data')
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'rolledBack', by: 'policy' } })
  })

  it('an alarm that does not exist, or is already firing, is reported before anything moves', async () => {
    await open({ signals: { alarms: ['checkout-errors', 'mispelt'] } })
    expect((await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alarm_missing',
    })
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    await sandbox.clients.cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
    )
    const id = await sandbox.start({ version: await sandbox.publish('v1') })
    // It begins a second after the previous one.
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2000)
    expect((await sandbox.release(id)).excludedAlarms).toEqual(['checkout-errors'])
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('an execution that dies', () => {
  it.each([0, 1, 3, 7])('%d minutes into the release leaves no split alias, and the release ends', async (after) => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(after)
    const [execution] = sandbox.cloud.states.executions()
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'aborted', by: 'sweep' } })
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
  })

  it('without any event is found by the sweep', async () => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.states' ? 0 : 1) } })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    const [execution] = sandbox.cloud.states.executions()
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
    await sandbox.minutes(6)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('aborted')
  })

  it('repeatedly is given up after four, and the release still ends', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    for (let count = 0; count < 6; count++) {
      for (const execution of sandbox.cloud.states.executions()) {
        if (execution.status === 'RUNNING')
          await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution.arn }))
      }
      await sandbox.clock.settle()
    }
    expect((await sandbox.finish(id)).ending?.outcome).toBe('aborted')
    expect(sandbox.cloud.states.executions().length).toBeLessThanOrEqual(5)
  })

  it('an intake that dies between its two writes is completed by the sweep', async () => {
    await open()
    const version = await sandbox.publish('v2')
    const request = { service: 'checkout', version, requestId: 'half' }
    const id = await sandbox.start(request)
    const [requested] = await sandbox.events(id)
    sandbox.close()
    await open()
    await sandbox.publish('v2')
    if (requested?.type !== 'requested') throw new Error('no request')
    await sandbox.world.openReleases.add({
      releaseId: id,
      service: 'checkout',
      requestedAtMs: requested.atMs,
      requested,
    })
    expect(await sandbox.events(id)).toEqual([])
    await sandbox.minutes(6)
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('a release that outgrows one execution continues in another, and both end as it ends', async () => {
    await open({ plan: { steps: [{ weight: 10, bake: '1h' }] } })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(5)
    // As if half a day of looks had already happened.
    const verdict: Verdict = {
      kind: 'unknown',
      quiet: true,
      because: 'test',
      window: { startMs: 0, endMs: 0 },
      signals: [],
    }
    for (let seq = (await sandbox.release(id)).seq + 1; seq < 805; seq++) {
      await sandbox.world.journal.append(id, { v: 1, seq, atMs: sandbox.clock.nowMs(), type: 'judged', verdict })
    }
    await sandbox.minutes(55)
    const release = await sandbox.finish(id)
    expect(release).toMatchObject({
      ending: { outcome: 'promoted' },
      executions: [expect.any(String), expect.any(String)],
    })
    expect(sandbox.cloud.states.executions().map((one) => one.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    const [first, second] = sandbox.cloud.states.executions()
    expect(first?.output).toBe(second?.output)
  })
})
