// What CloudTrail would report of a change, by way of EventBridge (docs/aws.md §1.7).
import { account, type BusEvent, type Caller, defaultRegion } from '../service.ts'

const lowered = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name.charAt(0).toLowerCase() + name.slice(1), lowered(field)]),
      )
    : value

export function trailEvent(eventName: string, caller: Caller, parameters: object, response: unknown): BusEvent {
  const role = /:assumed-role\/([^/]+)\//.exec(caller.arn)?.[1]
  const issuer = { type: 'Role', arn: `arn:aws:iam::${account}:role/${role ?? ''}`, userName: role }
  return {
    source: 'aws.lambda',
    detailType: 'AWS API Call via CloudTrail',
    detail: {
      eventSource: 'lambda.amazonaws.com',
      eventName,
      awsRegion: defaultRegion,
      userIdentity: {
        type: role === undefined ? 'IAMUser' : 'AssumedRole',
        arn: caller.arn,
        accountId: account,
        ...(role === undefined ? {} : { sessionContext: { sessionIssuer: issuer } }),
      },
      requestParameters: lowered(parameters),
      responseElements: lowered(response),
    },
  }
}
