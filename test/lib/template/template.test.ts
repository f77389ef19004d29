// The template without the CDK: what it needs of an account, AWS's limits on it, and releases on the embedded cloud under exactly
// its policies, where functions are known by their tag.
import { beforeAll, describe, expect, it } from 'vitest'
import type { Authorize } from '../../../cloud/local/protocol/rights.ts'
import { optionalVerbs, verbs } from '../../../functions/handlers.ts'
import { templateOf } from '../../../lib/template/write.ts'
import { openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { embeddedRoles, enforcing, type Policies } from '../policies.ts'
import { dangling, evaluated } from './evaluated.ts'

type Resource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly Condition?: string
}

let template: Readonly<Record<string, unknown>>
let resources: readonly (readonly [id: string, one: Resource])[]
const ofType = (type: string): readonly Resource[] =>
  resources.map(([, one]) => one).filter(({ Type }) => Type === type)

/** Parameters that ask for something, and what. */
const asked = {
  'an artifact bucket': { ArtifactBucket: 'artifacts' },
  'a key': { ArtifactKey: 'arn:aws:kms:eu-west-1:111122223333:key/1' },
  images: { ImageRepositories: 'shop/*' },
  mail: { PagesEmail: 'night@example.com', TicketsEmail: 'day@example.com' },
  'a topic for a chat': { Chat: 'yes' },
  'a button in a chat': { ChatPutBack: 'yes' },
  Slack: { SlackWorkspace: 'T01', SlackChannel: 'C01' },
  Teams: { TeamsTenant: 'a', TeamsTeam: 'b', TeamsChannel: '19%3Ac%40thread.tacv2' },
  PagerDuty: { PagerDutySecret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:pagerduty-AbCdEf' },
  Jira: { JiraSecret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:jira-AbCdEf' },
  OpsItems: { OpsCenter: 'yes' },
  'a copy of the logs': { LogCopy: 'COMPLIANCE', LogCopyDays: '30' },
  'a copy in a bucket that is there': { LogCopy: 'GOVERNANCE', LogCopyTo: 'archive' },
  OTLP: { OtlpUrl: 'https://otlp.example.com' },
  Grafana: {
    GrafanaUrl: 'https://grafana.example.com',
    GrafanaSecret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:grafana-AbCdEf',
    TelemetryKey: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  },
  'addresses of a Prometheus': { PrometheusUrls: 'https://a.example.com,http://b.example.com:9090/p' },
  'a workspace': { PrometheusWorkspace: 'arn:aws:aps:eu-west-1:111122223333:workspace/ws-1' },
  dashboards: { Dashboards: 'yes' },
} as const
const everything: Readonly<Record<string, string>> = Object.assign({}, ...Object.values(asked)) as typeof everything

const topic = ['SNS::Topic', 'SNS::TopicPolicy']
const incidents = [
  ...['SQS::Queue', 'SQS::QueuePolicy', 'CloudWatch::Alarm', 'IAM::Role', 'IAM::Policy', 'IAM::Role', 'IAM::Policy'],
  ...['StepFunctions::StateMachine', 'Events::Rule', 'Events::Rule'],
]
const fn = ['Lambda::Function', 'Logs::LogGroup', 'IAM::Role', 'IAM::Policy']
const copy = [
  ...[...fn, 'IAM::ManagedPolicy', 'Lambda::EventInvokeConfig', 'Lambda::EventSourceMapping'],
  ...['CloudWatch::Alarm', 'CloudWatch::Alarm'],
]
const telemetry = [
  ...[...fn, 'SQS::Queue', 'SQS::QueuePolicy', 'SQS::Queue', 'SQS::QueuePolicy'],
  ...['Lambda::EventSourceMapping', 'Events::Rule', 'CloudWatch::Alarm'],
]
const added: Readonly<Record<keyof typeof asked, readonly string[]>> = {
  'an artifact bucket': ['Events::Rule', 'IAM::Policy', 'Lambda::Permission'],
  'a key': ['IAM::Policy'],
  images: ['IAM::Policy'],
  mail: ['SNS::Subscription', 'SNS::Subscription'],
  'a topic for a chat': topic,
  'a button in a chat': [...topic, 'StepFunctions::StateMachine', 'IAM::Role', 'IAM::Policy', 'IAM::ManagedPolicy'],
  Slack: [...topic, 'IAM::Role', 'Chatbot::SlackChannelConfiguration'],
  Teams: [...topic, 'IAM::Role', 'Chatbot::MicrosoftTeamsChannelConfiguration'],
  PagerDuty: [
    ...[...incidents, 'Events::Rule', 'Events::Rule', 'Events::Rule'],
    ...['Events::Connection', 'Events::ApiDestination'],
  ],
  Jira: [
    ...[...incidents, 'Events::Rule', 'Events::Rule', 'Events::Rule', 'Events::Connection'],
    ...['Events::ApiDestination', 'Events::ApiDestination'],
  ],
  OpsItems: [...incidents, 'Events::Rule', 'IAM::Policy', 'IAM::Policy'],
  'a copy of the logs': [...copy, 'S3::Bucket', 'S3::BucketPolicy'],
  'a copy in a bucket that is there': copy,
  OTLP: telemetry,
  Grafana: telemetry,
  'addresses of a Prometheus': [],
  'a workspace': ['IAM::Policy', 'IAM::Policy'],
  dashboards: [...fn, 'IAM::ManagedPolicy', ...Array.from({ length: 3 }, () => 'CloudWatch::Dashboard')],
}
const copied = [
  ...['s3:GetBucketObjectLockConfiguration', 's3:GetObject', 's3:GetObjectVersion', 's3:ListBucketVersions'],
  's3:PutObject',
]
const polled = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']
/** Actions that nobody has without them. */
const rights: Readonly<Record<keyof typeof asked, readonly string[]>> = {
  'an artifact bucket': ['s3:GetObject', 's3:GetObjectVersion'],
  'a key': ['kms:Decrypt'],
  images: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  mail: [],
  'a topic for a chat': [],
  'a button in a chat': [],
  Slack: [],
  Teams: [],
  PagerDuty: ['events:InvokeApiDestination'],
  Jira: ['events:InvokeApiDestination'],
  OpsItems: ['ssm:CreateOpsItem', 'ssm:DescribeOpsItems', 'ssm:UpdateOpsItem'],
  'a copy of the logs': copied,
  'a copy in a bucket that is there': copied,
  OTLP: polled,
  Grafana: ['kms:Decrypt', 'secretsmanager:GetSecretValue', ...polled],
  'addresses of a Prometheus': [],
  'a workspace': ['aps:QueryMetrics'],
  dashboards: ['cloudwatch:GetDashboard', 'cloudwatch:ListDashboards'],
}

beforeAll(() => {
  template = templateOf('1.2.3')
  resources = Object.entries(template['Resources'] as Record<string, Resource>)
})

describe('the template', () => {
  it('needs nothing of the CDK in the account: no bootstrap, no asset, no function of its own', () => {
    expect(JSON.stringify(template)).not.toMatch(/hnb659fds|AssetParameters|BootstrapVersion|cdk-|aws:cdk|AWS::CDK/i)
    expect(Object.keys(template).sort()).toEqual([
      ...['Conditions', 'Description', 'Metadata', 'Outputs', 'Parameters', 'Resources', 'Rules'],
    ])
    expect(resources.filter(([, { Type }]) => Type.startsWith('Custom::') || Type.endsWith('CustomResource'))).toEqual(
      [],
    )
    const functions = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties)
    expect(functions.map(({ Handler }) => Handler).sort()).toEqual(
      [...verbs, ...optionalVerbs]
        .filter((verb) => verb !== 'provision')
        .map((verb) => `${verb}.handler`)
        .sort(),
    )
    const codes = new Set(functions.map(({ Code }) => JSON.stringify(Code)))
    expect([...codes].map((code) => JSON.parse(code) as unknown)).toEqual([
      {
        S3Bucket: { Ref: 'PackageBucket' },
        S3Key: { 'Fn::Join': ['', [{ Ref: 'PackagePrefix' }, 'tidegate-1.2.3.zip']] },
      },
    ])
  })

  it('is within the quotas of CloudFormation', () => {
    const bytes = Buffer.byteLength(JSON.stringify(template))
    // 51,200 can be given inline: it has to be read from S3, where it may have a megabyte, or less for some (docs/aws.md §18).
    expect(bytes).toBeGreaterThan(51_200)
    expect(bytes).toBeLessThan(440_000)
    expect(resources.length).toBeLessThanOrEqual(500)
    expect(Object.keys(template['Outputs'] as object).length).toBeLessThanOrEqual(200)
    expect(Object.keys(template['Parameters'] as object).length).toBeLessThanOrEqual(200)
  })

  it('needs the bucket of the package and nothing else, and says what each parameter is', () => {
    const parameters = Object.entries(
      template['Parameters'] as Record<string, { Default?: string; Description?: string }>,
    )
    expect(parameters.filter(([, { Default }]) => Default === undefined).map(([name]) => name)).toEqual([
      'PackageBucket',
    ])
    expect(parameters.filter(([, { Description = '' }]) => Description === '')).toEqual([])
    const patterns = parameters.map(
      ([name, one]) => [name, (one as { AllowedPattern: string }).AllowedPattern] as const,
    )
    // They end in policies, patterns of events and JSON.
    for (const hostile of ['a"b', 'a\\b', "a'b", '$' + '{a}', 'a\nb'])
      expect(patterns.filter(([, pattern]) => new RegExp(pattern).test(hostile)).map(([name]) => name)).toEqual([])
  })

  it.each([...Object.entries(asked), ['nothing', {}] as const, ['all of it', everything] as const])(
    'names nothing that is not there, with %s',
    (_, parameters) => {
      expect(dangling(template, evaluated(template, parameters))).toEqual([])
    },
  )

  it.each(Object.entries(added))('has these besides with %s, and nothing of them without', (what, types) => {
    const plain = evaluated(template)
    const more = evaluated(template, asked[what as keyof typeof asked])
    const typesOf = ({ Resources }: typeof plain): readonly string[] =>
      Object.entries(Resources).map(([id, { Type }]) => `${Type} ${id}`)
    const before = new Set(typesOf(plain))
    const besides = typesOf(more).filter((one) => !before.has(one))
    expect(besides.map((one) => one.replace(/^AWS::(.*) .*/, '$1')).sort()).toEqual([...types].sort())
    expect(typesOf(plain).length + besides.length).toBe(typesOf(more).length)
  })

  it('asks for each parameter in a group of the form', () => {
    const { Metadata } = template as unknown as {
      Metadata: Record<'AWS::CloudFormation::Interface', { ParameterGroups: { Parameters: string[] }[] }>
    }
    const groups = Metadata['AWS::CloudFormation::Interface'].ParameterGroups.flatMap(({ Parameters }) => Parameters)
    expect(groups).toEqual(Object.keys(template['Parameters'] as object))
  })

  it('takes no secret as a value', () => {
    const parameters = Object.entries(template['Parameters'] as Record<string, { AllowedPattern: string }>)
    for (const [name, { AllowedPattern }] of parameters)
      if (/Secret|Key$|Token/.test(name)) expect(new RegExp(AllowedPattern).test('R0UTINGKEY'), name).toBe(false)
  })

  it('gives rights only with what needs them', () => {
    const actionsIn = (parameters: Readonly<Record<string, string>>): ReadonlySet<string> => {
      const { Resources } = evaluated(template, parameters)
      const policies = Object.values(Resources).filter(({ Type }) => /IAM::(Managed)?Policy$/.test(Type))
      const statements = policies.flatMap(
        ({ Properties }) => (Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement,
      )
      for (const one of statements) expect(Object.values(one).flat()).not.toEqual([])
      return new Set(statements.flatMap(({ Action }) => Action))
    }
    const plain = actionsIn({})
    const besides = (what: keyof typeof asked) => [...actionsIn(asked[what])].filter((one) => !plain.has(one)).sort()
    expect(Object.fromEntries(Object.keys(asked).map((what) => [what, besides(what as keyof typeof asked)]))).toEqual(
      rights,
    )
  })

  it('keeps the people of a channel to the button, whatever role they take on', () => {
    const guardrails = (given: Readonly<Record<string, string>>) =>
      Object.values(evaluated(template, given).Resources)
        .filter(({ Type }) => Type.startsWith('AWS::Chatbot::'))
        .map(({ Properties }) => Properties['GuardrailPolicies'])
    for (const kind of ['Slack', 'Teams'] as const) {
      expect(JSON.stringify(guardrails(asked[kind]))).toMatch(/^\[\[.*policy\/AWSDenyAll.*\]\]$/)
      const withButton = guardrails({ ...asked[kind], ...asked['a button in a chat'] })
      expect(withButton).toEqual([[{ Ref: expect.stringMatching(/^PutBackFromChatPolicy/) as string }]])
    }
  })

  it('may change or call a function by its tag alone', () => {
    const statements = [...ofType('AWS::IAM::Policy'), ...ofType('AWS::IAM::ManagedPolicy')].flatMap(
      ({ Properties }) =>
        (Properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown; Condition?: unknown }[] })
          .Statement,
    )
    const open = statements.filter(
      ({ Action, Resource }) => /"lambda:/.test(JSON.stringify(Action)) && /function:/.test(JSON.stringify(Resource)),
    )
    expect(open.length).toBeGreaterThan(10)
    const reads = ['lambda:GetAlias', 'lambda:GetFunctionConfiguration']
    for (const { Action, Condition } of open) {
      // A function that is only watched has the tag with another value, and may only be read.
      const tag = (Condition as { StringEquals: Readonly<Record<string, unknown>> }).StringEquals
      if (String(tag['aws:ResourceTag/tidegate']).includes('observe')) expect(reads).toContain(Action)
      else expect(Condition).toEqual({ StringEquals: { 'aws:ResourceTag/tidegate': 'tidegate' } })
    }
  })
})

