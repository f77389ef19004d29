// The controller itself as it is deployed: its functions, the rules that call them, their logs, the concurrency they may use.
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeRuleCommand, ListRuleNamesByTargetCommand } from '@aws-sdk/client-eventbridge'
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { type Verb, verbs } from '../../functions/handlers.ts'
import { type Account, type Check, deployed } from './account.ts'
import { awsCommand, each, type Finding, ok, problem } from './finding.ts'

const deploy = { words: 'Deploy the controller.', cdk: 'npx cdk deploy' }

export const controllerFunctions: Check = {
  id: 'functions',
  right: 'Every function of the controller is there and active.',
  asks: ['lambda:GetFunctionConfiguration'],
  async look(account) {
    const { prefix } = account
    const there = new Map(await deployed(account))
    if (there.size === 0) {
      const region = await account.lambda.config.region()
      const words = 'Deploy the controller; or say where it is: TIDEGATE_PREFIX, AWS_REGION, AWS_PROFILE.'
      return [problem(prefix, `There is no function ${prefix}-... in ${region}.`, { ...deploy, words })]
    }
    // `provision` serves a stack of the CDK, which cannot be deployed without it.
    const missing = verbs.filter((verb) => verb !== 'provision' && !there.has(verb)).map((verb) => `${prefix}-${verb}`)
    const ill = [...there].flatMap(([verb, { State, LastUpdateStatus, StateReason = '' }]) =>
      State === 'Active' && LastUpdateStatus === 'Successful'
        ? []
        : [
            problem(
              `${prefix}-${verb}`,
              `It is ${State}, its last update ${LastUpdateStatus}. ${StateReason}`.trim(),
              deploy,
            ),
          ],
    )
    const gaps = missing.length === 0 ? [] : [problem(prefix, `Functions are missing: ${missing.join(', ')}.`, deploy)]
    const found: readonly Finding[] = [...gaps, ...ill]
    return found.length > 0 ? found : [ok(prefix, `${there.size} functions, all active.`)]
  },
}

/** Whom events call wherever the controller is installed. */
const heardBy: readonly Verb[] = ['alarm', 'reconcile']

export const rules: Check = {
  id: 'rules',
  right: "EventBridge's rules that call the controller are there and enabled.",
  asks: ['events:ListRuleNamesByTarget', 'events:DescribeRule', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const services = await account.services()
    const isTriggered = services.some(({ triggers: { s3, ecr, cloudFormation } }) => cloudFormation || (s3 ?? ecr))
    const hasAlarms = services.some(({ signals }) => signals.alarms.length > 0)
    const wanted = [...heardBy, ...(isTriggered ? (['intake'] as const) : [])].filter(
      (verb) => verb !== 'alarm' || hasAlarms,
    )
    return each(
      wanted,
      (verb) => `${account.prefix}-${verb}`,
      'events:ListRuleNamesByTarget',
      (verb) => rulesOf(account, verb),
    )
  },
}

async function rulesOf({ prefix, events, controllerFunction }: Account, verb: Verb): Promise<readonly Finding[]> {
  const name = `${prefix}-${verb}`
  const TargetArn = (await controllerFunction(verb))?.FunctionArn
  if (TargetArn === undefined) return [problem(name, 'There is no such function.', deploy)]
  const { RuleNames = [] } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn }))
  if (RuleNames.length === 0) return [problem(name, 'No rule calls it: it hears of no event.', deploy)]
  const off: Finding[] = []
  for (const Name of RuleNames) {
    const { State } = await events.send(new DescribeRuleCommand({ Name }))
    if (State === 'DISABLED')
      off.push(
        problem(`${name}: ${Name}`, 'The rule is disabled: its events are gone.', {
          commands: [awsCommand('events', 'enable-rule', { Name })],
        }),
      )
  }
  return off.length > 0 ? off : [ok(name, `${RuleNames.length} rule(s), enabled.`)]
}

