// A rule: its bus, its pattern, and its targets. A schedule is a rule that fires by time.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { account, defaultRegion } from '../protocol/service.ts'
import type { Pattern } from './pattern.ts'
import type { Target } from './target.ts'

export type Rule = {
  readonly name: string
  readonly bus: string
  readonly description: string | undefined
  readonly patternSource: string | undefined
  readonly pattern: Pattern | undefined
  readonly schedule: string | undefined
  readonly enabled: boolean
  readonly tags: readonly unknown[]
  readonly targets: ReadonlyMap<string, Target>
}

export const defaultBus = 'default'

/** Buses and rules may be given by name or by ARN. */
export const busNamed = (nameOrArn: string | undefined): string => nameOrArn?.split('/').at(-1) ?? defaultBus

export const busArn = (bus: string): string => `arn:aws:events:${defaultRegion}:${account}:event-bus/${bus}`

export function ruleArn({ bus, name }: Pick<Rule, 'bus' | 'name'>): string {
  return `arn:aws:events:${defaultRegion}:${account}:rule/${bus === defaultBus ? '' : `${bus}/`}${name}`
}

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** @returns the interval in milliseconds. @throws AwsError */
export function everyMs(schedule: string): number {
  if (schedule.startsWith('cron(')) throw notImplemented(`EventBridge cron schedules (${schedule}); use rate(...)`)
  const [, count = '', unit = '', plural = ''] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(schedule) ?? []
  const every = Number(count) * (unitMs[unit] ?? 0)
  // AWS refuses "rate(1 minutes)" and "rate(5 minute)" too.
  if (every > 0 && (count === '1') === (plural === '')) return every
  throw new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.')
}

export function ruleSummary(rule: Rule): Record<string, unknown> {
  return {
    Name: rule.name,
    Arn: ruleArn(rule),
    EventBusName: rule.bus,
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    ...(rule.patternSource === undefined ? {} : { EventPattern: rule.patternSource }),
    ...(rule.schedule === undefined ? {} : { ScheduleExpression: rule.schedule }),
  }
}
