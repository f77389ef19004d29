// Amazon EventBridge: buses, rules, targets, and the bus on which the other services of the embedded cloud emit.
import { AwsError } from '../protocol/aws-error.ts'
import { list, object, text } from '../protocol/field.ts'
import { answerJson } from '../protocol/json-protocol.ts'
import type { Input, Operations } from '../protocol/json-protocol.ts'
import type { Bus, LocalService } from '../protocol/service.ts'
import { type Counted, deliver, type DeliveryDeps, type Failure } from './delivery.ts'
import { apiDestinations } from './api-destinations.ts'
import { envelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { matchesPattern, parsePattern } from './pattern.ts'
import { entriesOf, isRefusal } from './put-events.ts'
import { defaultBus, type Rule, ruleArn } from './rule.ts'
import { eventRules } from './rules.ts'
import { deliveredTo, httpFor, type Target } from './target.ts'

/** Faults that a test can request. */
export type DeliveryFaults = {
  /** How many times a target gets an event: 0 loses it, 2 duplicates it. */
  readonly copies?: (event: Envelope, targetArn: string) => number
  readonly delayMs?: (event: Envelope, targetArn: string) => number
}

type EventBridgeDeps = Omit<DeliveryDeps, 'destinations'> & {
  readonly ids: () => string
  readonly faults?: DeliveryFaults | undefined
}

export type LocalEventBridge = LocalService &
  Bus & {
    /** PutEvents of a state machine: details may be JSON, and one entry that fails fails all. @throws AwsError */
    take(input: Input): unknown
    /** The last events of every bus, in order of arrival, for tests. */
    recorded(): readonly Envelope[]
    close(): void
  }

const recordedMax = 1_000

export function localEventBridge(deps: EventBridgeDeps): LocalEventBridge {
  const { clock, ids } = deps
  const destinations = apiDestinations(ids)
  const delivering = { ...deps, destinations }
  const recorded: Envelope[] = []
  const send = (rule: Rule, event: Envelope, target: Target): void => sendTo(delivering, rule, event, target)
  const rules = eventRules({ clock, ids, onDue: send })

  function publish(bus: string, event: Envelope): void {
    recorded.push(event)
    if (recorded.length > recordedMax) recorded.splice(0, recordedMax / 2)
    for (const rule of rules.matching(bus, event)) for (const target of rule.targets.values()) send(rule, event, target)
  }

  function putEvents(input: Input) {
    const entries = entriesOf(input, clock.nowMs()).map((entry) => {
      if (isRefusal(entry)) return entry
      const event = envelope(entry, ids(), entry.atMs)
      // AWS also accepts an event to a bus that does not exist; the event vanishes (docs/aws.md §4.7).
      if (rules.hasBus(entry.bus)) publish(entry.bus, event)
      return { EventId: event.id }
    })
    return { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries }
  }

  const operations: Operations = {
    ...rules.operations,
    ...destinations.operations,
    PutEvents: putEvents,
    TestEventPattern(input) {
      const pattern = parsePattern(text(input, 'EventPattern'))
      return { Result: matchesPattern(pattern, parsedEvent(text(input, 'Event'))) }
    },
  }

  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    emit: (event) => publish(defaultBus, envelope(event, ids(), clock.nowMs())),
    take(input) {
      const Entries = list(input, 'Entries').map((value) => {
        const entry = object(value, 'Entries')
        return {
          ...entry,
          Detail: typeof entry['Detail'] === 'string' ? entry['Detail'] : JSON.stringify(entry['Detail']),
        }
      })
      const answer = putEvents({ ...input, Entries })
      if (answer.FailedEntryCount > 0) throw new AwsError('FailedEntry', JSON.stringify(answer))
      return answer
    },
    recorded: () => recorded,
    close: () => rules.close(),
  }
}

function sendTo(deps: EventBridgeDeps & DeliveryDeps, rule: Rule, event: Envelope, target: Target): void {
  const { clock, faults } = deps
  const delivery = {
    targetArn: target.arn,
    payload: deliveredTo(target, event),
    http: httpFor(target, event),
    policy: target.policy,
    deadLetterArn: target.deadLetterArn,
    senderId: 'events.amazonaws.com',
    letter: (failure: Failure) => ({ body: JSON.stringify(event), attributes: attributesOf(rule, target, failure) }),
    count: (what: Counted) => count(deps, rule, what),
  }
  const copies = faults?.copies?.(event, target.arn) ?? 1
  const delayMs = faults?.delayMs?.(event, target.arn) ?? 0
  for (let copy = 0; copy < copies; copy++) {
    if (delayMs > 0) clock.at(clock.nowMs() + delayMs, () => deliver(deps, delivery))
    else deliver(deps, delivery)
  }
}

/**
 * The attributes that AWS adds to an event in a rule's dead-letter queue (EventBridge user guide, "Using dead-letter queues").
 */
const attributesOf = (rule: Rule, target: Target, { error, exhausted, retries }: Failure): Record<string, string> => ({
  RULE_ARN: ruleArn(rule),
  TARGET_ARN: target.arn,
  ERROR_CODE: errorCodes[error.code] ?? (error.status >= 500 ? 'INTERNAL_ERROR' : 'SDK_CLIENT_ERROR'),
  ERROR_MESSAGE: error.message,
  ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
  RETRY_ATTEMPTS: String(retries),
})

const errorCodes: Readonly<Record<string, string>> = {
  AccessDeniedException: 'NO_PERMISSIONS',
  ResourceNotFoundException: 'NO_RESOURCE',
  StateMachineDoesNotExist: 'NO_RESOURCE',
  TooManyRequestsException: 'THROTTLING',
  ThrottlingException: 'THROTTLING',
  TIMEOUT: 'TIMEOUT',
}

const metricNames: Readonly<Record<Counted, string>> = {
  failed: 'FailedInvocations',
  sentToDlq: 'InvocationsSentToDLQ',
  failedToBeSentToDlq: 'InvocationsFailedToBeSentToDLQ',
}

const count = ({ metrics, clock }: EventBridgeDeps, { name }: Rule, what: Counted): void =>
  metrics.record({
    ...{ namespace: 'AWS/Events', name: metricNames[what], dimensionSets: [{ RuleName: name }] },
    ...{ value: 1, unit: 'Count', atMs: clock.nowMs() },
  })

function parsedEvent(source: string): unknown {
  try {
    return JSON.parse(source) as unknown
  } catch {
    throw new AwsError('ValidationException', 'Event is not JSON.')
  }
}