/** What AWS knows of the functions: `aws:ResourceTag`, also for their versions and aliases. */
function knowing(policies: Policies, tags: Readonly<Record<string, string>>): { readonly authorize: Authorize } {
  const { authorize } = enforcing(policies)
  return {
    authorize: (asked) => {
      const value = tags[/:function:([^:]+)/.exec(asked.resource)?.[1] ?? '']
      const context = { ...asked.context, ...(value === undefined ? {} : { 'aws:ResourceTag/tidegate': [value] }) }
      return authorize({ ...asked, context })
    },
  }
}

describe('under its policies', () => {
  let policies: Policies
  beforeAll(() => {
    const parameters = {
      FunctionNames: 'check*',
      ArtifactBucket: 'artifacts',
      ArtifactKey: 'arn:key',
      ImageRepositories: 'x',
    }
    policies = embeddedRoles(evaluated(template, parameters), parameters)
  })
  const tagged = { checkout: 'tidegate', 'checkout-smoke': 'tidegate' }
  const open = (tags: Readonly<Record<string, string>>) => openSandbox({ ...knowing(policies, tags), perMinute: 120 })

  it('an artifact is released with its hook, and a bad version comes back', async () => {
    const sandbox = await open(tagged)
    await sandbox.world.services.put(sampleService({ slos: [] }))
    await sandbox.upload('v2')
    await sandbox.minutes(3)
    const [first] = (await sandbox.world.openReleases.list('checkout')).items
    const second = await sandbox.start({ version: await sandbox.publish('v4') })
    expect((await sandbox.finish(first?.releaseId ?? '')).ending?.outcome).toBe('promoted')
    expect((await sandbox.finish(second)).ending?.outcome).toBe('rolledBack')
    sandbox.close()
  })

  it.each([
    ['no tag', {}],
    ['the tag of another installation', { checkout: 'other' }],
  ])('a function with %s is not touched', async (_, tags) => {
    const sandbox = await open(tags)
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    const before = await sandbox.alias()
    const { ending } = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    expect(ending?.outcome).not.toBe('promoted')
    expect(JSON.stringify(ending)).toMatch(/lambda:\w+/)
    expect(await sandbox.alias()).toMatchObject({ version: before.version, weights: {} })
    sandbox.close()
  })
})
