// The embedded cloud counts what runs at once as Lambda does: by function, and what the account has claimed.
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda'
import { expect, it } from 'vitest'
import { minute, openSandbox } from '../../../../local/sandbox.ts'
import { functionName as named } from '../../../../local/installation.ts'

it('the highest number of a minute, with what is reserved and provisioned; of a function that did not run, nothing', async () => {
  const sandbox = await openSandbox({ perMinute: 0 })
  const { lambda, cloudwatch } = sandbox.clients
  const startMs = sandbox.clock.nowMs()
  const version = await sandbox.publish('v4')
  const invoke = () => lambda.send(new InvokeCommand({ FunctionName: 'checkout', Qualifier: version }))
  const values = async (MetricName: string, functionName?: string): Promise<readonly number[]> => {
    const Dimensions = functionName === undefined ? [] : [{ Name: 'FunctionName', Value: functionName }]
    const Metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions }
    const { MetricDataResults = [] } = await cloudwatch.send(
      new GetMetricDataCommand({
        ...{ StartTime: new Date(startMs), EndTime: new Date(sandbox.clock.nowMs() + minute) },
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 3600, Stat: 'Maximum' } }],
      }),
    )
    return MetricDataResults[0]?.Values ?? []
  }
  const three = Promise.all([invoke(), invoke(), invoke()])
  await sandbox.minutes(1)
  await three
  expect(await values('ConcurrentExecutions', 'checkout')).toEqual([3])
  expect(await values('ConcurrentExecutions', named('page'))).toEqual([])
  expect((await values('ClaimedAccountConcurrency'))[0]).toBeLessThan(10)
  await lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: named('page'), ReservedConcurrentExecutions: 100 }),
  )
  const provisioned = { FunctionName: 'checkout', Qualifier: '1', ProvisionedConcurrentExecutions: 40 }
  await lambda.send(new PutProvisionedConcurrencyConfigCommand(provisioned))
  const one = invoke()
  await sandbox.minutes(1)
  await one
  expect((await values('ClaimedAccountConcurrency'))[0]).toBeGreaterThanOrEqual(141)
  expect((await values('ClaimedAccountConcurrency'))[0]).toBeLessThan(150)
  sandbox.close()
})
