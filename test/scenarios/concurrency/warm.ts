// A sandbox in which the definition of docs/concurrency.md is released, and what its versions have at a moment.
import { readFileSync } from 'node:fs'
import {
  ListProvisionedConcurrencyConfigsCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda'
import { parse } from 'yaml'
import { parseDefinition } from '../../../core/service/definition.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'

const page = readFileSync(new URL('../../../docs/concurrency.md', import.meta.url), 'utf8')
const [written = {}, moved = {}, tight = {}] = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(
  ([, yaml = '']) => parse(yaml) as Readonly<Record<string, unknown>>,
)
export const definition = written
export const promised = 50
// What the third one may, and the first needs.
const { authorize } = enforcing(synthesised([tight]))
export const moving = enforcing(synthesised([moved]))

export async function openWarm(options: SandboxOptions = {}, changes: object = {}): Promise<Sandbox> {
  const sandbox = await openSandbox({ authorize, sweepMinutes: 1, perMinute: 60, ...options })
  const signals = { errors: { minimumSamples: 5 }, latency: 'off' }
  await sandbox.world.services.put(parseDefinition({ ...definition, signals, ...changes }))
  return sandbox
}

/** With the definition that wants what scales a version moved along. */
export const openMoved = (options: SandboxOptions = {}, changes: object = {}): Promise<Sandbox> =>
  openWarm({ authorize: moving.authorize, ...options }, { ...moved, ...changes })

/** With the definition that asks for headroom. */
export const openTight = (options: SandboxOptions = {}, changes: object = {}): Promise<Sandbox> =>
  openWarm(options, { ...tight, ...changes })

export const give = ({ clients }: Sandbox, Qualifier: string, ProvisionedConcurrentExecutions = promised) =>
  clients.lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      FunctionName: 'checkout',
      Qualifier,
      ProvisionedConcurrentExecutions,
    }),
  )

type Has = { readonly wanted: number; readonly available: number }

/** By version, or alias. */
export async function having({ clients }: Sandbox): Promise<Readonly<Record<string, Has>>> {
  const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'checkout' })
  const { ProvisionedConcurrencyConfigs = [] } = await clients.lambda.send(command)
  return Object.fromEntries(
    ProvisionedConcurrencyConfigs.map((one) => [
      one.FunctionArn?.split(':').at(-1) ?? '',
      {
        wanted: one.RequestedProvisionedConcurrentExecutions ?? 0,
        available: one.AvailableProvisionedConcurrentExecutions ?? 0,
      },
    ]),
  )
}

/** What is promised and not there now, in words: empty, at every moment of a release. */
export async function broken(sandbox: Sandbox): Promise<readonly string[]> {
  const { version = '', weights } = await sandbox.alias()
  const has = await having(sandbox)
  const rest = 1 - Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const short = [[version, rest] as const, ...Object.entries(weights)].flatMap(([served, share]) => {
    const [needed, there] = [Math.ceil(promised * share - 1e-9), has[served]?.available ?? 0]
    return there >= needed ? [] : [`version ${served} has ${there} of ${needed}`]
  })
  const sum = Object.values(has).reduce((all, { available }) => all + available, 0)
  return sum >= promised ? short : [...short, `${sum} in sum`]
}
