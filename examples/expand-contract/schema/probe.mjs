// Once a minute, by a schedule: who waits for locks, and how far standbys are behind, as metrics of CloudWatch. A service
// watches the first for each of its versions (`signals.custom`), and the second by an alarm.
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { database } from '../database.mjs'
import { lockWaits, replicaLagSeconds } from './sessions.mjs'

const countOf = ({ name, waiting }) => {
  const [fn, version = ''] = name.split(':')
  const Dimensions = [
    { Name: 'Function', Value: fn },
    { Name: 'Version', Value: version },
  ]
  return { MetricName: 'LockWaits', Unit: 'Count', Value: waiting, Dimensions }
}

export const probe = (db, cloudwatch) => async () => {
  const [waiting, lag] = [await lockWaits(db), await replicaLagSeconds(db)]
  const data = [
    ...waiting.filter(({ name }) => /^[^:]+:\d+$/.test(name)).map(countOf),
    // Without a standby there is no point, and the alarm says what that means (TreatMissingData).
    ...(lag === undefined ? [] : [{ MetricName: 'ReplicaLag', Unit: 'Seconds', Value: lag }]),
  ]
  if (data.length > 0) await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'Orders', MetricData: data }))
  return { lockWaits: waiting, replicaLagSeconds: lag }
}

export const handler = probe(database(), new CloudWatchClient({}))
