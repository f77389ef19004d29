// The events that CloudTrail sends through EventBridge when a function changes (docs/aws.md §1.7).
import type { BusEvent, Caller, Site } from '../protocol/service.ts'

const lowered = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name.charAt(0).toLowerCase() + name.slice(1), lowered(field)]),
      )
    : value

type Change = {
  readonly atMs: number
  readonly caller: Caller
  readonly site: Site
  readonly parameters: object
  readonly response: unknown
}

export function trailEvent(eventName: string, { atMs, caller, site, parameters, response }: Change): BusEvent {
  const { account, region } = site
  const role = /:assumed-role\/([^/]+)\//.exec(caller.arn)?.[1]
  const issuer = { type: 'Role', arn: `arn:aws:iam::${account}:role/${role ?? ''}`, userName: role }
  return {
    site,
    source: 'aws.lambda',
    detailType: 'AWS API Call via CloudTrail',
    detail: {
      eventSource: 'lambda.amazonaws.com',
      eventName,
      // To the second.
      eventTime: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      awsRegion: region,
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