export const logGroups: Check = {
  id: 'log-groups',
  right: 'Every function has a log, which is kept for a time that somebody has chosen.',
  asks: ['logs:DescribeLogGroups', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const functions = await deployed(account)
    const groupOf = ([, config]: (typeof functions)[number]): string =>
      config.LoggingConfig?.LogGroup ?? `/aws/lambda/${config.FunctionName ?? ''}`
    const found = await each(functions, groupOf, 'logs:DescribeLogGroups', async (one) => {
      const logGroupName = groupOf(one)
      const { logGroups: groups = [] } = await account.logs.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
      )
      const group = groups.find((other) => other.logGroupName === logGroupName)
      const keep = awsCommand('logs', 'put-retention-policy', { logGroupName, retentionInDays: 30 })
      if (group === undefined)
        return [
          problem(logGroupName, 'There is no such log: what the function says is lost.', {
            commands: [awsCommand('logs', 'create-log-group', { logGroupName }), keep],
          }),
        ]
      if (group.retentionInDays !== undefined) return []
      return [problem(logGroupName, 'It is kept for ever, and costs for ever.', { commands: [keep] })]
    })
    return found.length > 0 || functions.length === 0 ? found : [ok(account.prefix, `${functions.length} logs.`)]
  },
}

/** What puts traffic back and says so: what `wayBackConcurrency` reserves for. */
const wayBack: readonly Verb[] = ['orderRollback', 'alarm', 'rollBack', 'reconcile', 'page']
/** This much must stay for functions that reserve nothing (docs/aws.md §1.4). */
const unreservedMin = 100
/** As docs/deploy.md recommends. */
const reserveEach = 10

export const concurrency: Check = {
  id: 'concurrency',
  right:
    'No function of the controller is switched off, and the way back has room of its own where the account can bear it.',
  asks: ['lambda:GetAccountSettings', 'lambda:GetFunctionConcurrency', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const { AccountLimit = {} } = await account.lambda.send(new GetAccountSettingsCommand({}))
    const { ConcurrentExecutions: all = 0, UnreservedConcurrentExecutions: free = 0 } = AccountLimit
    const reserved = new Map<Verb, number>()
    const functions = (await deployed(account)).map(([verb]) => verb)
    const call = 'lambda:GetFunctionConcurrency'
    const off = await each(
      functions,
      (verb) => `${account.prefix}-${verb}`,
      call,
      async (verb) => {
        const FunctionName = `${account.prefix}-${verb}`
        const { ReservedConcurrentExecutions: own } = await account.lambda.send(
          new GetFunctionConcurrencyCommand({ FunctionName }),
        )
        if (own !== undefined) reserved.set(verb, own)
        if (own !== 0) return []
        const mend = { commands: [awsCommand('lambda', 'delete-function-concurrency', { FunctionName })] }
        return [problem(FunctionName, 'Its reserved concurrency is 0: it is switched off.', mend)]
      },
    )
    if (off.length > 0 || functions.length === 0) return off
    if (wayBack.every((verb) => reserved.has(verb))) return [ok('account', 'The way back has room of its own.')]
    const says = `The way back shares ${free} of ${all} with everybody: a candidate that uses them up delays it.`
    if (free - reserveEach * wayBack.length < unreservedMin)
      return [ok('account', `${says} The account has none to spare: ask AWS for a higher quota.`)]
    const cdk = `new ReleaseController(this, 'Controller', { services, wayBackConcurrency: ${reserveEach} })`
    return [ok('account', says, { cdk })]
  },
}

const warnShare = 0.8

export const codeStorage: Check = {
  id: 'code-storage',
  right: 'The account has room for more versions.',
  asks: ['lambda:GetAccountSettings'],
  async look({ lambda }) {
    const { AccountLimit, AccountUsage } = await lambda.send(new GetAccountSettingsCommand({}))
    return [storage(AccountUsage?.TotalCodeSize ?? 0, AccountLimit?.TotalCodeSize ?? 0)]
  },
}

/** Both in bytes. Nothing deletes old versions by itself (docs/aws.md §10.4). */
export function storage(used: number, limit: number): Finding {
  const gigabytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1)
  const says = `${gigabytes(used)} of ${gigabytes(limit)} GB are used by packages.`
  if (used < warnShare * limit) return ok('account', says)
  return problem('account', `${says} At the limit no candidate becomes a version any more.`, {
    words:
      'Delete versions that no alias has, nor may need again: `aws lambda delete-function --function-name F --qualifier N`.',
  })
}
