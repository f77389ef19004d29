// What goes back when the evidence blames some of a release's functions: all of them, or only those, or only the wave under way
// (docs/waves.md). Nothing goes back alone where a definition does not ask for it.
import * as z from 'zod'
import { isInWaves, type InWaves, waveOf } from './waves.ts'

const alone = ['function', 'wave'] as const
/** The normal form. Absent: everything goes back. */
export const WhenBlamed = z.enum(alone)
export type WhenBlamed = z.output<typeof WhenBlamed>

export const WhenBlamedDefinition = z
  .enum(['all', ...alone], { error: 'write all, function or wave' })
  .default('all')
  .describe(
    'What goes back when the evidence blames some of the functions that have traffic. all: the whole release; function: those that are blamed, once, and the release goes on without them; wave: the same with the wave under way, and no later wave begins (docs/waves.md).',
  )

type Definition = InWaves & {
  readonly mode?: unknown
  readonly plan: { readonly oneWay?: unknown }
  readonly policy: { readonly whenBlamed?: WhenBlamed | undefined }
  readonly targets: readonly { readonly provisionedConcurrency?: number | undefined }[]
}

/** Why a definition may not say it, or nothing. */
export function wrongWhenBlamed({ mode, plan, policy, targets, waves }: Definition): readonly string[] {
  if (policy.whenBlamed === undefined) return []
  return [
    ...(mode === undefined ? [] : ['others move a service that is only observed: nothing of it is put back']),
    ...(targets.length > 1 ? [] : ['there is one target, so nothing would be left to go on: write all']),
    ...(plan.oneWay === undefined ? [] : ['past a one-way step nothing goes back: write all']),
    ...(policy.whenBlamed === 'wave' && waves === undefined ? ['there are no waves: write function, or all'] : []),
    ...(targets.some(({ provisionedConcurrency }) => provisionedConcurrency !== undefined)
      ? ['provisioned concurrency is promised for the release as a whole: write all']
      : []),
  ]
}

type Named = { readonly functionName: string }
type Asked = InWaves & { readonly policy: { readonly whenBlamed?: WhenBlamed | undefined } }

/**
 * Which targets go back alone; `undefined`: everything goes back. Something that has traffic has to be left, and in a release in
 * waves something of the wave under way, or a wave before it.
 * @param step the one under way
 * @param busy those that have traffic
 */
export function goesAlone(
  service: Asked,
  step: number,
  targets: readonly Named[],
  busy: readonly Named[],
  blamed: readonly string[],
): readonly string[] | undefined {
  const { whenBlamed } = service.policy
  const isBusy = (name: string): boolean => busy.some(({ functionName }) => functionName === name)
  if (whenBlamed === undefined || blamed.length === 0 || !blamed.every(isBusy)) return undefined
  const current = service.plan.steps[step]?.wave
  const waveOn = (name: string): number => waveOf(service, name)
  if (whenBlamed === 'function') {
    const left = busy.filter(({ functionName }) => !blamed.includes(functionName))
    const isGoingOn = current === undefined ? left : left.filter(({ functionName }) => waveOn(functionName) === current)
    return isGoingOn.length > 0 ? blamed : undefined
  }
  if (current === undefined || !isInWaves(service.plan)) return undefined
  if (!blamed.every((name) => waveOn(name) === current)) return undefined
  return busy.some(({ functionName }) => waveOn(functionName) < current)
    ? targets.flatMap(({ functionName }) => (waveOn(functionName) >= current ? [functionName] : []))
    : undefined
}
