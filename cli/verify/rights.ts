// Experiments on which resource a permission is checked against, with roles that have minimal permissions. Each waits first until
// the granted call is allowed, because a new policy takes a while to propagate; only then does a denial mean anything.
import { PutMetricAlarmCommand, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { CreateTableCommand, DeleteItemCommand, DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import type { Clients } from './clients.ts'
import { denialIn } from './errors.ts'
import { compared, type Experiment, learned, notAsked } from './experiment.ts'
import type { Lab } from './lab.ts'

/** `allowed`, or the denied resource, with the account masked. */
async function outcome(lab: Lab, call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'allowed'
  } catch (error) {
    const denial = denialIn(error)
    if (denial === undefined) throw error
    const resource = denial.resource.replaceAll(lab.accountId, 'ACCOUNT').replaceAll(lab.prefix, 'PREFIX')
    return `denied on ${resource === '' ? '(not said)' : resource}`
  }
}

/** Once this call is allowed, the role's policy has propagated. */
async function settled(lab: Lab, call: () => Promise<unknown>): Promise<boolean> {
  const allowed = await lab.until('a policy to be known', 90_000, async () =>
    (await outcome(lab, call())) === 'allowed' ? true : undefined,
  )
  return allowed === true
}

const asksNoRights = notAsked('A role without any right is denied nothing here: this endpoint checks no permissions.')
export const unsettled = notAsked('What the role was granted was still denied after 90 s.')

type Ask = (lab: Lab, functionName: string) => ReturnType<Experiment['ask']>
const checked =
  (ask: Ask): Experiment['ask'] =>
  async (lab) => {
    const functionName = await lab.fn()
    return (await lab.checksRights()) ? ask(lab, functionName) : asksNoRights
  }

const functionArn = ({ arn, prefix }: Lab, qualifier = ''): string => arn('lambda', `function:${prefix}-fn${qualifier}`)
const shown = (lab: Lab, qualifier = ''): string =>
  `arn:aws:lambda:${lab.region}:ACCOUNT:function:PREFIX-fn${qualifier}`

const qualifiedRead: Experiment = {
  id: 'right-qualified-read',
  question: 'Is GetFunctionConfiguration with a Qualifier authorised on the qualified ARN?',
  place: '§9',
  expectation: 'yes: a grant on the function alone is denied on function:NAME:QUALIFIER',
  source: 'alexcasalboni/aws-lambda-power-tuning #260, #272',
  makes: ['role nobody', 'role reads-function', 'role reads-versions'],
  makesRoles: true,
  minutes: 4,
  ask: checked(async (lab, FunctionName) => {
    const actions = ['lambda:GetFunctionConfiguration']
    const bare = await lab.as('reads-function', [{ actions, resources: [functionArn(lab)] }])
    const versions = await lab.as('reads-versions', [{ actions, resources: [functionArn(lab, ':*')] }])
    const look = ({ lambda }: Clients, Qualifier?: string) =>
      lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName, ...(Qualifier === undefined ? {} : { Qualifier }) }),
      )
    if (!(await settled(lab, () => look(bare)))) return unsettled
    const granted = (await settled(lab, () => look(versions, '1')))
      ? 'allowed'
      : await outcome(lab, look(versions, '1'))
    const measured = {
      'granted on the function, version 1': await outcome(lab, look(bare, '1')),
      'granted on its versions, version 1': granted,
      'granted on its versions, no qualifier': await outcome(lab, look(versions)),
    }
    const [qualified, , plain] = Object.values(measured)
    const says = `With a grant on the function, version 1 is ${qualified}; with one on its versions it is ${granted}, and no qualifier is ${plain}.`
    const holds =
      qualified === `denied on ${shown(lab, ':1')}` && granted === 'allowed' && plain === `denied on ${shown(lab)}`
    return compared(holds, says, measured)
  }),
}

const aliasRights: Experiment = {
  id: 'right-alias',
  question: 'Are GetAlias and UpdateAlias authorised on the function, and not on the alias?',
  place: '§9',
  expectation: 'on the function: IAM cannot tell one alias from another',
  source: 'recorded denials (docs/aws.md §9)',
  makes: ['role nobody', 'role moves-function', 'role moves-alias'],
  makesRoles: true,
  minutes: 4,
  ask: checked(async (lab, FunctionName) => {
    const Name = await lab.alias('granted', '1')
    const actions = ['lambda:GetAlias', 'lambda:UpdateAlias']
    const bare = await lab.as('moves-function', [{ actions, resources: [functionArn(lab)] }])
    const named = await lab.as('moves-alias', [{ actions, resources: [functionArn(lab, `:${Name}`)] }])
    const get = ({ lambda }: Clients) => lambda.send(new GetAliasCommand({ FunctionName, Name }))
    const set = ({ lambda }: Clients) =>
      lambda.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: '1' }))
    const measured = {
      'function: GetAlias': (await settled(lab, () => get(bare))) ? 'allowed' : await outcome(lab, get(bare)),
      'function: UpdateAlias': await outcome(lab, set(bare)),
      'alias: GetAlias': await outcome(lab, get(named)),
      'alias: UpdateAlias': await outcome(lab, set(named)),
    }
    const denied = `denied on ${shown(lab)}`
    const expected = ['allowed', 'allowed', denied, denied]
    const says = `Granted on the function: ${measured['function: UpdateAlias']}. On the alias only: ${measured['alias: UpdateAlias']}.`
    return compared(JSON.stringify(Object.values(measured)) === JSON.stringify(expected), says, measured)
  }),
}

