// The rules, and the API operations on them. A schedule starts when its rule is put or enabled.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { list, optionalText, text } from '../protocol/field.ts'
import type { Input, Operations } from '../protocol/json-protocol.ts'
import { envelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { matchesPattern, parsePattern } from './pattern.ts'
import { busArn, busNamed, defaultBus, everyMs, ruleArn, ruleSummary } from './rule.ts'
import type { Rule } from './rule.ts'
import { targetFrom } from './target.ts'
import type { Target } from './target.ts'

type Deps = {
  readonly clock: LocalClock
  readonly ids: () => string
  readonly onDue: (rule: Rule, event: Envelope, target: Target) => void
}

type Rules = {
  hasBus(bus: string): boolean
  matching(bus: string, event: Envelope): readonly Rule[]
  readonly operations: Operations
  close(): void
}

export function eventRules(deps: Deps): Rules {
  const buses = new Set([defaultBus])
  const rules = new Map<string, Rule>()
  const schedules = new Map<string, () => void>()

  const named = (input: Input, field = 'Name'): Rule => {
    const name = text(input, field)
    const found = rules.get(ruleArn({ name, bus: busNamed(optionalText(input, 'EventBusName')) }))
    if (found === undefined)
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on this event bus.`)
    return found
  }
  const keep = (rule: Rule): void => {
    const arn = ruleArn(rule)
    rules.set(arn, rule)
    schedules.get(arn)?.()
    schedules.delete(arn)
    if (rule.enabled && rule.schedule !== undefined) arm(arn, everyMs(rule.schedule), deps.clock.nowMs())
  }
  function arm(arn: string, every: number, lastMs: number): void {
    const dueMs = lastMs + every
    const due = (): void => {
      arm(arn, every, dueMs)
      const said = { source: 'aws.events', detailType: 'Scheduled Event', detail: {}, resources: [arn] }
      const event = envelope(said, deps.ids(), dueMs)
      const rule = rules.get(arn)
      if (rule === undefined) return
      for (const target of rule.targets.values()) deps.onDue(rule, event, target)
    }
    schedules.set(arn, deps.clock.at(dueMs, due))
  }
  const forget = (rule: Rule): void => {
    schedules.get(ruleArn(rule))?.()
    schedules.delete(ruleArn(rule))
    rules.delete(ruleArn(rule))
  }

  return {
    hasBus: (bus) => buses.has(bus),
    matching: (bus, event) =>
      [...rules.values()].filter(
        (rule) => rule.bus === bus && rule.enabled && rule.pattern !== undefined && matchesPattern(rule.pattern, event),
      ),
    operations: {
      ...busOperations(buses),
      ...ruleOperations({ rules, buses, named, keep, forget }),
      ...targetOperations(named, rules),
    },
    close: () => {
      for (const cancel of schedules.values()) cancel()
      schedules.clear()
    },
  }
}

const busOperations = (buses: Set<string>): Operations => ({
  CreateEventBus(input) {
    const name = text(input, 'Name')
    if (buses.has(name)) throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`)
    buses.add(name)
    return { EventBusArn: busArn(name) }
  },
  ListEventBuses: () => ({ EventBuses: [...buses].map((name) => ({ Name: name, Arn: busArn(name) })) }),
})

type RuleStore = {
  readonly rules: ReadonlyMap<string, Rule>
  readonly buses: ReadonlySet<string>
  readonly named: (input: Input) => Rule
  readonly keep: (rule: Rule) => void
  readonly forget: (rule: Rule) => void
}

const ruleOperations = ({ rules, buses, named, keep, forget }: RuleStore): Operations => ({
  PutRule(input) {
    const rule = ruleFrom(input)
    if (!buses.has(rule.bus)) throw new AwsError('ResourceNotFoundException', `Event bus ${rule.bus} does not exist.`)
    keep({ ...rule, targets: rules.get(ruleArn(rule))?.targets ?? rule.targets })
    return { RuleArn: ruleArn(rule) }
  },
  DescribeRule: (input) => ruleSummary(named(input)),
  ListRules(input) {
    const bus = busNamed(optionalText(input, 'EventBusName'))
    const prefix = optionalText(input, 'NamePrefix') ?? ''
    const found = [...rules.values()].filter((rule) => rule.bus === bus && rule.name.startsWith(prefix))
    return { Rules: found.map(ruleSummary) }
  },
  DeleteRule(input) {
    const rule = rules.get(ruleArn({ name: text(input, 'Name'), bus: busNamed(optionalText(input, 'EventBusName')) }))
    if (rule === undefined) return
    if (rule.targets.size > 0) throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.")
    forget(rule)
  },
  ListTagsForResource(input) {
    const rule = rules.get(text(input, 'ResourceARN'))
    if (rule !== undefined) return { Tags: rule.tags }
    throw new AwsError('ResourceNotFoundException', 'The rule does not exist.')
  },
  EnableRule: (input) => keep({ ...named(input), enabled: true }),
  DisableRule: (input) => keep({ ...named(input), enabled: false }),
})

const targetOperations = (named: (input: Input, field?: string) => Rule, rules: Map<string, Rule>): Operations => ({
  PutTargets(input) {
    const rule = named(input, 'Rule')
    const added = list(input, 'Targets').map(targetFrom)
    const targets = new Map([...rule.targets, ...added.map((target) => [target.id, target] as const)])
    if (targets.size > 5)
      throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.')
    rules.set(ruleArn(rule), { ...rule, targets })
    return { FailedEntryCount: 0, FailedEntries: [] }
  },
  RemoveTargets(input) {
    const rule = named(input, 'Rule')
    const gone = new Set(list(input, 'Ids'))
    const targets = new Map([...rule.targets].filter(([id]) => !gone.has(id)))
    rules.set(ruleArn(rule), { ...rule, targets })
    return { FailedEntryCount: 0, FailedEntries: [] }
  },
  ListRuleNamesByTarget(input) {
    const arn = text(input, 'TargetArn')
    const bus = busNamed(optionalText(input, 'EventBusName'))
    const found = [...rules.values()].filter(
      (rule) => rule.bus === bus && [...rule.targets.values()].some((target) => target.source['Arn'] === arn),
    )
    return { RuleNames: found.map((rule) => rule.name) }
  },
  ListTargetsByRule: (input) => ({
    Targets: [...named(input, 'Rule').targets.values()].map((target) => target.source),
  }),
})

function ruleFrom(input: Input): Rule {
  const name = text(input, 'Name')
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name))
    throw new AwsError('ValidationException', `Rule name '${name}' is not valid.`)
  const patternSource = optionalText(input, 'EventPattern')
  const schedule = optionalText(input, 'ScheduleExpression')
  if (patternSource === undefined && schedule === undefined) {
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.')
  }
  if (schedule !== undefined) everyMs(schedule)
  const state = optionalText(input, 'State') ?? 'ENABLED'
  if (state !== 'ENABLED' && state !== 'DISABLED') throw notImplemented(`EventBridge rules in state ${state}`)
  return {
    name,
    bus: busNamed(optionalText(input, 'EventBusName')),
    description: optionalText(input, 'Description'),
    patternSource,
    pattern: patternSource === undefined ? undefined : parsePattern(patternSource),
    schedule,
    enabled: state === 'ENABLED',
    targets: new Map(),
    tags: list(input, 'Tags'),
  }
}
