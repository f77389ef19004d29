// The constructs: what the templates must contain.
import { App, Stack } from 'aws-cdk-lib'
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2'
import * as integrations from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { beforeAll, describe, expect, it } from 'vitest'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { memoryCloud } from '../memory/memory.ts'
import { logRecords } from '../../core/release/log-key.ts'
import { Environment } from '../../functions/environment.ts'
import { verbs } from '../../functions/handlers.ts'
import { measureHandler } from '../../functions/listeners/measure.ts'
import { reconcileHandler } from '../../functions/listeners/reconcile.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { ReleasedFunction } from '../../lib/released-function.ts'
import { movesTraffic } from '../../functions/permissions.ts'
import { calledByEvents } from '../../functions/rules.ts'
import { reserveWayBack } from '../../lib/way-back.ts'
import { functionName } from '../../local/installation.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'

const alarms = ['checkout-errors', 'tidegate-drill-checkout']
let stack: Stack
let template: Template
beforeAll(() => {
  stack = new Stack(new App(), 'Shop')
  const controller = new ReleaseController(stack, 'Tidegate', { services: [sampleDefinition], wayBackConcurrency: 5 })
  const fn = new lambda.Function(stack, 'Orders-function', {
    functionName: 'orders',
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => 1'),
  })
  const released = new ReleasedFunction(stack, 'Live', { controller, function: fn, alias: 'live' })
  released.addEventSource(new sources.SqsEventSource(new sqs.Queue(stack, 'Orders')))
  released.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM })
  new events.Rule(stack, 'Nightly', {
    schedule: events.Schedule.cron({ hour: '3', minute: '0' }),
    targets: [new targets.LambdaFunction(released)],
  })
  new apigw.HttpApi(stack, 'Api', { defaultIntegration: new integrations.HttpLambdaIntegration('Live', released) })
  template = Template.fromStack(stack)
})

