// What sends a function its events: its resource policy, and event source mappings. Pure.
import * as z from 'zod'
import { own } from '../../core/own.ts'
import type { Trigger } from './facts.ts'

/** The name, and the qualifier of what is mapped. */
export type Mapping = Trigger & { readonly functionName: string }

const services: Readonly<Record<string, string>> = {
  'apigateway.amazonaws.com': 'API Gateway',
  'cloudformation.amazonaws.com': 'CloudFormation',
  'cognito-idp.amazonaws.com': 'Cognito',
  'config.amazonaws.com': 'AWS Config',
  'elasticloadbalancing.amazonaws.com': 'a load balancer',
  'events.amazonaws.com': 'EventBridge',
  'iot.amazonaws.com': 'IoT',
  'lex.amazonaws.com': 'Lex',
  'lexv2.amazonaws.com': 'Lex',
  'logs.amazonaws.com': 'CloudWatch Logs',
  's3.amazonaws.com': 'S3',
  'scheduler.amazonaws.com': 'EventBridge Scheduler',
  'secretsmanager.amazonaws.com': 'Secrets Manager',
  'ses.amazonaws.com': 'SES',
  'sns.amazonaws.com': 'SNS',
}

const Policy = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown()]) })
const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const Statement = z.object({
  Effect: z.literal('Allow'),
  Principal: z.union([z.literal('*'), z.object({ Service: OneOrMore.optional(), AWS: OneOrMore.optional() })]),
  Action: OneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})

/** What cannot be read of a policy is left out: AWS takes policies that are longer than what is said of them here. */
export function invokersOf(policy: string, qualifier: string | undefined): readonly Trigger[] {
  const read = Policy.safeParse(parsed(policy))
  if (!read.success) return []
  const statements: readonly unknown[] = [read.data.Statement].flat()
  return statements.flatMap((statement) => {
    const { data } = Statement.safeParse(statement)
    return data === undefined ? [] : principalsOf(data).map((principal) => invoker(principal, data, qualifier))
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const principalsOf = ({ Principal }: z.output<typeof Statement>): readonly string[] =>
  Principal === '*' ? ['*'] : [...(Principal.Service ?? []), ...(Principal.AWS ?? [])]

function invoker(
  principal: string,
  { Action, Condition = {} }: z.output<typeof Statement>,
  qualifier: string | undefined,
): Trigger {
  const source = Object.values(Condition)
    .flatMap((tests) => Object.entries(tests))
    .find(([key]) => key.toLowerCase() === 'aws:sourcearn')?.[1]
  const arn = [source].flat().find((one) => typeof one === 'string') ?? ''
  const isUrl = Action.some((action) => action === 'lambda:InvokeFunctionUrl')
  const who = isUrl ? 'its function URL' : (own(services, principal) ?? (principal === '*' ? 'anybody' : principal))
  const name = own(services, principal) === undefined || arn === '' ? '' : ` ${lastPart(arn)}`
  return {
    kind: 'invoker',
    words: `${who}${name}`,
    qualifier,
    isScheduled: /^(events|scheduler)\.amazonaws\.com$/.test(principal),
  }
}

/** API Gateway's ARNs end with a method and a path; its id tells more. */
const lastPart = (arn: string): string =>
  arn.includes(':execute-api:') ? (arn.split(':')[5]?.split('/')[0] ?? '') : (arn.split(/[:/]/).at(-1) ?? '')

const streams: readonly string[] = ['kinesis', 'dynamodb', 'kafka']
const sources: Readonly<Record<string, string>> = {
  sqs: 'SQS',
  kinesis: 'Kinesis',
  dynamodb: "DynamoDB's stream of",
  kafka: 'Kafka',
  mq: 'Amazon MQ',
  rds: 'DocumentDB',
}

/** @param isSelfManaged a Kafka cluster that has no ARN */
export function sourceOf(functionArn: string, source: string | undefined, isSelfManaged: boolean): readonly Mapping[] {
  const [, , , , , , functionName, qualifier] = functionArn.split(':')
  if (functionName === undefined) return []
  const service = isSelfManaged ? 'kafka' : (source?.split(':')[2] ?? '')
  const name = service === 'dynamodb' ? source?.split('/')[1] : source?.split(/[:/]/).at(-1)
  return [
    {
      functionName,
      kind: streams.includes(service) ? 'stream' : 'queue',
      words: [own(sources, service) ?? (service || 'an event source'), name]
        .filter((part) => part !== undefined)
        .join(' '),
      qualifier,
      isScheduled: false,
    },
  ]
}
