// Refusals by AWS, temporary or permanent.
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import { serviceOf } from '../../../cloud/local/dispatch.ts'
import { operationOf } from '../../../cloud/local/operation.ts'
import { problems } from '../../../core/problem.ts'
import { type SandboxOptions } from '../../../local/sandbox.ts'
import { refusing } from '../refusing.ts'
import { sandbox, open, types, close } from './trouble-sandbox.ts'

afterEach(close)

describe('refusals by AWS', () => {
  /** Refuses every such request of the controller while `until` says so. */
  it('that are temporary are waited out: the release goes on as if nothing had happened', async () => {
    let count = 0
    await open(
      {},
      refusing('UpdateAlias', () => count++ % 3 !== 0),
    )
    expect((await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))).ending?.outcome).toBe(
      'promoted',
    )
  })

  it('on the way back are retried for minutes, then paged, and the sweep ends it when AWS answers again', async () => {
    let refuse = false
    await open(
      {},
      refusing('UpdateAlias', () => refuse),
    )
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    refuse = true
    await sandbox.minutes(40)
    expect(sandbox.pages().some((page) => page.subject?.includes('could not be put back') === true)).toBe(true)
    const page = sandbox.pages().find((one) => one.subject?.includes('could not be put back') === true)
    expect(page?.message).toContain('aws lambda update-alias --function-name checkout --name live --function-version 1')
    expect(await types(id)).toContain('returnFailed')
    refuse = false
    await sandbox.minutes(6)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('rolledBack')
  })

  it('of the telemetry before anything moved reject the release, because nobody could judge it', async () => {
    await open(
      { policy: { hold: { unknown: '5m' } } },
      refusing('GetMetricData', () => true),
    )
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rejected' })
    expect(await types(id)).not.toContain('moveIntended')
  })

  it('of the telemetry later are unknown with the reason, and never a pass', async () => {
    let refuse = false
    await open(
      { policy: { hold: { unknown: '5m' } } },
      refusing('GetMetricData', () => refuse),
    )
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(2)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
    refuse = true
    const release = await sandbox.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
    expect(release.ending?.because).toContain('aws_unavailable')
  })

  /** Answers such requests from the controller as IAM would without the permission. */
  const denying = (operation: string, action: string): SandboxOptions => ({
    through: (handler) => async (request) => {
      const isOurs = request.headers['authorization']?.includes('role.tidegate') === true
      if (!isOurs || operationOf(serviceOf(request) ?? 's3', request) !== operation) return handler(request)
      const message = `User: arn:aws:sts::000000000000:assumed-role/tidegate-orderRollback/session is not authorized to perform: ${action} on resource: x`
      return {
        status: 403,
        headers: { 'x-amzn-errortype': 'AccessDeniedException' },
        body: JSON.stringify({ __type: 'AccessDeniedException', message, Message: message }),
      }
    },
  })

  it.each([
    ['UpdateAlias', 'lambda:UpdateAlias'],
    ['DescribeAlarms', 'cloudwatch:DescribeAlarms'],
    ['GetFunctionConfiguration', 'lambda:GetFunctionConfiguration'],
  ])('a missing permission for %s is named before anything moves', async (operation, action) => {
    await open({}, denying(operation, action))
    const before = await sandbox.alias()
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    expect(release.ending).toMatchObject({ outcome: 'rejected', code: 'permission_denied' })
    expect(release.ending?.because).toContain(action)
    expect(await sandbox.alias()).toMatchObject({ version: before.version, weights: before.weights })
  })

  it('of the topic do not delay the next release; the page is sent when the topic answers', async () => {
    let refuse = true
    await open(
      {},
      refusing('Publish', () => refuse),
    )
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('rolledBack')
    const next = await sandbox.start({ version: await sandbox.publish('v1') })
    expect((await sandbox.finish(next)).ending?.outcome).toBe('promoted')
    const [kept, ...more] = (await sandbox.world.messages.list()).items
    expect([kept?.page.releaseId, more]).toEqual([id, []])
    expect(sandbox.pages()).toEqual([])
    refuse = false
    await sandbox.minutes(6)
    expect((await sandbox.world.messages.list()).items).toEqual([])
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
    expect(sandbox.pages().map((page) => page.subject)).toEqual([expect.stringContaining(id)])
  })

  it('to start a live execution end the release instead of blocking the service forever', async () => {
    let dying = true
    await open(
      {},
      refusing('Query', () => dying),
    )
    dying = false
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    dying = true
    for (let count = 0; count < 12; count++) {
      for (const one of sandbox.cloud.states.executions()) {
        if (one.status === 'RUNNING')
          await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: one.arn }))
      }
      dying = count < 6
      await sandbox.minutes(5)
    }
    expect((await sandbox.finish(id)).ending?.outcome).toBe('aborted')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('to read an alias are not mistaken for drift', async () => {
    let count = 0
    await open(
      {},
      refusing('GetAlias', () => count++ > 0),
    )
    expect((await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))).ending?.outcome).toBe(
      'promoted',
    )
  })

  it('that end a release say what to do, where it is an error of ours', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    const Cause = JSON.stringify({ errorMessage: 'Alias checkout:live changes all the time.' })
    const error = { Error: 'Tidegate.traffic_moved', Cause }
    await sandbox.ask('rollBack', { releaseId: id, execution: 'arn:late', machine: 3, error })
    expect((await sandbox.finish(id)).ending?.because).toBe(
      `Tidegate.traffic_moved: Alias checkout:live changes all the time. ${problems.traffic_moved}`,
    )
  })
})