describe('the controller', () => {
  it('is synthesised without a warning', () => {
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([])
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([])
  })

  it('counts budgets at the shortest interval of any service, and not at all if none has an SLO', () => {
    const rates = (...every: readonly string[]): unknown[] => {
      const own = new Stack(new App(), 'Budgets')
      const services = every.map((budgetEvery, index) => ({
        ...sampleDefinition,
        name: `checkout-${index}`,
        ...(budgetEvery === ''
          ? { slos: [] }
          : { slos: [{ name: 'available', objective: 99.9 }], policy: { budgetEvery } }),
      }))
      new ReleaseController(own, 'Tidegate', { services })
      const schedules = Object.values(Template.fromStack(own).findResources('AWS::Scheduler::Schedule'))
      return schedules
        .map(({ Properties }) => Properties as { ScheduleExpression: string; Target: { Input: string } })
        .filter(({ Target }) => Target.Input === '{"budgets":true}')
        .map(({ ScheduleExpression }) => ScheduleExpression)
    }
    expect(rates('')).toEqual([])
    expect(rates('1h', '')).toEqual(['rate(1 hour)'])
    expect(rates('1h', '5m')).toEqual(['rate(5 minutes)'])
  })

  it('reads only the budget reports of the SLOs that services name, and none without any', () => {
    const of = (...slos: readonly object[]) => {
      const own = new Stack(new App(), 'Reports')
      new ReleaseController(own, 'Tidegate', { services: [{ ...sampleDefinition, slos }] })
      return Template.fromStack(own)
    }
    const action = 'application-signals:BatchGetServiceLevelObjectiveBudgetReport'
    const granted = (own: Template): unknown[] =>
      Object.values(own.findResources('AWS::IAM::Policy'))
        .flatMap(
          ({ Properties }) =>
            (Properties as { PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } }).PolicyDocument
              .Statement,
        )
        .filter(({ Action }) => JSON.stringify(Action).includes('application-signals'))
        .map(({ Action, Resource }) => [Action, Resource])
    const isScheduled = (own: Template): boolean =>
      JSON.stringify(own.findResources('AWS::Scheduler::Schedule')).includes('{\\"reports\\":true}')
    const counted = of({ name: 'available', objective: 99.9 })
    expect([granted(counted), isScheduled(counted)]).toEqual([[], false])
    const arn = 'arn:aws:application-signals:eu-west-1:123456789012:slo/refunds'
    const reported = of(
      { name: 'paid', sli: { applicationSignals: 'checkout-paid' } },
      { name: 'back', sli: { applicationSignals: arn } },
    )
    const named = {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':application-signals:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':slo/checkout-paid',
        ],
      ],
    }
    expect(granted(reported)).toHaveLength(1)
    expect(granted(reported)).toEqual([[action, expect.arrayContaining([arn, named]) as unknown]])
    expect(isScheduled(reported)).toBe(true)
    expect(JSON.stringify(reported.findResources('AWS::Scheduler::Schedule'))).not.toContain('budgets')
  })

  it('gives every function the whole environment, one role, one log group, Node 24 on arm64', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(
      (one) => one['Properties'] as Record<string, unknown>,
    )
    const own = functions.filter((one) => String(one['Description']).startsWith('Tidegate: '))
    expect(own.map((one) => String(one['Description']).slice(10)).sort()).toEqual([...verbs].sort())
    const isOptional = (name: string): boolean => /_(CHAT_ARN|CONSOLE_URL|QUIET|REACH|PROMETHEUS)$/.test(name)
    const always = Object.keys(Environment.shape).filter((name) => !isOptional(name))
    for (const one of own) {
      const limits: Record<string, number> = {
        ...{ 'Tidegate: measure': 900, 'Tidegate: hook': 900, 'Tidegate: prune': 900, 'Tidegate: judge': 28 },
      }
      const Timeout = limits[String(one['Description'])] ?? 60
      expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout })
      const { Variables } = one['Environment'] as { Variables: object }
      expect(Object.keys(Variables).sort()).toEqual([...always].sort())
      expect(one['LoggingConfig']).toBeDefined()
    }
    expect(new Set(own.map((one) => JSON.stringify(one['Role']))).size).toBe(verbs.length)
  })

  it("expires the table's items that have an expiry, and nothing else", () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    })
  })

  it('keeps the table when the stack is deleted, with point-in-time recovery', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: { Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }] },
    })
  })

  it('runs the same state machine as the embedded cloud, with function names filled in, and logs no token', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      DefinitionString: Match.stringLikeRegexp('waitForTaskToken'),
      LoggingConfiguration: { IncludeExecutionData: false, Level: 'ALL' },
    })
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'))
    const { DefinitionString, DefinitionSubstitutions } = (machine as { Properties: Record<string, unknown> })
      .Properties
    const wanted = new Set([...String(DefinitionString).matchAll(/\$\{([A-Za-z]+)\}/g)].map((match) => match[1]))
    expect(new Set(Object.keys(DefinitionSubstitutions as object))).toEqual(wanted)
  })

  it('listens only to the buckets, alarms and executions of its services, and loses no event', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['aws.s3'], detail: { bucket: { name: ['artifacts'] } } },
    })
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { detail: { alarmName: alarms, state: { value: ['ALARM'] } } },
    })
    const rules = Object.values(template.findResources('AWS::Events::Rule')).map(
      (one) =>
        one['Properties'] as {
          Description?: string
          Targets: { DeadLetterConfig?: unknown }[]
          EventPattern?: unknown
        },
    )
    for (const rule of rules.filter((one) => one.Description?.startsWith('Tidegate') === true)) {
      for (const target of rule.Targets) expect(target.DeadLetterConfig).toBeDefined()
      // EventBridge accepts patterns of 2048 characters; references become ARNs of about 90.
      expect(JSON.stringify(rule.EventPattern).length).toBeLessThan(2048)
    }
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' })
  })

  it('keeps events that could not be handled, for every function that events, schedules, pipelines or the stream call', () => {
    const named = Object.fromEntries(
      Object.entries(template.findResources('AWS::Lambda::Function')).map(([id, one]) => [
        id,
        String((one['Properties'] as Record<string, unknown>)['FunctionName']),
      ]),
    )
    const called = new Set(
      [
        ...Object.values(template.findResources('AWS::Events::Rule')).map((one) => JSON.stringify(one)),
        ...Object.values(template.findResources('AWS::Scheduler::Schedule')).map((one) => JSON.stringify(one)),
        ...Object.values(template.findResources('AWS::Lambda::EventSourceMapping')).map((one) => JSON.stringify(one)),
      ].flatMap((text) => Object.entries(named).flatMap(([id, name]) => (text.includes(`"${id}"`) ? [name] : []))),
    )
    const [queue = ''] = Object.entries(template.findResources('AWS::SQS::Queue')).flatMap(([id, one]) =>
      (one['Properties'] as Record<string, unknown> | undefined)?.['QueueName'] === 'tidegate-lost' ? [id] : [],
    )
    const configured = Object.values(template.findResources('AWS::Lambda::EventInvokeConfig')).map((one) => {
      const { FunctionName, ...rest } = one['Properties'] as { readonly FunctionName: { readonly Ref: string } }
      expect(rest).toEqual({
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 3600,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
      })
      return named[FunctionName.Ref] ?? ''
    })
    expect(configured.sort()).toEqual(calledByEvents.map(functionName).sort())
    const own = [...called].filter((name) => name.startsWith(functionName('')))
    expect(own.length).toBeGreaterThan(5)
    for (const name of own) expect(configured).toContain(name)
  })

  it("lets only this controller's rules send undelivered events to the queue, in one statement", () => {
    const [policy] = Object.values(template.findResources('AWS::SQS::QueuePolicy'))
    const { Statement } = (policy?.['Properties'] as { PolicyDocument: { Statement: Record<string, unknown>[] } })
      .PolicyDocument
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow')
    expect(allowed).toHaveLength(1)
    expect(allowed[0]).toMatchObject({ Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' } })
    expect(JSON.stringify(allowed[0]?.['Condition'])).toMatch(/"ArnLike":\{"aws:SourceArn":.*:rule\/tidegate-\*"/)
    const names = Object.values(template.findResources('AWS::Events::Rule'))
      .map((one) => one['Properties'] as { readonly Name?: string; readonly Description?: string })
      .filter(({ Description }) => Description?.startsWith('Tidegate') === true)
      .map(({ Name }) => Name)
    for (const name of names) expect(name).toMatch(/^tidegate-[a-z0-9-]{1,40}$/)
  })

  it('sends the sweep the payload that its function understands', async () => {
    const [schedule] = Object.values(template.findResources('AWS::Scheduler::Schedule'))
    const { Input } = (schedule?.['Properties'] as { Target: { Input: string } }).Target
    const cloud = memoryCloud({ clock: steppedClock(0) })
    const reconcile = reconcileHandler({
      ...cloud,
      log: () => undefined,
      emit: () => undefined,
      trouble: () => undefined,
    })
    expect(await reconcile(JSON.parse(Input))).toEqual({ finished: [], troubles: [] })
  })

  it('measures once a day, with the payload that its function understands', async () => {
    const schedules = Object.values(template.findResources('AWS::Scheduler::Schedule'))
      .map(({ Properties }) => Properties as { ScheduleExpression: string; Target: { Input: string } })
      .filter(({ Target }) => Target.Input.includes('measures'))
    expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual(['rate(1 day)'])
    const cloud = memoryCloud({ clock: steppedClock(0) })
    const measure = measureHandler({ ...cloud, emit: () => undefined, trouble: () => undefined })
    expect(await measure(JSON.parse(schedules[0]?.Target.Input ?? ''))).toEqual({ measured: [], troubles: [] })
  })

  it("reads its table's stream in order, from the beginning, and keeps what could not be sent", () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(logRecords) }] },
      DestinationConfig: { OnFailure: Match.anyValue() },
    })
  })

  it('pages when its own sweep is silent or failing, when events are lost or late, and when a schedule leaves something undone', () => {
    const schedules = Object.keys(template.findResources('AWS::Scheduler::Schedule'))
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
      (one) => one['Properties'] as Record<string, unknown>,
    )
    const topics = Object.keys(template.findResources('AWS::SNS::Topic'))
    const tickets = alarms.filter((alarm) => JSON.stringify(alarm['AlarmActions']).includes('Tickets'))
    for (const alarm of alarms) expect(topics.map((Ref) => [{ Ref }])).toContainEqual(alarm['AlarmActions'])
    // Whoever gets up can do nothing about these before the morning.
    expect(tickets.map((alarm) => alarm['MetricName']).sort()).toEqual([
      'IteratorAge',
      ...schedules.map(() => 'Troubles'),
    ])
    type Query = { readonly Expression?: string; readonly MetricStat?: { readonly Metric: { MetricName: string } } }
    const math = (alarm: (typeof alarms)[number]): string => {
      const queries = (alarm['Metrics'] ?? []) as readonly Query[]
      const names = queries.flatMap(({ MetricStat }) => MetricStat?.Metric.MetricName ?? [])
      return `${queries.find(({ Expression }) => Expression)?.Expression?.slice(0, 3) ?? ''} of ${names.length} ${names[0] ?? ''}`
    }
    const seen = alarms.map(
      (alarm) => `${(alarm['MetricName'] as string | undefined) ?? math(alarm)} ${String(alarm['TreatMissingData'])}`,
    )
    // A metric-math alarm supports ten metrics; the eleventh function and the twelfth have alarms of their own.
    expect(calledByEvents).toHaveLength(12)
    const expected = [
      'ApproximateNumberOfMessagesVisible notBreaching',
      'Errors notBreaching',
      'Invocations breaching',
      'IteratorAge notBreaching',
      'LogChanges notBreaching',
      ...['MAX of 10 AsyncEventAge notBreaching', 'MAX of 2 AsyncEventAge notBreaching'],
      ...['SUM of 10 AsyncEventsDropped notBreaching', 'SUM of 2 AsyncEventsDropped notBreaching'],
      ...['SUM of 10 DestinationDeliveryFailures notBreaching', 'SUM of 2 DestinationDeliveryFailures notBreaching'],
      'SweepLeft notBreaching',
      // One for each schedule: the sweep, the measures, and the budgets of services that have some.
      ...schedules.map(() => 'Troubles notBreaching'),
    ]
    expect(seen.sort()).toEqual(expected.sort())
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    })
  })

  it('names its functions and state machine as the command line expects', () => {
    const named = (type: string, property: string) =>
      Object.values(template.findResources(type)).map((one) => (one['Properties'] as Record<string, unknown>)[property])
    const functions = named('AWS::Lambda::Function', 'FunctionName')
    for (const verb of verbs) expect(functions).toContain(functionName(verb))
    expect(named('AWS::StepFunctions::StateMachine', 'StateMachineName')).toEqual(['tidegate-release'])
  })

  it('reserves concurrency for the way back if it is configured to, and for nothing else', () => {
    const reserved = Object.values(template.findResources('AWS::Lambda::Function'))
      .map((one) => one['Properties'] as { FunctionName?: string; ReservedConcurrentExecutions?: number })
      .filter(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions !== undefined)
      .map((one) => [one.FunctionName, one.ReservedConcurrentExecutions])
    const wayBack = ['alarm', 'orderRollback', 'page', 'reconcile', 'rollBack'] as const
    expect(reserved.sort()).toEqual(wayBack.map((verb) => [functionName(verb), 5]).sort())
    for (const none of [0, 1, 2.5, Number.NaN])
      expect(() => {
        reserveWayBack({} as never, none)
      }).toThrow(/at least 2/)
    expect(wayBack.filter((verb) => movesTraffic(verb)).sort()).toEqual([
      'alarm',
      'orderRollback',
      'reconcile',
      'rollBack',
    ])
  })

  it('refuses a definition that is not valid before anything is synthesised', () => {
    expect(() => new ReleaseController(new Stack(new App(), 'Bad'), 'Tidegate', { services: [{ name: 'x' }] })).toThrow(
      expect.objectContaining({ code: 'definition_invalid' }) as Error,
    )
  })
})

