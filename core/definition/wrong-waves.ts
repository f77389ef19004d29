// What a definition with waves may not say, and which plans cannot be taken in waves.
import type { Guarded } from './approval.ts'
import { alike, type InWaves, plansOf, type Stepped, type Waves } from './waves.ts'

/** As many steps as any plan may have. */
const stepsMost = 100

type Definition = InWaves & {
  readonly mode?: unknown
  readonly gates: { readonly approvals: readonly Guarded[] }
  readonly targets: readonly { readonly functionName: string; readonly provisionedConcurrency?: number | undefined }[]
  readonly pace: Readonly<Record<string, unknown>> & {
    readonly bold?: Stepped | undefined
    readonly careful?: Stepped | undefined
    readonly urgent?: Stepped | undefined
  }
}
type Wrong = readonly [path: readonly (string | number)[], message: string]

const firstWave = 'the first wave begins with the release: write gates.approvals with before: begin'
const noOneWay = 'a one-way step does not go with waves: write a service for each wave'

/** What a definition with waves may not say. */
export function wrongWaves(service: Definition): readonly Wrong[] {
  const { waves, mode, targets } = service
  if (waves === undefined) return []
  const known = targets.map(({ functionName }) => functionName)
  const named = waves.flatMap((wave, index) =>
    wave.targets.map((target, at) => ({ target, place: ['waves', index, 'targets', at] })),
  )
  const missing = known.filter((one) => !named.some(({ target }) => target === one))
  return [
    ...(mode === undefined
      ? []
      : [[['waves'], 'others move a service that is only observed: it has no waves'] as const]),
    ...waves.flatMap((wave, index): Wrong[] =>
      waves.findIndex((one) => one.name === wave.name) < index
        ? [[['waves', index, 'name'], `"${wave.name}" is another wave; choose another name`]]
        : [],
    ),
    ...named.flatMap(({ target, place }, index): Wrong[] => {
      if (!known.includes(target)) return [[place, `"${target}" is no function of targets`]]
      return named.findIndex((one) => one.target === target) < index
        ? [[place, `"${target}" is in a wave already: each target is in one`]]
        : []
    }),
    ...wrongBeginnings(service.gates.approvals, waves),
    ...missing.map((one): Wrong => [['waves'], `"${one}" is in no wave: each target is in one`]),
    ...wrongPlans(service, waves),
    ...targets.flatMap(({ provisionedConcurrency }, index): Wrong[] =>
      provisionedConcurrency === undefined
        ? []
        : [
            [
              ['targets', index, 'provisionedConcurrency'],
              'provisioned concurrency is not promised to targets in waves',
            ],
          ],
    ),
  ]
}

/** What stands before a wave. */
const wrongBeginnings = (approvals: readonly Guarded[], waves: Waves): readonly Wrong[] =>
  waves.flatMap(({ name, pause }, index): Wrong[] => {
    const isApproved = approvals.some(({ wave }) => wave === name)
    return [
      ...(index === 0 && pause === true ? [[['waves', 0, 'pause'], firstWave] as const] : []),
      ...(index === 0 && isApproved ? [[['waves', 0, 'approval'], firstWave] as const] : []),
      ...(isApproved && pause === true
        ? [[['waves', index, 'pause'], 'the wave waits for its approval already: leave pause out'] as const]
        : []),
    ]
  })

/** The plans of waves have to have steps, and all of them together not too many, whatever takes the place of `plan`. */
function wrongPlans({ plan, pace }: Definition, waves: Waves): readonly Wrong[] {
  const all = [
    ['plan', plan, waves],
    ['pace.bold', pace.bold, waves],
    ['pace.careful', pace.careful, waves],
    ['pace.urgent', pace.urgent, alike(waves) ?? []],
  ] as const
  const own = waves.flatMap(({ plan: of }, index): Wrong[] => {
    const path = ['waves', index, 'plan']
    if (of?.oneWay !== undefined) return [[path, noOneWay]]
    return of?.steps.length === 0
      ? [[path, 'a wave needs a plan with steps: without any, it would have none of its own']]
      : []
  })
  return [
    ...own,
    ...all.flatMap(([path, one, taken]): Wrong[] => {
      const words = one === undefined ? undefined : noWavesFor(one, taken)
      return words === undefined ? [] : [[path.split('.'), words]]
    }),
    ...(plan.oneWay === undefined ? [] : [[['plan'], noOneWay] as const]),
  ]
}

/** Why a plan cannot be taken in these waves. Those of a plan that is for all of them are alike. */
export function noWavesFor(plan: Stepped, waves: Waves): string | undefined {
  if (plan.steps.length === 0) return 'waves need a plan with steps: without any, all targets are moved at once'
  const count = plansOf({ plan, waves }).flatMap(({ steps }) => steps).length
  if (count <= stepsMost) return undefined
  const words = waves.some((wave) => wave.plan !== undefined)
    ? `with those that have a plan of their own, the waves have ${count} steps in all, more than ${stepsMost}`
    : `${plan.steps.length} steps in each of ${waves.length} waves are more than ${stepsMost}`
  return `${words}: write fewer steps, or fewer waves`
}
