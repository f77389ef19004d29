// Simulates an outage of an AWS service: every request to it from the controller's functions and the command line is answered
// 503, and its own activity stops. The test itself, as `operator`, still gets through.
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
  // Functions still run; only the control plane is down.
  if (service === 'lambda' && operationOf(service, request) === 'Invoke') return undefined
  return services[service]
}

const refusal = {
  status: 503,
  headers: { 'x-amzn-errortype': 'ServiceUnavailable', 'content-type': 'application/json' },
  body: JSON.stringify({ __type: 'ServiceUnavailable', message: 'away' }),
}

/** @returns the services that are down now, and the sandbox options that simulate it */
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

/** Runs what fell due during the standstill when it ends. */
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