describe('a released function', () => {
  it('is refused if artifacts become versions of the same alias', () => {
    const own = new Stack(new App(), 'Twice')
    const controller = new ReleaseController(own, 'Tidegate', { services: [sampleDefinition] })
    const fn = (id: string, name: string) =>
      new lambda.Function(own, id, {
        functionName: name,
        runtime: lambda.Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: lambda.Code.fromInline('exports.handler = async () => 1'),
      })
    expect(
      () => new ReleasedFunction(own, 'Live', { controller, function: fn('A', 'checkout'), alias: 'live' }),
    ).toThrow(/Service checkout publishes artifacts to checkout, and so does every deploy/)
    new ReleasedFunction(own, 'Other', { controller, function: fn('B', 'another'), alias: 'live' })
  })

  const alias = 'orders:live'

  it('publishes a version that is retained and has no alias that CloudFormation could move', () => {
    template.hasResource('AWS::Lambda::Version', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    template.resourceCountIs('AWS::Lambda::Alias', 0)
    template.hasResourceProperties('Custom::TidegateAlias', { kind: 'alias', alias: 'live' })
  })

  it('is called through its alias by queues, URLs, rules and APIs, with permission', () => {
    const json = JSON.stringify(template.toJSON())
    expect(json).not.toContain(`"${alias}"`)
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map((one) =>
      JSON.stringify((one['Properties'] as { FunctionName: unknown }).FunctionName),
    )
    expect(permissions.filter((one) => one.includes(':live')).length).toBeGreaterThanOrEqual(2)
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))
    expect(mappings.filter((one) => JSON.stringify(one['Properties']).includes(':live'))).toHaveLength(1)
    template.hasResourceProperties('AWS::Lambda::Url', { Qualifier: 'live' })
    const integrations = Object.values(template.findResources('AWS::ApiGatewayV2::Integration'))
    expect(integrations.filter((one) => JSON.stringify(one['Properties']).includes(':live'))).toHaveLength(1)
  })
})
