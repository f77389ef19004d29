// Amazon EventBridge: buses, rules, targets, and the bus that the other services of the embedded cloud emit on.
import { AwsError } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import { text } from '../field.ts'
import { answerJson } from '../json-protocol.ts'
import type { Operations } from '../json-protocol.ts'
import type { Bus, Invoker, LocalService } from '../service.ts'
import { deliver } from './delivery.ts'
import type { DeadLetter, DeliveryFaults, StartExecution } from './delivery.ts'
import { envelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { matchesPattern, parsePattern } from './pattern.ts'
import { entriesOf, isRefusal } from './put-events.ts'
import { defaultBus } from './rule.ts'
import { eventRules } from './rules.ts'
import type { Target } from './target.ts'

type EventBridgeDeps = {
  readonly clock: LocalClock
  readonly invoker: Invoker
  readonly startExecution: StartExecution
  readonly ids: () => string
  readonly delivery?: { readonly faults?: DeliveryFaults | undefined } | undefined
}

export type LocalEventBridge = LocalService &
  Bus & {
    /** Every event of every bus, in the order of arrival. */
    recorded(): readonly Envelope[]
    /** What no retry could deliver, with and without a DeadLetterConfig. */
    deadLetters(): readonly DeadLetter[]
    close(): void
  }

export function localEventBridge(deps: EventBridgeDeps): LocalEventBridge {
  const { clock, ids } = deps
  const recorded: Envelope[] = []
  const deadLetters: DeadLetter[] = []
  const onDeadLetter = (letter: DeadLetter): void => void deadLetters.push(letter)
  const send = (event: Envelope, target: Target): void =>
    deliver({ ...deps, faults: deps.delivery?.faults, onDeadLetter }, event, target)
  const rules = eventRules({ clock, ids, onDue: send })

  function publish(bus: string, event: Envelope): void {
    recorded.push(event)
    for (const target of rules.targetsOf(bus, event)) send(event, target)
  }

  const operations: Operations = {
    ...rules.operations,
    PutEvents(input) {
      const entries = entriesOf(input, clock.nowMs()).map((entry) => {
        if (isRefusal(entry)) return entry
        if (!rules.hasBus(entry.bus)) {
          return {
            ErrorCode: 'InvalidArgument',
            ErrorMessage: `Parameter EventBusName is not valid. Reason: ${entry.bus} does not exist.`,
          }
        }
        const event = envelope(entry, ids(), entry.atMs)
        publish(entry.bus, event)
        return { EventId: event.id }
      })
      return { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries }
    },
    TestEventPattern(input) {
      const pattern = parsePattern(text(input, 'EventPattern'))
      return { Result: matchesPattern(pattern, parsedEvent(text(input, 'Event'))) }
    },
  }

  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    emit: (event) => publish(defaultBus, envelope(event, ids(), clock.nowMs())),
    recorded: () => recorded,
    deadLetters: () => deadLetters,
    close: () => rules.close(),
  }
}

function parsedEvent(source: string): unknown {
  try {
    return JSON.parse(source) as unknown
  } catch {
    throw new AwsError('ValidationException', 'Event is not JSON.')
  }
}
