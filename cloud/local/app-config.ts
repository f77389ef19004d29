// AWS AppConfig, only its deployments: each takes ten minutes, and may be stopped, which rolls it back. Applications,
// environments and profiles are there as soon as they are named; a profile is called by its id.
import { AwsError, isAwsError, notImplemented } from './protocol/aws-error.ts'
import { text } from './protocol/field.ts'
import { parseJson } from './protocol/json-body.ts'
import type { LocalRequest, LocalService } from './protocol/service.ts'
import type { LocalClock } from './time/clock.ts'

const lengthMs = 10 * 60_000
const path = /^\/applications\/([a-z0-9]{4,7})\/environments\/([a-z0-9]{4,7})\/deployments(?:\/(\d+))?$/

type Deployment = {
  readonly number: number
  readonly name: string
  readonly version: string
  readonly startedMs: number
  stoppedMs?: number
}

/** Maps method and rest of the path to the operation. */
export function appConfigOperation({ method, path: asked }: Pick<LocalRequest, 'method' | 'path'>): string {
  const [, , , number] = path.exec(asked) ?? []
  const names: Readonly<Record<string, string>> = {
    GET: number === undefined ? 'ListDeployments' : 'GetDeployment',
    POST: 'StartDeployment',
    DELETE: 'StopDeployment',
  }
  return Object.hasOwn(names, method) ? (names[method] ?? '') : `${method} ${asked}`
}

/** What IAM checks: the application, and its environment. */
export const appConfigResources = (asked: string): readonly string[] => {
  const [, application = '', environment = ''] = path.exec(asked) ?? []
  return [`application/${application}`, `application/${application}/environment/${environment}`]
}

export function localAppConfig({ clock }: { readonly clock: LocalClock }): LocalService {
  const environments = new Map<string, Deployment[]>()

  function summary({ number, name, version, startedMs, stoppedMs }: Deployment): object {
    const doneMs = stoppedMs ?? startedMs + lengthMs
    const isOver = clock.nowMs() >= doneMs
    const done = Math.min(1, (clock.nowMs() - startedMs) / lengthMs)
    return {
      ...{ DeploymentNumber: number, ConfigurationName: name, ConfigurationVersion: version },
      State: stoppedMs === undefined ? (isOver ? 'COMPLETE' : 'DEPLOYING') : 'ROLLED_BACK',
      PercentageComplete: stoppedMs === undefined ? Math.round(done * 100) : 0,
      StartedAt: new Date(startedMs).toISOString(),
      ...(isOver ? { CompletedAt: new Date(doneMs).toISOString() } : {}),
    }
  }

  function answer(request: LocalRequest): object {
    const [, application, environment, number] = path.exec(request.path) ?? []
    const key = `${application}/${environment}`
    const deployments = environments.get(key) ?? []
    switch (application === undefined ? '' : appConfigOperation(request)) {
      case 'ListDeployments':
        return { Items: [...deployments].reverse().slice(0, 50).map(summary) }
      case 'StartDeployment': {
        const body = parseJson(request)
        if (deployments.some((one) => one.stoppedMs === undefined && clock.nowMs() < one.startedMs + lengthMs))
          throw new AwsError('ConflictException', 'Another deployment is in progress.', 409)
        const made = {
          number: deployments.length + 1,
          name: text(body, 'ConfigurationProfileId'),
          version: text(body, 'ConfigurationVersion'),
          startedMs: clock.nowMs(),
        }
        environments.set(key, [...deployments, made])
        return summary(made)
      }
      case 'StopDeployment': {
        const found = deployments.find((one) => String(one.number) === number)
        if (found === undefined) throw new AwsError('ResourceNotFoundException', 'There is no such deployment.', 404)
        found.stoppedMs = clock.nowMs()
        return summary(found)
      }
      default:
        throw notImplemented(`AppConfig ${request.method} ${request.path}`)
    }
  }

  return {
    handle(request) {
      const headers = { 'content-type': 'application/json' }
      try {
        return Promise.resolve({ status: 200, headers, body: JSON.stringify(answer(request)) })
      } catch (error) {
        if (!isAwsError(error)) throw error
        const { code, status, message } = error
        const body = JSON.stringify({ Message: message })
        return Promise.resolve({ status, headers: { ...headers, 'x-amzn-errortype': code }, body })
      }
    },
  }
}