const createAndPublish: Experiment = {
  id: 'right-create-and-publish',
  question: 'On which ARN are CreateAlias and PublishVersion refused?',
  place: '§9',
  expectation: 'on the function',
  source: 'the requests have no qualifier; PublishVersion also by recorded denials',
  makes: ['role nobody'],
  makesRoles: true,
  minutes: 2,
  ask: checked(async (lab, FunctionName) => {
    const { lambda } = await lab.as('nobody', [])
    const alias = { FunctionName, Name: 'refused', FunctionVersion: '1' }
    const measured = {
      CreateAlias: await outcome(lab, lambda.send(new CreateAliasCommand(alias))),
      PublishVersion: await outcome(lab, lambda.send(new PublishVersionCommand({ FunctionName }))),
    }
    const says = `CreateAlias is ${measured.CreateAlias}, PublishVersion ${measured.PublishVersion}.`
    return compared(
      Object.values(measured).every((one) => one === `denied on ${shown(lab)}`),
      says,
      measured,
    )
  }),
}

const alarmRights: Experiment = {
  id: 'right-alarms',
  question: "Does a grant on one alarm's ARN allow DescribeAlarms of that alarm by name?",
  place: '§2.4, §9',
  expectation: 'unknown; the controller is granted `*`, which composite alarms need',
  source: 'service authorization reference',
  makes: ['role nobody', 'role sees-alarms', 'role sees-alarm', 'alarm alarm'],
  makesRoles: true,
  minutes: 3,
  ask: checked(async (lab) => {
    const AlarmName = `${lab.prefix}-alarm`
    await lab.belongings.make('alarm', AlarmName, () =>
      lab.clients.cloudwatch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName, Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', Period: 60 },
          Dimensions: [{ Name: 'FunctionName', Value: `${lab.prefix}-fn` }],
          ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
          ...{ ActionsEnabled: false, Tags: [...lab.tags] },
        }),
      ),
    )
    const actions = ['cloudwatch:DescribeAlarms']
    const all = await lab.as('sees-alarms', [{ actions, resources: ['*'] }])
    const one = await lab.as('sees-alarm', [{ actions, resources: [lab.arn('cloudwatch', `alarm:${AlarmName}`)] }])
    const look = ({ cloudwatch }: Clients, more: object = {}) =>
      cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName], ...more }))
    if (!(await settled(lab, () => look(all)))) return unsettled
    const both = { AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const] }
    const measured = {
      'by name': await outcome(lab, look(one)),
      'by name, composite too': await outcome(lab, look(one, both)),
    }
    return learned(
      `By name it is ${measured['by name']}; composite alarms too: ${measured['by name, composite too']}.`,
      measured,
    )
  }),
}

const leadingKeys: Experiment = {
  id: 'right-leading-keys',
  question: 'Does dynamodb:LeadingKeys with StringLike hold for PutItem and DeleteItem?',
  place: '§7, §9',
  expectation: 'yes',
  source: 'the documents show StringEquals only',
  makes: ['role nobody', 'role writes-one-key', 'role writes-keys', 'table table'],
  makesRoles: true,
  cents: 1,
  minutes: 5,
  ask: checked(async (lab) => {
    const TableName = `${lab.prefix}-table`
    await lab.belongings.make('table', TableName, () =>
      lab.clients.dynamodb.send(
        new CreateTableCommand({
          ...{ TableName, BillingMode: 'PAY_PER_REQUEST', Tags: [...lab.tags] },
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        }),
      ),
    )
    await lab.until('the table', 120_000, async () => {
      const { Table } = await lab.clients.dynamodb.send(new DescribeTableCommand({ TableName }))
      return Table?.TableStatus === 'ACTIVE' ? true : undefined
    })
    const grant = (operator: string, keys: readonly string[]) => [
      {
        actions: ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
        resources: [lab.arn('dynamodb', `table/${TableName}`)],
        condition: {
          [`ForAllValues:${operator}`]: { 'dynamodb:LeadingKeys': keys },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
    ]
    const put = ({ dynamodb }: Clients, key: string) =>
      dynamodb.send(new PutItemCommand({ TableName, Item: { pk: { S: key } } }))
    const remove = ({ dynamodb }: Clients, key: string) =>
      dynamodb.send(new DeleteItemCommand({ TableName, Key: { pk: { S: key } } }))
    const exact = await lab.as('writes-one-key', grant('StringEquals', ['LOG#a']))
    if (!(await settled(lab, () => put(exact, 'LOG#a'))) || (await outcome(lab, put(exact, 'HEAD#a'))) === 'allowed')
      return notAsked('dynamodb:LeadingKeys is not looked at here, even with StringEquals.')
    const like = await lab.as('writes-keys', grant('StringLike', ['LOG#*']))
    await settled(lab, () => put(like, 'LOG#b'))
    const measured = {
      'PutItem LOG#b': await outcome(lab, put(like, 'LOG#b')),
      'DeleteItem LOG#b': await outcome(lab, remove(like, 'LOG#b')),
      'PutItem HEAD#b': await outcome(lab, put(like, 'HEAD#b')),
      'DeleteItem HEAD#b': await outcome(lab, remove(like, 'HEAD#b')),
    }
    const words = Object.values(measured).map((one) => one.split(' ')[0] ?? '')
    const says = Object.entries(measured)
      .map(([call, one]) => `${call}: ${one.split(' ')[0]}`)
      .join('; ')
    return compared(words.join(' ') === 'allowed allowed denied denied', `${says}.`, measured)
  }),
}

export const rightExperiments: readonly Experiment[] = [
  qualifiedRead,
  aliasRights,
  createAndPublish,
  alarmRights,
  leadingKeys,
]
export { checked, outcome, settled }
