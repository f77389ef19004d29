// A part of AWS goes away: every request of the controller's functions and of the command line to it is answered 503, and what it
// does by itself stops. Whoever looks on as `operator` sees through it.
import type { LocalClock } from '../../cloud/local/time/clock.ts'
import { serviceOf } from '../../cloud/local/dispatch.ts'
import { operationOf } from '../../cloud/local/operation.ts'
import type { LocalRequest } from '../../cloud/local/protocol/service.ts'
import type { Part } from '../../core/release/outage.ts'
import type { SandboxOptions } from '../../local/sandbox.ts'

export type AwayPart = Part | 'SNS'

const services: Readonly<Record<string, AwayPart>> = {
  dynamodb: 'DynamoDB',
  states: 'Step Functions',
  monitoring: 'CloudWatch',
  lambda: 'Lambda',
  events: 'EventBridge',
  sns: 'SNS',
}

function partOf(request: LocalRequest): AwayPart | undefined {
  const service = serviceOf(request) ?? 's3'
  // Functions run; it is the control plane that is away.
  if (service === 'lambda' && operationOf(service, request) === 'Invoke') return undefined
  return services[service]
}

const refusal = {
  status: 503,
  headers: { 'x-amzn-errortype': 'ServiceUnavailable', 'content-type': 'application/json' },
  body: JSON.stringify({ __type: 'ServiceUnavailable', message: 'away' }),
}

/** @returns the parts that are away now, and what a sandbox takes to have them */
export function awayPort(): { readonly away: Set<AwayPart>; readonly options: SandboxOptions } {
  const away = new Set<AwayPart>()
  const options: SandboxOptions = {
    through: (handler) => (request) => {
      const part = partOf(request)
      const credential = request.headers['authorization'] ?? ''
      const isSubject = credential.includes('role.tidegate') || credential.includes('Credential=cli/')
      return isSubject && part !== undefined && away.has(part) ? Promise.resolve(refusal) : handler(request)
    },
    delivery: {
      copies: (event) => {
        if (away.has('EventBridge')) return 0
        return away.has('CloudWatch') && event.source === 'aws.cloudwatch' ? 0 : 1
      },
    },
    executionTime: (clock) => standing(clock, () => away.has('Step Functions')),
  }
  return { away, options }
}

/** What is due while it stands still is done when it goes on. */
function standing(clock: LocalClock, isStill: () => boolean): LocalClock {
  return {
    ...clock,
    at(atMs, task) {
      let cancel = (): void => undefined
      const arm = (dueMs: number): void => {
        cancel = clock.at(dueMs, () => (isStill() ? arm(clock.nowMs() + 5_000) : task()))
      }
      arm(atMs)
      return () => cancel()
    },
  }
}
